"""Where questions meet that say unequally much: one's words among the other's, found without comparing all with all.

Two questions that may be held against each other share two words, or one that names a thing, or all they have. So each
question leaves a key for every pair of its words and for every name, and keys lead to candidates; `comparable` decides.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

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


def meetings(forms: pl.DataFrame, texts: Callable[[pl.Series], dict[int, str]]) -> NDArray[np.uint32]:
    """Label each question with the lowest of those it is connected to by `comparable` pairs.

    `forms`: one line a form, in an order that does not hang on the input, with `row` (one that asks so) and `meets`
    (its keys). `texts` reads the questions of some rows. Blocks of many questions are compared in part, see candidates.
    """
    count = np.arange(forms.height, dtype=np.uint32)
    blocks = pl.DataFrame({"row": count, "meets": forms["meets"]})
    better, worse = merge([pairs_of(blocks, count, count)])
    found = list(_edges(forms["row"].to_numpy(), better, worse, texts))
    left = np.array([one for one, _ in found], dtype=np.uint32)
    right = np.array([two for _, two in found], dtype=np.uint32)
    return components(forms.height, left, right)


def _edges(
    row_of: NDArray[np.uint32], better: U32, worse: U32, texts: Callable[[pl.Series], dict[int, str]]
) -> Iterator[tuple[int, int]]:
    for chosen in slices(better, worse, _SLICE):
        numbers = np.unique(np.concatenate([better[chosen], worse[chosen]]))
        text = texts(pl.Series(np.sort(row_of[numbers]), dtype=pl.UInt32))
        form = {number: asked(text[int(row_of[number])]) for number in numbers.tolist()}
        for one, two in zip(better[chosen].tolist(), worse[chosen].tolist(), strict=True):
            left, right = form[one], form[two]
            if left is not None and right is not None and comparable(left, right):
                yield one, two
