"""Spelling repairs: which rules of normalization touched how many rows.

A version holds the text after repair only, so `before` is each rule's own example, not the row's; the place of a row
leads to its raw text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import polars as pl

from datakit.devanagari.tables import unescape
from datakit.report.passages import Row, rows
from datakit.report.release import Release

SAMPLES: Final = 2
_ROOM: Final = 24_000  # characters of all samples
_COLUMNS: Final = ("source_id", "file", "locator", "question", "answer")


@dataclass(frozen=True, kw_only=True)
class Example:
    """What a rule does, in words and in one Marathi example."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One rule of normalization."""

    rule: str
    rows: int
    """Rows that it touched, rejected ones included."""
    kept: int
    example: Example | None
    """None for a rule that `tables/repair_rules.tsv` does not know, such as another engine's."""
    samples: tuple[Row, ...]
    """Kept rows that it touched, as they are now."""


@dataclass(frozen=True, kw_only=True)
class Repairs:
    """What normalization did."""

    rows: int
    """Rows that at least one rule touched."""
    rules: tuple[Repair, ...]


@cache
def examples() -> Mapping[str, Example]:
    """Return the description of each rule, by its id."""
    text = (files("datakit.report") / "tables" / "repair_rules.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines()[1:]]
    return {
        rule: Example(what=what, before=unescape(before), after=unescape(after)) for rule, what, before, after in lines
    }


def repairs(release: Release) -> Repairs | None:
    """Return the rules that touched rows, most frequent first, or None where none did."""
    touched = release.lineage().filter(pl.col("changes").list.len() > 0)
    by_rule = (
        touched.select("row_id", "role", pl.col("changes").alias("rule"), "raw_sha256")
        .explode("rule")
        .group_by("rule")
        .agg(
            pl.len().alias("rows"),
            (pl.col("role") == "kept").sum().alias("kept"),
            pl.col("row_id")
            .sort_by("raw_sha256")
            .filter(pl.col("role").sort_by("raw_sha256") == "kept")
            .head(SAMPLES)
            .alias("ids"),
        )
        .sort("rows", "rule", descending=[True, False])
    )
    found, total = pl.collect_all([by_rule, touched.select(pl.len())])
    if found.is_empty():
        return None
    chosen = found.select("rule", pl.col("ids").alias("id")).explode("id").drop_nulls()
    texts = (
        release.kept("id", *_COLUMNS)
        .filter(pl.col("id").is_in(chosen["id"].implode()))
        .unique("id", keep="any")
        .collect()
    )
    ordered = chosen.join(texts, on="id", how="inner", maintain_order="left").to_dicts()
    samples: dict[str, list[Row]] = {}
    for row, text in zip(ordered, rows(ordered, _ROOM), strict=True):
        samples.setdefault(row["rule"], []).append(text)
    known = examples()
    return Repairs(
        rows=total.item(),
        rules=tuple(
            Repair(rule=rule, rows=count, kept=kept, example=known.get(rule), samples=tuple(samples.get(rule, ())))
            for rule, count, kept in found.select("rule", "rows", "kept").iter_rows()
        ),
    )
