"""Blocks: hashes that two near duplicates are sure, or very likely, to share. Only rows of one block are compared.

Short texts: one hash for each word left out. A typo, an exchanged or an added word leaves the other words as they are,
so the pair shares a hash for certain, where MinHash would need so many short bands that every question shared some.
Long texts: MinHash bands over word pairs. Numbers and negations are part of every hash, never left out; of long texts
question words too.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.hash_lists import hash_lists
from datakit.matching.minhash import BANDS, U64, bands, mix, word_pairs
from datakit.matching.word_arrays import ASKING, BOUND, FREE, WordArrays

LEFT_OUT_UP_TO: Final = 28
"""Words of question and answer up to which each is left out in turn (28 × 8 bytes a row, streamed in PARTS)."""
BANDED_FROM: Final = 20
"""Words from which MinHash works too: one changed word in 20 keeps Jaccard .81, found with .98."""
PARTS: Final = 8

_QUESTION: Final = np.uint64(0x51)
_ANSWER: Final = np.uint64(0xA5A5)


def block_columns(stage: str) -> list[str]:
    """Name the key columns that hold blocks; each can be read and matched by itself."""
    return [f"{stage}.left{part}" for part in range(PARTS)] + [f"{stage}.band{band:02}" for band in range(BANDS)]


def block_keys(
    stage: str,
    questions: WordArrays,
    answers: WordArrays,
    setting: U64,
    usable: NDArray[np.bool_],
    *,
    banded: bool = True,
) -> pl.DataFrame:
    """Return the block columns of a batch: `left*` are List(UInt64), `band*` UInt64, null or empty where not used.

    `setting` is a hash of all that must be equal besides (system prompt, earlier turns); rows that are not `usable`
    (without a question or an answer) get no block. Without `banded` there are no `band*`.
    """
    rows = questions.rows
    owner, hashes, kinds = _text_by_text(questions, answers)
    free, fixed = np.flatnonzero(kinds == FREE), np.flatnonzero(kinds >= BOUND)
    count = np.bincount(owner[free], minlength=rows)
    bound = setting.copy()
    np.add.at(bound, owner[fixed], hashes[fixed])
    short = usable & (count <= LEFT_OUT_UP_TO)
    mine = np.flatnonzero(short[owner])
    total = setting.copy()
    np.add.at(total, owner[mine], hashes[mine])
    may_go = (kinds == FREE) | (kinds == ASKING)  # a slip in कोणता makes कोणात
    chosen = mine[may_go[mine]]
    left = np.concatenate([total[owner[chosen]] - hashes[chosen], total[short]])
    of = np.concatenate([owner[chosen], np.flatnonzero(short)])
    columns = _parts(stage, rows, of, mix(left))
    if banded:
        columns += _bands(stage, rows, owner[free], hashes[free], usable & (count >= BANDED_FROM), bound)
    return pl.DataFrame(columns)


def _text_by_text(questions: WordArrays, answers: WordArrays) -> tuple[NDArray[np.int64], U64, NDArray[np.uint8]]:
    """Return owner, hash and kind of all words, those of a row's question before those of its answer."""
    asked, said = (np.bincount(side.owner, minlength=side.rows) for side in (questions, answers))
    first = np.arange(len(questions.owner)) + np.repeat(np.cumsum(said) - said, asked)
    second = np.arange(len(answers.owner)) + np.repeat(np.cumsum(asked), said)
    owner = np.repeat(np.arange(questions.rows), asked + said)
    hashes = np.empty(len(owner), dtype=np.uint64)
    hashes[first], hashes[second] = mix(questions.hashes ^ _QUESTION), mix(answers.hashes ^ _ANSWER)
    kinds = np.empty(len(owner), dtype=np.uint8)
    kinds[first], kinds[second] = questions.kinds, answers.kinds
    return owner, hashes, kinds


def _parts(stage: str, rows: int, owner: NDArray[np.int64], hashes: U64) -> list[pl.Series]:
    """Spread the hashes over PARTS list columns by value, so that equal hashes meet in one column."""
    part = (hashes % np.uint64(PARTS)).astype(np.int64)
    found = hash_lists(PARTS * rows, part * rows + owner, hashes)
    return [found.slice(number * rows, rows).alias(f"{stage}.left{number}") for number in range(PARTS)]


def _bands(
    stage: str, rows: int, owner: NDArray[np.int64], hashes: U64, wanted: NDArray[np.bool_], bound: U64
) -> list[pl.Series]:
    pair_owner, pairs = word_pairs(owner, hashes)
    at = np.flatnonzero(wanted[pair_owner])
    pair_owner, pairs = pair_owner[at], pairs[at]
    starts = np.flatnonzero(np.diff(pair_owner, prepend=-1))
    which = pair_owner[starts]
    values = bands(starts, pairs)
    places = pl.Series(np.full(rows, -1)).scatter(which, np.arange(len(which))).replace(-1, None)
    return [
        pl.Series(mix(values[number] ^ bound[which])).gather(places).alias(f"{stage}.band{number:02}")
        for number in range(BANDS)
    ]
