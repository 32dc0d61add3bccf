"""Candidate pairs out of blocks, column by column, and the clusters that are left of them after verification."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.union import components
from datakit.stage import flat_hashes

U32 = NDArray[np.uint32]

WHOLE_BLOCK: Final = 24  # rows up to which every two rows of a block are compared: 276 pairs
LEADERS: Final = 12  # best rows of a larger block that each of its rows is compared with
NEIGHBOURS: Final = 4  # rows before it, in rank, that each row of a larger block is compared with besides
"""In a block of more than WHOLE_BLOCK rows two duplicates may be missed where neither is among the block's LEADERS best
and no other block holds both. Without the cap one template with 10,000 rows would cost 50 million comparisons."""


def pairs_of(blocks: pl.DataFrame, live: U32, rank: U32) -> NDArray[np.uint64]:
    """Return candidate pairs of one block column, packed as `better rank << 32 | worse rank`, unique and sorted.

    `blocks`: `row` and one column of hashes, null where a row is in no block. `live`: row numbers
    ascending, `rank` of each.
    """
    blocks = flat_hashes(blocks)
    hashes = blocks[blocks.columns[1]].to_numpy()
    several = _repeated(hashes)
    hashes, ranks = hashes[several], rank[np.searchsorted(live, blocks["row"].to_numpy()[several])]
    order = np.lexsort((ranks, hashes))
    hashes, ranks = hashes[order], ranks[order].astype(np.uint64)
    if len(hashes) == 0:
        return np.empty(0, dtype=np.uint64)
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    sizes = np.diff(np.r_[starts, len(hashes)])
    at = np.arange(len(hashes)) - np.repeat(starts, sizes)
    first, size = np.repeat(starts, sizes), np.repeat(sizes, sizes)
    small = size <= WHOLE_BLOCK
    found = []
    for step in range(1, WHOLE_BLOCK):
        worse = np.flatnonzero((at >= step) & (small | (step <= NEIGHBOURS)))
        if len(worse) == 0:
            break
        found.append(ranks[worse - step] << np.uint64(32) | ranks[worse])
    large = ~small
    for leader in range(LEADERS):
        worse = np.flatnonzero(large & (at > leader))
        if len(worse) == 0:
            break
        found.append(ranks[first[worse] + leader] << np.uint64(32) | ranks[worse])
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.uint64)


def _repeated(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of the hashes that stand in several places: most rows are alone in their blocks."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    equal = ordered[1:] == ordered[:-1]
    return order[np.r_[False, equal] | np.r_[equal, False]] if len(order) else order


def merge(columns: Iterable[NDArray[np.uint64]]) -> tuple[U32, U32]:
    """Join the pairs of all columns; return the better and the worse rank of each, sorted by worse, then better."""
    everything = np.empty(0, dtype=np.uint64)
    for column in columns:
        everything = np.union1d(everything, column)
    better, worse = (everything >> np.uint64(32)).astype(np.uint32), everything.astype(np.uint32)
    order = np.lexsort((better, worse))
    return better[order], worse[order]


def slices(better: U32, worse: U32, rows: int) -> Iterator[NDArray[np.int64]]:
    """Cut the pairs into slices of whole components with about `rows` rows each, so that texts fit in memory.

    Yields indexes of pairs. One component with more rows than `rows` is a slice of its own.
    """
    nodes, packed = np.unique(np.concatenate([better, worse]), return_inverse=True)
    half = len(better)
    labels = components(len(nodes), packed[:half], packed[half:])
    size = np.bincount(labels, minlength=len(nodes))
    label_order = np.flatnonzero(size)
    slice_of = np.zeros(len(nodes), dtype=np.int64)
    slice_of[label_order] = (np.cumsum(size[label_order]) - 1) // rows
    number = slice_of[labels[packed[:half]]]
    order = np.argsort(number, kind="stable")
    cuts = np.flatnonzero(np.r_[True, np.diff(number[order]) > 0, True]) if half else np.empty(0, dtype=np.int64)
    for start, end in pairwise(cuts.tolist()):
        yield order[start:end]
