"""Merged rows: clusters of duplicates, each with the row that was kept, the least similar cluster first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from datakit.report.lookup import PLACE, kept_rows, rejected_rows
from datakit.report.passages import Row, rows
from datakit.report.release import Release

CLUSTERS: Final = 12
_MEMBERS: Final = 4  # of a cluster; the least similar ones
_ROOM: Final = 60_000  # characters of all texts, about 0.2 MB
_HOPS: Final = 8  # a row merged into a row that was merged later: one hop a dedup stage


@dataclass(frozen=True, kw_only=True)
class Member:
    """A row that was merged into another."""

    reason: str
    score: float | None
    """How alike it is to the kept row, 0 to 1."""
    row: Row


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A kept row and rows that say the same."""

    kept: Row
    size: int
    """Rows of the cluster, the kept one and those not shown included."""
    members: tuple[Member, ...]


@dataclass(frozen=True, kw_only=True)
class Merges:
    """What deduplication did."""

    merged: Mapping[str, int]
    """Merged rows by reason."""
    clusters: int
    """Kept rows into which at least one other was merged."""
    across_sources: int
    """Kept rows that a second source holds too."""
    shown: tuple[Cluster, ...]


def merges(release: Release) -> Merges | None:
    """Return the clusters, or None where no row was merged."""
    merged = (
        release.lineage()
        .filter((pl.col("role") == "duplicate_of") & pl.col("of").is_not_null())
        .select("row_id", "of", "reason", "score", "source_id", *PLACE)
        .collect()
    )
    if merged.is_empty():
        return None
    merged = _follow(merged)
    origin = (
        release.lineage()
        .filter((pl.col("role") == "kept") & pl.col("row_id").is_in(merged["root"].unique().implode()))
        .select(pl.col("row_id").alias("root"), pl.col("source_id").alias("kept_source"))
    )
    merged = merged.lazy().join(origin.unique("root"), on="root", how="left", maintain_order="left").collect()
    other_source = merged.filter(pl.col("source_id") != pl.col("kept_source"))
    return Merges(
        merged=dict(merged["reason"].value_counts().sort("count", "reason", descending=[True, False]).iter_rows()),
        clusters=merged["root"].n_unique(),
        across_sources=other_source["root"].n_unique(),
        shown=_shown(release, merged),
    )


def _follow(merged: pl.DataFrame) -> pl.DataFrame:
    """Add `root`: the kept row at the end of the chain, where the row merged into was itself merged later."""
    onward = merged.filter(pl.col("row_id") != pl.col("of")).select(
        pl.col("row_id").alias("root"), pl.col("of").alias("next")
    )
    onward = onward.unique("root", keep="any")
    merged = merged.with_columns(pl.col("of").alias("root"))
    for _ in range(_HOPS):
        step = merged.join(onward, on="root", how="left", maintain_order="left")
        if step["next"].null_count() == step.height:
            break
        merged = step.with_columns(pl.coalesce("next", "root").alias("root")).drop("next")
    return merged


def _shown(release: Release, merged: pl.DataFrame) -> tuple[Cluster, ...]:
    """Return the clusters with the least similar members; exact duplicates alone are not worth a look."""
    groups = (
        merged.filter((pl.col("score") < 1).any().over("root"))
        .sort("score", "row_id", *PLACE, nulls_last=True)
        .group_by("root", maintain_order=True)
        .agg(pl.len().alias("count"), pl.struct("reason", "score", *PLACE).head(_MEMBERS).alias("members"))
        .head(CLUSTERS)
    )
    places = groups.select(pl.col("members").explode()).unnest("members")
    kept = kept_rows(release, groups["root"].to_list())
    gone = rejected_rows(release, places) if places.height else {}
    groups_found = [group for group in groups.to_dicts() if group["root"] in kept]
    texts: list[dict[str, Any]] = []
    for group in groups_found:
        texts += [kept[group["root"]], *(_without_detail(gone[_place(member)]) for member in group["members"])]
    cut = iter(rows(texts, _ROOM))
    return tuple(
        Cluster(
            kept=next(cut),
            size=group["count"] + 1,
            members=tuple(
                Member(reason=member["reason"], score=member["score"], row=next(cut)) for member in group["members"]
            ),
        )
        for group in groups_found
    )


def _place(member: Mapping[str, Any]) -> tuple[str, str]:
    return member["file"], member["locator"]


def _without_detail(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "detail": None}  # it only names the kept row, which stands beside it
