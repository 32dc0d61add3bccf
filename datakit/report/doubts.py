"""Kept rows with a flag: faults that a stage saw and let pass, each with a few rows to look at."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from datakit.report.passages import Row, rows
from datakit.report.release import Release

SAMPLES: Final = 3
_ROOM: Final = 24_000  # characters of all samples
_COLUMNS: Final = ("source_id", "file", "locator", "question", "answer")


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """One fault."""

    flag: str
    count: int
    rows: tuple[Row, ...]


def doubts(release: Release) -> list[Doubt]:
    """Return the flags of the kept rows, most frequent first, with up to `SAMPLES` rows each, the lowest ids."""
    groups = (
        release.kept("id", "flags")
        .select("id", pl.col("flags").alias("flag"))
        .filter(pl.col("flag").list.len() > 0)
        .explode("flag")
        .group_by("flag")
        .agg(pl.len().alias("count"), pl.col("id").sort().head(SAMPLES))
        .sort("count", "flag", descending=[True, False])
        .collect()
    )
    chosen = groups.select("flag", "id").explode("id")
    if chosen.is_empty():
        return []
    texts = release.kept("id", *_COLUMNS).filter(pl.col("id").is_in(chosen["id"].implode())).collect()
    ordered = chosen.join(texts.unique("id", keep="any"), on="id", how="left", maintain_order="left").to_dicts()
    by_flag: dict[str, list[Row]] = {}
    for row, text in zip(ordered, rows(ordered, _ROOM), strict=True):
        by_flag.setdefault(row["flag"], []).append(text)
    return [
        Doubt(flag=flag, count=count, rows=tuple(by_flag[flag]))
        for flag, count in groups.select("flag", "count").iter_rows()
    ]
