"""Trains the shipped language model: `python -m datakit.langid.train CORPUS.tsv OUT.npz` (numpy only, fixed seed).

The model is a multinomial logistic regression over hashed character n-grams. Text is cut to windows of 1 to 20 words,
for questions and one-word answers are short. All words of all windows are scored once per distinct word, so that an
epoch over everything takes seconds: logits = windows x words, words x n-grams, n-grams x weights.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.langid.grammar import made_lines, shared_nouns
from datakit.langid.model import BITS, LABELS, LATIN_LABELS, Model
from datakit.langid.romanise import romanise
from datakit.langid.texts import read_texts
from datakit.langid.words import Places, Words, buckets, find_words

Floats = NDArray[np.float32]

SEED: Final = 1674
MAX_WINDOWS: Final = 25_000  # a label; more of one language teaches little and takes memory
MAX_WORDS: Final = 15_000  # a label
MADE_LINES: Final = 15_000  # a language
CLASS_POWER: Final = 0.8  # how far small languages are raised: 0 not at all, 1 to equal weight
EMPHASIS: Final = {"gom": 2.0}  # the neighbour that Marathi is most easily taken for, and the scarcest text
STEPS: Final = 24


def windows(lines: list[tuple[str, str]], random: Random) -> list[tuple[str, str]]:
    """Cut labelled lines into windows of 1 to 20 words, up to three from a long line, and romanise some of them."""
    random.shuffle(lines)
    found: dict[str, list[str]] = {label: [] for label in LABELS}
    english = [text for label, text in lines if label == "eng"]
    for label, text in lines:
        words = text.split()
        for _ in range(min(3, 1 + len(words) // 12)):
            size = min(len(words), random.choice((1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20)))
            start = random.randint(0, len(words) - size)
            piece = " ".join(words[start : start + size])
            if len(found[label]) < MAX_WINDOWS:
                found[label].append(piece)
            latin = {"mar": "mar-Latn", "hin": "hin-Latn"}.get(label)
            if latin and len(found[latin]) < MAX_WINDOWS:
                found[latin].append(code_mix(romanise(piece, random), english, random))
    return [(label, piece) for label, pieces in found.items() for piece in pieces]


def vocabulary(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the commonest words of each label (three times at least), each as a line: many answers are one word."""
    counts: dict[str, Counter[str]] = {}
    for label, text in lines:
        counts.setdefault(label, Counter()).update(text.split())
    return [
        (label, word)
        for label, count in counts.items()
        for word, times in sorted(count.items(), key=lambda item: (-item[1], item[0]))[:MAX_WORDS]
        if times > 2
    ]


def code_mix(line: str, english: list[str], random: Random) -> str:
    """Return a romanised line, often with a few English words put in, as chat has them."""
    words = line.split()
    if len(words) > 3 and random.random() < 0.5:
        for word in random.choice(english).split()[:3]:
            words[random.randrange(len(words))] = word
    return " ".join(words)


@dataclass(frozen=True, kw_only=True)
class Sparse:
    """A matrix of sparse rows, kept in both directions; values are per row (`scale`)."""

    columns: Places
    begin: Places  # of each row
    rows: Places  # the same entries sorted by column
    used: Places  # columns that occur
    begin_used: Places
    scale: Floats

    @classmethod
    def build(cls, columns: Places, begin: Places, scale: Floats) -> "Sparse":
        row = np.repeat(np.arange(len(begin)), np.diff(np.append(begin, len(columns))))
        order = np.argsort(columns, kind="stable")
        used, begin_used = np.unique(columns[order], return_index=True)
        return cls(columns=columns, begin=begin, rows=row[order], used=used, begin_used=begin_used, scale=scale)

    def times(self, dense: Floats) -> Floats:
        return np.add.reduceat(dense[self.columns], self.begin, axis=0) * self.scale[:, None]

    def transposed_times(self, dense: Floats, width: int) -> Floats:
        out = np.zeros((width, dense.shape[1]), np.float32)
        out[self.used] = np.add.reduceat((dense * self.scale[:, None])[self.rows], self.begin_used, axis=0)
        return out


def matrices(words: Words) -> tuple[Sparse, Sparse, Places]:
    """Return windows x words, words x features, and the numbers of the windows that hold a word at all."""
    alive, begin = np.unique(words.text.astype(np.int64), return_index=True)
    sizes = np.diff(np.append(begin, len(words.text)))
    distinct, kind = words.distinct()
    features, starts = buckets(distinct, bits=BITS)
    per_word = np.diff(np.append(starts, len(features)))
    texts = Sparse.build(kind, begin, (1 / np.sqrt(sizes)).astype(np.float32))
    grams = Sparse.build(features, starts, (1 / np.sqrt(per_word)).astype(np.float32))
    return texts, grams, alive


def fit(
    texts: Sparse,
    grams: Sparse,
    gold: NDArray[np.int64],
    *,
    steps: int,
    rate: float = 0.2,
    decay: float = 4e-7,
    log: bool = False,
) -> Floats:
    """Return weights (features x labels) by Adam on all windows at once; labels weigh as the root of their number."""
    weights = np.zeros((1 << BITS, len(LABELS)), np.float32)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    counts = np.bincount(gold, minlength=len(LABELS)).clip(1)
    weight = (counts**-CLASS_POWER * np.array([EMPHASIS.get(label, 1.0) for label in LABELS]))[gold]
    weight = (weight / weight.sum()).astype(np.float32)
    latin = np.isin(LABELS, list(LATIN_LABELS))
    barred = latin[None, :] != latin[gold][:, None]
    for step in range(1, steps + 1):
        logits = texts.times(grams.times(weights))
        logits[barred] = -np.inf
        logits -= logits.max(axis=1, keepdims=True)
        share = np.exp(logits)
        share /= share.sum(axis=1, keepdims=True)
        if log and step % 10 == 0:
            loss = -(weight * np.log(share[np.arange(len(gold)), gold] + 1e-9)).sum()
            sys.stderr.write(f"step {step}: loss {loss:.4f}\n")
        share[np.arange(len(gold)), gold] -= 1
        share *= weight[:, None]
        slope = grams.transposed_times(texts.transposed_times(share, len(grams.begin)), len(weights)) + decay * weights
        first += 0.1 * (slope - first)
        second += 0.01 * (slope * slope - second)
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weights


def train(
    lines: list[tuple[str, str]], *, seed: int = SEED, steps: int = STEPS, made: int = MADE_LINES, log: bool = False
) -> Model:
    """Return a model trained on (label, text) lines and on `made` lines a language from the grammar table."""
    labelled = (
        windows(lines, Random(seed)) + vocabulary(lines) + list(made_lines(shared_nouns(lines), count=made, seed=seed))
    )
    read = read_texts([text for _, text in labelled])
    words = find_words(read.letters_of(read.main_script()), read.text)
    texts, grams, alive = matrices(words)
    gold = np.array([LABELS.index(label) for label, _ in labelled])[alive]
    return Model.quantise(fit(texts, grams, gold, steps=steps, log=log))


def read(path: Path) -> list[tuple[str, str]]:
    """Read `label<TAB>source<TAB>text` lines whose label the model knows."""
    with path.open(encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t", 2) for line in file]
    return [(label, text) for label, _, text in rows if label in LABELS]


if __name__ == "__main__":
    train(read(Path(sys.argv[1])), log=True).save(Path(sys.argv[2]))
