"""Lineage in numbers: whether every row that was read can be accounted for."""

from dataclasses import dataclass

import polars as pl

from datakit.report.release import Release


@dataclass(frozen=True, kw_only=True)
class Origins:
    """read = kept + merged + rejected; anything else is a fault, and `unaccounted` says of how many rows."""

    read: int
    kept: int
    merged: int
    rejected: int
    files: int
    sources: int
    unaccounted: int
    """Rows whose number of lines in the lineage differs from what the manifest counts."""
    without_licence: int
    """Kept rows that state no licence."""


def origins(release: Release) -> Origins:
    """Count the lines of the lineage and compare them with the manifest."""
    role = pl.col("role")
    counted = (
        release.lineage()
        .select(
            pl.len().alias("read"),
            (role == "kept").sum().alias("kept"),
            (role == "duplicate_of").sum().alias("merged"),
            (role == "rejected").sum().alias("rejected"),
            pl.col("file").n_unique().alias("files"),
            pl.col("source_id").n_unique().alias("sources"),
            ((role == "kept") & pl.col("licence").is_null()).sum().alias("without_licence"),
        )
        .collect()
        .row(0, named=True)
    )
    counts = release.manifest.counts
    expected = (counts["in"], counts["kept"], sum(counts["rejected"].values()))
    found = (counted["read"], counted["kept"], counted["merged"] + counted["rejected"])
    return Origins(**counted, unaccounted=sum(abs(one - two) for one, two in zip(expected, found, strict=True)))
