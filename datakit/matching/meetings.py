"""Where questions meet that say unequally much: one's words among the other's, found without comparing all with all.

Two questions that may be held against each other share two words, or one that names a thing, or all they have. So each
question leaves a key for every pair of its words and for every name, and keys lead to candidates; `comparable` decides.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
import polars as pl
import xxhash

from datakit.matching.candidates import U32, merge, pairs_of, slices
from datakit.matching.leeway import ONE_FACT
from datakit.matching.minhash import U64, paired
from datakit.matching.question_form import Asked, asked_each, comparable
from datakit.matching.union import components
from datakit.stage import Corpus

_MOST_WORDS: Final = 10  # words whose pairs are keys, 45 at most; a question with more meets on all of them at once
_SLICE: Final = 1_000  # questions whose texts are together in memory


def form_key(form: Asked, setting: str) -> int:
    """Return a hash of all that `comparable` looks at; `setting` is what stands around the question."""
    sets = (
        form.words,
        form.tenses,
        form.by_whom,
        form.to_whom,
        form.doers,
        form.setting,
        form.slight,
        form.specific,
        form.framing,
    )
    return _hash(form.kind, form.grain, setting, *("\x1e".join(sorted(words)) for words in sets))


def meeting_keys(form: Asked, setting: str) -> list[int]:
    """Return the hashes under which a question meets those it may be held against, ascending."""
    words = sorted(form.words - form.framing) or sorted(form.words)
    keys = {_hash("all", form.kind, setting, *words)}
    if form.kind in ONE_FACT or form.slight or form.framing:
        keys |= {_hash("one", form.kind, setting, word) for word in form.specific & form.words}
        if len(words) <= _MOST_WORDS:
            keys |= {_hash("two", form.kind, setting, *pair) for pair in combinations(words, 2)}
    return sorted(keys)


def _hash(*parts: str) -> int:
    return xxhash.xxh3_64_intdigest("\x1f".join(parts).encode())


def meetings(corpus: Corpus, stage: str, forms: U64, row_of: U32, meets: Iterable[pl.DataFrame]) -> U32:
    """Label each question with the lowest of those it is connected to by `comparable` pairs.

    `forms` are keys by `form_key`, in an order that does not hang on the input; `row_of`: for each, a row that asks so.
    `meets` are frames of rows and their meeting keys, equal keys in one frame. Blocks of many questions are compared in
    part, see candidates. What is found not comparable is noted as apart for the `stage`.
    """
    live = np.sort(row_of)
    rank = np.argsort(row_of).astype(np.uint32)
    better, worse = merge(pairs_of(_of(frame, live), live, rank) for frame in meets)
    names = paired(forms[better], forms[worse])
    known = corpus.known_apart(stage, names)
    better, worse = better[~known], worse[~known]
    found = [edge for some in _edges(corpus, row_of, better, worse) for edge in some]
    left = np.array([one for one, _ in found], dtype=np.uint32)
    right = np.array([two for _, two in found], dtype=np.uint32)
    apart = np.isin(_packed(better, worse), _packed(left, right), invert=True)
    corpus.note_apart(stage, np.concatenate([names[known], names[~known][apart]]))
    return components(len(row_of), left, right)


def _packed(one: U32, two: U32) -> U64:
    return one.astype(np.uint64) << np.uint64(32) | two


def _of(meets: pl.DataFrame, live: U32) -> pl.DataFrame:
    """Return the keys of the rows that stand for a form."""
    if not len(live):
        return meets.clear()
    rows = meets["row"].to_numpy()
    at = np.minimum(np.searchsorted(live, rows), len(live) - 1)
    return meets.filter(pl.Series(live[at] == rows))


def _edges(corpus: Corpus, row_of: U32, better: U32, worse: U32) -> Iterator[list[tuple[int, int]]]:
    """Yield, slice by slice, the pairs of forms that are comparable."""
    jobs = []
    for chosen in slices(better, worse, _SLICE):
        one, two = better[chosen], worse[chosen]
        numbers = np.unique(np.concatenate([one, two]))
        jobs.append((pl.Series(row_of[numbers]), _Pairs(one, two, numbers, row_of[numbers])))
    return corpus.each(_comparable, jobs, "question")


class _Pairs(NamedTuple):
    """Pairs of forms by number, and a row that asks so for each form among them."""

    better: U32
    worse: U32
    numbers: U32
    row_of: U32


def _comparable(pairs: _Pairs, texts: pl.DataFrame) -> list[tuple[int, int]]:
    text = dict(texts.iter_rows())
    forms = asked_each(text[row] for row in pairs.row_of.tolist())
    form = dict(zip(pairs.numbers.tolist(), forms, strict=True))
    found = []
    for one, two in zip(pairs.better.tolist(), pairs.worse.tolist(), strict=True):
        left, right = form[one], form[two]
        if left is not None and right is not None and comparable(left, right):
            found.append((one, two))
    return found
