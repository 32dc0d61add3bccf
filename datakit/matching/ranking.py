"""Which row of a cluster stays: by the source's priority, then completeness, then id. Never by place in the input."""

from typing import Final

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from datakit.stage import Corpus

_TIER: Final = 2**20  # below it: what ranks two rows that nothing better tells apart
_LONGEST: Final = 2**14  # letters and digits beyond this count alike
_UNKNOWN: Final = 63  # unknown words beyond this count alike
_MANY: Final = 15  # flags or changes beyond this count alike


def rank_columns(batch: pl.DataFrame, stage: str, misspelt: NDArray[np.int64] | None = None) -> pl.DataFrame:
    """Return `<stage>.complete` (UInt32), `<stage>.order` and `<stage>.place` (UInt64): 20 bytes a row to rank by.

    Completeness: a context beats none, then fewer flags, fewer repaired spellings, fewer words that no list knows
    (`misspelt`, one count a row), then more letters and digits (punctuation and joiners complete nothing).
    `order` sorts as the id does; `place` tells rows of one id apart by where they were read.
    """
    text = pl.col("question_key").str.len_chars().fill_null(0) + pl.col("answer_key").str.len_chars().fill_null(0)
    unknown = np.zeros(len(batch), dtype=np.int64) if misspelt is None else misspelt
    complete = (
        (pl.col("context").fill_null("").str.len_chars() > 0).cast(pl.UInt32) * 2**28
        + (_MANY - pl.col("flags").list.len().fill_null(0).clip(0, _MANY)).cast(pl.UInt32) * 2**24
        + (_MANY - pl.col("changes").list.len().fill_null(0).clip(0, _MANY)).cast(pl.UInt32) * _TIER
        + (_UNKNOWN - pl.lit(pl.Series(unknown)).clip(0, _UNKNOWN)).cast(pl.UInt32) * _LONGEST
        + text.clip(0, _LONGEST - 1).cast(pl.UInt32)
    )
    unnamed = pl.when(pl.col("id").is_null())
    where = batch.select(
        "source_id",
        "file",
        "locator",
        "raw_sha256",
        unnamed.then("question").alias("question"),
        unnamed.then("answer").alias("answer"),
    )
    places = [
        xxhash.xxh3_64_intdigest("\x1f".join(part or "" for part in parts).encode()) for parts in where.iter_rows()
    ]
    return batch.select(complete.alias(f"{stage}.complete")).with_columns(
        pl.Series(f"{stage}.order", [_sortable(row_id) for row_id in batch["id"]], dtype=pl.UInt64),
        pl.Series(f"{stage}.place", places, dtype=pl.UInt64),
    )


def _sortable(row_id: str | None) -> int:
    """The first 64 bits of an id, in its own order: of a sha256 16 digits, of other text 8 bytes."""
    if row_id is None:
        return 2**64 - 1
    if len(row_id) == 64:
        try:
            return int(row_id[:16], 16)
        except ValueError:
            pass
    return int.from_bytes(row_id.encode()[:8].ljust(8, b"\0"), "big")


def rank_names(stage: str) -> list[str]:
    """Name the key columns that rows are ranked by."""
    return ["priority", *(f"{stage}.{key}" for key in ("complete", "order", "place"))]


def ranked(rows: pl.DataFrame, stage: str, *within: str) -> pl.DataFrame:
    """Sort rows by the columns `within`, then best row first. A row without priority has priority 0."""
    names = rank_names(stage)
    by = [*map(pl.col, within), pl.col("priority").fill_null(0), *map(pl.col, names[1:])]
    return rows.sort(by, descending=[False] * len(within) + [True, True, False, False], nulls_last=True)


U32 = NDArray[np.uint32]


def positions(corpus: Corpus, stage: str) -> tuple[U32, U32, U32]:
    """Return the live rows in ascending order, the rank of each (0: best of all), and the tier of each rank.

    Rows of one tier are equal in priority, context, flags and changes; only words, length and id rank them.
    """
    ordered = ranked(corpus.keys(*rank_names(stage)), stage)
    new = ordered.select(
        (pl.struct(pl.col("priority").fill_null(0), pl.col(f"{stage}.complete") // _TIER).rle_id()).alias("tier")
    )
    rows = ordered["row"].to_numpy()
    live = np.sort(rows).astype(np.uint32)
    rank = np.empty(len(live), dtype=np.uint32)
    rank[np.searchsorted(live, rows)] = np.arange(len(live), dtype=np.uint32)
    return live, rank, new["tier"].to_numpy().astype(np.uint32)
