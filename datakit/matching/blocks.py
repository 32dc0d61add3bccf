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
    owner = np.concatenate([questions.owner, answers.owner])
    order = np.argsort(owner, kind="stable")
    hashes = np.concatenate([mix(questions.hashes ^ _QUESTION), mix(answers.hashes ^ _ANSWER)])[order]
    kinds = np.concatenate([questions.kinds, answers.kinds])[order]
    owner = owner[order]
    rows = questions.rows
    total = setting.copy()
    np.add.at(total, owner, hashes)
    free = kinds == FREE
    count = np.bincount(owner[free], minlength=rows)
    bound = setting.copy()
    np.add.at(bound, owner[kinds >= BOUND], hashes[kinds >= BOUND])
    short = usable & (count <= LEFT_OUT_UP_TO)
    chosen = (free | (kinds == ASKING)) & short[owner]  # a slip in कोणता makes कोणात
    left = np.concatenate([total[owner[chosen]] - hashes[chosen], total[short]])
    of = np.concatenate([owner[chosen], np.flatnonzero(short)])
    columns = _parts(stage, rows, of, mix(left))
    if banded:
        columns += _bands(stage, rows, owner[free], hashes[free], usable & (count >= BANDED_FROM), bound)
    return pl.DataFrame(columns)


def _parts(stage: str, rows: int, owner: NDArray[np.int64], hashes: U64) -> list[pl.Series]:
    """Spread the hashes over PARTS list columns by value, so that equal hashes meet in one column."""
    part = (hashes % np.uint64(PARTS)).astype(np.int64)
    found = hash_lists(PARTS * rows, part * rows + owner, hashes)
    return [found.slice(number * rows, rows).alias(f"{stage}.left{number}") for number in range(PARTS)]


def _bands(
    stage: str, rows: int, owner: NDArray[np.int64], hashes: U64, wanted: NDArray[np.bool_], bound: U64
) -> list[pl.Series]:
    pair_owner, pairs = word_pairs(owner, hashes)
    at = wanted[pair_owner]
    pair_owner, pairs = pair_owner[at], pairs[at]
    which, starts = np.unique(pair_owner, return_index=True)
    values = bands(starts, pairs) if len(which) else np.empty((BANDS, 0), dtype=np.uint64)
    found = []
    for number in range(BANDS):
        full = np.zeros(rows, dtype=np.uint64)
        full[which] = mix(values[number] ^ bound[which])
        missing = np.ones(rows, dtype=bool)
        missing[which] = False
        column = pl.DataFrame({"band": full, "missing": missing}).select(pl.when(~pl.col("missing")).then("band"))
        found.append(column["band"].alias(f"{stage}.band{number:02}"))
    return found
