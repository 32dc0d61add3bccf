"""The tasks of the near-duplicate shuffle: hashes out of parts, pairs out of hashes, texts out of parts, verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.blocks import block_columns
from datakit.matching.candidates import U32, pairs_of
from datakit.matching.near_slice import Slice, joined
from datakit.matching.star import Kept
from datakit.pipeline.parts import Part

U64 = NDArray[np.uint64]

DEAD: Final = np.uint32(2**32 - 1)
"""The rank of a row that an earlier stage rejected."""
_LOW_BITS: Final = np.uint64(16)  # blocks are spread over their columns by the lowest bits, so partitions use others


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part and the number of its first row."""

    start: int
    part: Part


Entries = dict[str, tuple[U64, U32]]
"""By block column: hashes, and the rank of the row each belongs to."""


def blocks_of(stage: str, pieces: Sequence[Piece], ranks: Sequence[U32], count: int) -> list[Entries] | Entries:
    """Return the hashes of some parts in `count` partitions, by hash; one partition stands by itself, as Ray wants it.

    `ranks`: for each part the rank of each of its rows, or DEAD.
    """
    found: list[Entries] = [{} for _ in range(count)]
    for column in block_columns(stage):
        frames = [_entries(piece, rank, column) for piece, rank in zip(pieces, ranks, strict=True)]
        hashes, owners = (np.concatenate(arrays) for arrays in zip(*frames, strict=True))
        partition = (hashes >> _LOW_BITS) % np.uint64(count)
        for number in range(count):
            at = partition == number
            if at.any():
                found[number][column] = hashes[at], owners[at]
    return found if count > 1 else found[0]


def _entries(piece: Piece, rank: U32, column: str) -> tuple[U64, U32]:
    keys = pl.read_parquet(piece.part.keys, columns=["row", column], memory_map=False)
    keys = keys.with_columns(pl.Series("row", rank[keys["row"].to_numpy()])).filter(pl.col("row") != int(DEAD))
    if isinstance(keys.schema[column], pl.List):
        keys = keys.filter(pl.col(column).list.len() > 0).explode(column)
    keys = keys.drop_nulls(column)
    return keys[column].to_numpy().astype(np.uint64), keys["row"].to_numpy()


def pairs_in(*entries: Entries) -> U64:
    """Return the candidate pairs of one partition, packed as better rank << 32 | worse rank, unique and sorted."""
    found = [np.empty(0, dtype=np.uint64)]
    for column in sorted({column for one in entries for column in one}):
        hashes, ranks = (
            np.concatenate(arrays) for arrays in zip(*(one[column] for one in entries if column in one), strict=True)
        )
        best_first, places = np.unique(ranks, return_inverse=True)
        numbered = np.arange(len(best_first), dtype=np.uint32)
        packed = pairs_of(pl.DataFrame({"row": places.astype(np.uint32), column: hashes}), numbered, numbered)
        better, worse = best_first[packed >> np.uint64(32)], best_first[packed & np.uint64(DEAD)]
        found.append(better.astype(np.uint64) << np.uint64(32) | worse)
    return np.unique(np.concatenate(found))


def texts_of(
    stage: str, pieces: Sequence[Piece], rows: U32, numbers: NDArray[np.int64], count: int
) -> list[pl.DataFrame] | pl.DataFrame:
    """Return `row, question, answer, context` (a hash) of the named rows, one frame for each of `count` slices.

    `rows` ascend; `numbers` is the slice of each.
    """
    context = f"{stage}.context"
    frames = []
    for piece in pieces:
        low, high = np.searchsorted(rows, [piece.start, piece.start + piece.part.height])
        if low == high:
            continue
        inside = pl.Series("row", rows[low:high] - np.uint32(piece.start), dtype=pl.UInt32)
        texts = pl.read_parquet(piece.part.rows, columns=["question", "answer"], memory_map=False)[inside.to_list()]
        keys = pl.read_parquet(piece.part.keys, columns=["row", context], memory_map=False)
        frames.append(
            texts.with_columns(inside, pl.Series("slice", numbers[low:high]))
            .join(keys, on="row", how="left", maintain_order="left")
            .with_columns((pl.col("row") + piece.start).cast(pl.UInt32))
            .select("slice", "row", "question", "answer", pl.col(context).alias("context"))
        )
    everything = pl.concat(frames)
    split = [everything.filter(pl.col("slice") == number).drop("slice") for number in range(count)]
    return split if count > 1 else split[0]


def decide(chosen: Slice, min_percent: int, *texts: pl.DataFrame) -> dict[int, Kept]:
    """Return the rows of a slice that join another, and the row that stays for each."""
    return joined(chosen, pl.concat(texts), min_percent)
