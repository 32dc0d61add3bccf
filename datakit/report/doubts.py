"""Kept rows with a flag: faults that a stage saw and let pass, each with a few rows to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from datakit.report.passages import Row, rows
from datakit.report.release import Release

SAMPLES: Final = 3
_ROOM: Final = 24_000  # characters of all samples


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One fault."""

    flag: str
    count: int
    rows: tuple[Row, ...]


def flagged(release: Release) -> pl.DataFrame:
    """Return `flag, count, id` of the kept rows' flags, most frequent first; `id` holds the `SAMPLES` lowest ids."""
    return (
        release.kept("id", "flags")
        .select("id", pl.col("flags").alias("flag"))
        .filter(pl.col("flag").list.len() > 0)
        .explode("flag")
        .group_by("flag")
        .agg(pl.len().alias("count"), pl.col("id").sort().head(SAMPLES))
        .sort("count", "flag", descending=[True, False])
        .collect()
    )


def doubts(flags: pl.DataFrame, found: Mapping[str, Mapping[str, Any]]) -> list[Doubt]:
    """Return the flags as `flagged` has found them, with their sample rows, which `found` holds by id."""
    chosen = flags["id"].explode().drop_nulls().to_list()
    texts = dict(zip(chosen, rows([found[one] for one in chosen], _ROOM), strict=True))
    return [
        Doubt(flag=flag, count=count, rows=tuple(texts[one] for one in ids))
        for flag, count, ids in flags.select("flag", "count", "id").iter_rows()
    ]
