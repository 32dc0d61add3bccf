"""Drift: what a release may not lose, or change much, against the version before it."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from datakit.gate.expectation import Expectation, where
from datakit.gate.suite import withdrawn_sources
from datakit.lineage import Manifest, read_manifest
from datakit.recipe import GateOptions

_LENGTHS: Final = {"question_chars": "question", "answer_chars": "answer"}


def drift_suite(folder: Path, manifest: Manifest, previous: Path, options: GateOptions) -> list[Expectation]:
    """Return what the version in `previous` makes one expect of the release in `folder`.

    A source that is not read any more was taken out on purpose, and a withdrawn one by right: neither is expected
    back. Errors: as `read_manifest`.
    """
    before = read_manifest(previous)
    return [*_sources(folder, manifest, previous, options), *_medians(previous, before, options)]


def _sources(folder: Path, manifest: Manifest, previous: Path, options: GateOptions) -> Iterator[Expectation]:
    read = pl.scan_parquet(folder / "lineage.parquet").select(pl.col("source_id").unique()).collect()["source_id"]
    still = set(read.drop_nulls()) - set(withdrawn_sources(manifest))
    kept = pl.scan_parquet(previous / "lineage.parquet").filter(pl.col("role") == "kept")
    counted = kept.group_by("source_id").len().sort("source_id").collect()
    for source, rows in counted.iter_rows():
        if source not in still:
            continue
        least = math.ceil(rows * (100 - options.max_source_loss_percent) / 100)
        yield Expectation(
            id=f"source_kept:{source}",
            says=f"{source} keeps at least {least:,} of the {rows:,} rows that it had",
            type="expect_table_row_count_to_be_between",
            kwargs={"min_value": least, "row_condition": where("source_id", source)},
            origin="last version",
        )


def _medians(previous: Path, before: Manifest, options: GateOptions) -> Iterator[Expectation]:
    splits = [previous / f"{split}.parquet" for split in before.identity["row_roots"]]
    lengths = pl.concat([pl.scan_parquet(file).select(_LENGTHS.values()) for file in splits])
    medians = lengths.select(pl.col(name).str.len_chars().median() for name in _LENGTHS.values()).collect().row(0)
    for (column, name), median in zip(_LENGTHS.items(), medians, strict=True):
        if not median:
            continue
        low, high = median / options.max_length_drift, median * options.max_length_drift
        yield Expectation(
            id=f"{name}_median",
            says=f"the median {name} stays between {low:g} and {high:g} characters; it was {median:g}",
            type="expect_column_median_to_be_between",
            kwargs={"column": column, "min_value": low, "max_value": high},
            severity="warning",
            origin="last version",
        )
