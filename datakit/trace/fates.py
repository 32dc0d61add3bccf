"""What becomes of a version's rows when sources are taken back: lost, re-attributed, or untouched."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

LINES: Final = {
    "row_id": pl.String(),
    "source_id": pl.String(),
    "raw_sha256": pl.String(),
    "role": pl.String(),
    "reason": pl.String(),
    "split": pl.String(),
    "derived_from": pl.List(pl.String()),
}
WITHDRAWN_REASON: Final = "withdrawn_source"


@dataclass(frozen=True, kw_only=True)
class Fates:
    """Row ids by what happens to them, of one version."""

    lost: frozenset[str]
    """No permitted source has the row."""
    shared: frozenset[str]
    """A withdrawn source has the row, and so has a permitted one: the same words, under another name."""
    derived: frozenset[tuple[str, str]]
    """`(source_id, raw_sha256)` of the records of other sources that were made from withdrawn rows."""
    touched: bool
    """Whether any text of the version, rejected rows included, comes from the withdrawn sources."""


def read_lines(version: Path) -> pl.DataFrame:
    """Return the lineage columns that decide about fates; `derived_from` is null in versions that do not have it."""
    lineage = pl.scan_parquet(version / "lineage.parquet")
    there = lineage.collect_schema().names()
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in LINES.items() if name not in there]
    return lineage.with_columns(missing).select(LINES.keys()).collect()


def fates(lines: pl.DataFrame, gone: Collection[str], made: Collection[tuple[str, str]] = ()) -> Fates:
    """Decide over the lines of a version's lineage.

    `gone` are ids of sources, `made` are records known to be made from them. A record goes with its source, with a
    source it was made from, and with a row it was made from that no permitted record holds; so on until nothing more
    goes.
    """
    text = lines.filter(pl.col("reason").ne_missing(WITHDRAWN_REASON))
    sources = pl.Series(sorted(gone), dtype=pl.String).implode()
    known = set(made)
    hit = text["source_id"].is_in(sources).to_numpy().copy()
    if known:
        pairs = zip(text["source_id"], text["raw_sha256"], strict=True)
        hit |= np.fromiter((pair in known for pair in pairs), dtype=np.bool_, count=text.height)
    children = (
        text.with_row_index("at").filter(pl.col("derived_from").list.len() > 0).select("at", "derived_from").rows()
    )
    lost, shared = _without(text, hit)
    while True:
        dead = lost | set(gone)
        orphans = [at for at, parents in children if not hit[at] and not dead.isdisjoint(parents)]
        if not orphans:
            break
        hit[orphans] = True
        lost, shared = _without(text, hit)
    mine = text.filter(pl.Series(hit) & ~text["source_id"].is_in(sources))
    return Fates(
        lost=frozenset(lost),
        shared=frozenset(shared),
        derived=frozenset(mine.select("source_id", "raw_sha256").iter_rows()),
        touched=bool(hit.any()),
    )


def _without(text: pl.DataFrame, hit: NDArray[np.bool_]) -> tuple[set[str], set[str]]:
    """Return the row ids that no line is left for, and those that some are gone and some are left for."""
    gone = pl.Series(hit)
    holds = text["role"].is_in(["kept", "duplicate_of"])
    dying = text.filter(gone & holds).select("row_id").drop_nulls().unique()
    alive = text.filter(~gone & holds).select("row_id").join(dying, on="row_id", how="semi")
    left = set(alive["row_id"])
    return set(dying["row_id"]) - left, left
