"""Spelling repairs: which rules of normalization touched how many rows.

A version holds the text after repair only, so `before` is each rule's own example, not the row's; the place of a row
leads to its raw text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import polars as pl

from datakit.devanagari.tables import unescape
from datakit.report.passages import Row, rows
from datakit.report.release import Release

SAMPLES: Final = 2
_ROOM: Final = 24_000  # characters of all samples


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


def touched(release: Release) -> pl.DataFrame:
    """Return `rule, rows, kept, ids, total` of the rules that touched rows, most frequent first.

    `ids` are those of `SAMPLES` kept rows, chosen by digest; `total` are the rows that any rule touched.
    """
    kept = pl.col("role") == "kept"
    changed = release.lineage().filter(pl.col("changes").list.len() > 0)
    by_rule = (
        changed.select("row_id", "role", pl.col("changes").alias("rule"), "raw_sha256")
        .explode("rule")
        .group_by("rule")
        .agg(
            pl.len().alias("rows"),
            kept.sum().alias("kept"),
            pl.col("row_id").filter(kept).sort_by(pl.col("raw_sha256").filter(kept)).head(SAMPLES).alias("ids"),
        )
        .sort("rows", "rule", descending=[True, False])
    )
    found, total = pl.collect_all([by_rule, changed.select(pl.len().alias("total"))])
    return found.with_columns(pl.lit(total.item()).alias("total"))


def repairs(rules: pl.DataFrame, found: Mapping[str, Mapping[str, Any]]) -> Repairs | None:
    """Return the rules as `touched` has found them, with their sample rows, which `found` holds by id, or None where
    no row was touched."""
    if rules.is_empty():
        return None
    chosen = [one for one in rules["ids"].explode().drop_nulls() if one in found]
    texts = dict(zip(chosen, rows([found[one] for one in chosen], _ROOM), strict=True))
    known = examples()
    return Repairs(
        rows=rules["total"][0],
        rules=tuple(
            Repair(
                rule=rule,
                rows=count,
                kept=kept,
                example=known.get(rule),
                samples=tuple(texts[one] for one in ids if one in texts),
            )
            for rule, count, kept, ids in rules.select("rule", "rows", "kept", "ids").iter_rows()
        ),
    )
