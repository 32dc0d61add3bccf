"""Hashes gathered into lists, one a row: how key columns hold what a row has several of."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.minhash import U64


def hash_lists(rows: int, owner: NDArray[np.int64], hashes: U64) -> pl.Series:
    """Return for each of so many rows its different hashes, ascending; null for a row without any."""
    order = by_row_and_hash(rows, owner, hashes)
    owner, hashes = owner[order], hashes[order]
    new = np.ones(len(owner), dtype=np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (hashes[1:] != hashes[:-1])
    table = pl.DataFrame({"row": owner[new], "hash": hashes[new]}).with_columns(pl.col("row").set_sorted())
    lists = table.group_by("row", maintain_order=True).agg("hash")
    every = pl.DataFrame({"row": np.arange(rows, dtype=np.int64)})
    return every.join(lists, on="row", how="left", maintain_order="left")["hash"]


def by_row_and_hash(rows: int, owner: NDArray[np.int64], hashes: U64) -> NDArray[np.int64]:
    """Return the order by row, then by hash: by one number that holds most of both, a tenth of the time of two."""
    bits = np.uint64(max(rows, 1).bit_length())
    keys = owner.astype(np.uint64) << (np.uint64(64) - bits) | hashes >> bits
    order = np.argsort(keys)
    keys, sorted_hashes = keys[order], hashes[order]
    if ((keys[1:] == keys[:-1]) & (sorted_hashes[1:] < sorted_hashes[:-1])).any():
        return np.lexsort((hashes, owner))
    return order
