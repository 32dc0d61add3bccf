"""Which row of a cluster stays: by the source's priority, then completeness, then id. Never by place in the input."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.devanagari.recent import Recent
from datakit.matching.hashes import hash_64
from datakit.matching.minhash import U64, paired
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
    frame = batch.select(complete.alias(f"{stage}.complete"))
    unnamed = pl.when(pl.col("id").is_null())
    order, place = _recent(batch.select("id", *_WHERE, *(unnamed.then(pl.col(name)).alias(name) for name in _SAID)))
    return frame.with_columns(order.alias(f"{stage}.order"), place.alias(f"{stage}.place"))


_WHERE: Final = ("source_id", "file", "locator", "raw_sha256")
_SAID: Final = ("question", "answer")


def _order_and_place(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return what rows are ranked by beside how complete they are; their texts count where there is no id."""
    joined = rows.select(pl.concat_str(pl.col(*_WHERE, *_SAID).fill_null(""), separator="\x1f").alias("place"))
    return _sortable(rows["id"]), hash_64(joined["place"])


_recent: Final = Recent(_order_and_place, 1)  # three stages rank the rows of a batch


def _sortable(ids: pl.Series) -> pl.Series:
    """The first 64 bits of each id, in its own order: of a sha256 16 digits, of other text 8 bytes; null is last."""
    hashed = ids.str.contains("^[0-9a-f]{64}$").fill_null(False)
    other = (~hashed).arg_true()
    found = ids.str.head(16).set(~hashed, "0").str.to_integer(base=16, dtype=pl.UInt64)
    return found.scatter(other, pl.Series([_first_bytes(text) for text in ids.gather(other)], dtype=pl.UInt64))


def _first_bytes(text: str | None) -> int:
    if text is None:
        return 2**64 - 1
    if len(text) == 64:
        try:
            return int(text[:16], 16)
        except ValueError:
            pass
    return int.from_bytes(text.encode()[:8].ljust(8, b"\0"), "big")


def rank_names(stage: str) -> list[str]:
    """Name the key columns that rows are ranked by."""
    return ["priority", *(f"{stage}.{key}" for key in ("complete", "order", "place"))]


def ranked(rows: pl.DataFrame, stage: str, *within: str) -> pl.DataFrame:
    """Sort rows by the columns `within`, then best row first. A row without priority has priority 0."""
    names = rank_names(stage)
    by = [*map(pl.col, within), pl.col("priority").fill_null(0), *map(pl.col, names[1:])]
    return rows.sort(by, descending=[False] * len(within) + [True, True, False, False], nulls_last=True)


U32 = NDArray[np.uint32]


def pair_names(corpus: Corpus, stage: str, live: U32, rank: U32, pairs: tuple[U32, U32]) -> U64:
    """Name each pair of ranks by a hash of what both rows say and where they were read, the better one first.

    Two rows of one name in two runs have one id and come from one record, so the same recipe has made the same of them.
    """
    _, order, place = rank_names(stage)[1:]
    found = corpus.keys(order, place).sort("row")
    names = np.empty(len(live), dtype=np.uint64)
    names[rank] = paired(found[order].to_numpy(), found[place].to_numpy())
    better, worse = pairs
    return paired(names[better], names[worse])


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
