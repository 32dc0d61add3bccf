"""Where questions meet that say unequally much: one's words among the other's, found without comparing all with all.

Two questions that may be held against each other share two words, or one that names a thing, or all they have. So each
question leaves a key for every pair of its words and for every name, and keys lead to candidates; `comparable` decides.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import Final

import numpy as np
import polars as pl
import xxhash

from datakit.matching.candidates import U32, merge, pairs_of, slices
from datakit.matching.leeway import ONE_FACT
from datakit.matching.question_form import Asked, asked, comparable
from datakit.matching.union import components

_MOST_WORDS: Final = 10  # words whose pairs are keys, 45 at most; a question with more meets on all of them at once
_SLICE: Final = 5_000  # questions whose texts are in memory at a time


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


Texts = Callable[[list[pl.Series]], Iterator[dict[int, str]]]
"""Reads questions by row, for each of several lists of rows."""


def meetings(row_of: U32, meets: Iterable[pl.DataFrame], texts: Texts) -> U32:
    """Label each question with the lowest of those it is connected to by `comparable` pairs.

    `row_of`: for each form, in an order that does not hang on the input, a row that asks so. `meets` are frames of rows
    and their meeting keys, equal keys in one frame. Blocks of many questions are compared in part, see candidates.
    """
    live = np.sort(row_of)
    rank = np.argsort(row_of).astype(np.uint32)
    better, worse = merge(pairs_of(_of(frame, live), live, rank) for frame in meets)
    found = list(_edges(row_of, better, worse, texts))
    left = np.array([one for one, _ in found], dtype=np.uint32)
    right = np.array([two for _, two in found], dtype=np.uint32)
    return components(len(row_of), left, right)


def _of(meets: pl.DataFrame, live: U32) -> pl.DataFrame:
    """Return the keys of the rows that stand for a form."""
    if not len(live):
        return meets.clear()
    rows = meets["row"].to_numpy()
    at = np.minimum(np.searchsorted(live, rows), len(live) - 1)
    return meets.filter(pl.Series(live[at] == rows))


def _edges(row_of: U32, better: U32, worse: U32, texts: Texts) -> Iterator[tuple[int, int]]:
    cut = list(slices(better, worse, _SLICE))
    members = [np.unique(np.concatenate([better[chosen], worse[chosen]])) for chosen in cut]
    fetched = texts([pl.Series(row_of[numbers]) for numbers in members])
    for chosen, numbers, text in zip(cut, members, fetched, strict=True):
        form = {number: asked(text[int(row_of[number])]) for number in numbers.tolist()}
        for one, two in zip(better[chosen].tolist(), worse[chosen].tolist(), strict=True):
            left, right = form[one], form[two]
            if left is not None and right is not None and comparable(left, right):
                yield one, two
