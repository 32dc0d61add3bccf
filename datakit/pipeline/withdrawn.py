"""Withdrawn rows: counted and placed like every row, without a word of their text."""

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

from datakit.pipeline.rows import READ
from datakit.record import TEXT
from datakit.store import Tombstone

WITHDRAWN: Final = "withdrawn_source"
DERIVED_FROM: Final = "derived_from"
"""A column of raw rows, kept in `meta`: the id of the source, or of the row, that a row was made from; several with
commas between them."""

_FORGOTTEN: Final = (*TEXT, "group", "meta", "id", "lang", "changes", "flags")


def mark_withdrawn(batch: pl.DataFrame, tombstones: Sequence[Tombstone]) -> pl.DataFrame:
    """Reject the rows of withdrawn sources and the rows made from them; their text goes, their place stays.

    It overrules whatever a reader or a stage said, since a detail may quote the text.
    """
    if not tombstones or not batch.height:
        return batch
    gone = {stone.source for stone in tombstones}
    own = pl.col("source_id").is_in(sorted(gone))
    pairs = [pair for stone in tombstones for pair in stone.derived]
    places = batch.select(own.alias("own"), pl.Series("made", made_from(batch, gone, pairs), dtype=pl.String))
    hit = places["own"].fill_null(False) | places["made"].is_not_null()
    if not hit.any():
        return batch
    detail = (
        pl.when(places["own"])
        .then(pl.format("the source {} was withdrawn", "source_id"))
        .otherwise(pl.format("made from {}, which was withdrawn", places["made"]))
    )
    verdict = {"reject_stage": pl.lit(READ), "reject_reason": pl.lit(WITHDRAWN), "reject_detail": detail}
    return batch.with_columns(
        *(pl.when(~hit).then(pl.col(name)).alias(name) for name in _FORGOTTEN if name in batch.columns),
        *(pl.when(hit).then(value).otherwise(pl.col(name)).alias(name) for name, value in verdict.items()),
    )


def made_from(batch: pl.DataFrame, gone: set[str], pairs: Sequence[tuple[str, str]]) -> list[str | None]:
    """Return, for each row, the withdrawn source it was made from, or null."""
    found: list[str | None] = [None] * batch.height
    if pairs:
        known = set(pairs)
        digests = pl.Series(sorted({digest for _, digest in pairs})).implode()
        some = batch.with_row_index("__at").filter(pl.col("raw_sha256").is_in(digests))
        for at, source, digest in some.select("__at", "source_id", "raw_sha256").iter_rows():
            if (source, digest) in known:
                found[at] = "a row"
    for at, parents in enumerate(parents_of(batch)):
        named = gone.intersection(parents)
        if named:
            found[at] = min(named)
    return found


def parents_of(batch: pl.DataFrame) -> list[tuple[str, ...]]:
    """Return, for each row, what its `derived_from` names: ids of sources or of rows; nothing for most."""
    parents: list[tuple[str, ...]] = [()] * batch.height
    said = pl.col("meta").str.contains(f'"{DERIVED_FROM}"', literal=True)
    for at, meta in batch.select(pl.int_range(pl.len()).alias("at"), "meta").filter(said).iter_rows():
        parents[at] = _names(json.loads(meta).get(DERIVED_FROM))
    return parents


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, str):
        return ()
    return tuple(sorted({name.strip() for name in value.split(",")} - {""}))
