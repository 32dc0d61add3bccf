"""What a trace found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from datakit.trace.nodes import Graph

MISSING: Final = "missing"
DIFFERS: Final = "differs"

ROWS: Final = {
    "version": pl.String(),
    "row_id": pl.String(),  # as the trainer saw it: of a merged record the row it was merged into
    "split": pl.String(),
    "role": pl.String(),
    "source_id": pl.String(),
    "licence": pl.String(),
    "file": pl.String(),
    "locator": pl.String(),
    "raw_sha256": pl.String(),
    "changes": pl.List(pl.String()),  # rules of normalization that touched the record
    "stage": pl.String(),  # that merged or rejected it
    "reason": pl.String(),
    "score": pl.Float32(),
    "derived_from": pl.List(pl.String()),
}
"""One line for each place that a row was found in."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A link that leads nowhere, or two things that should agree and do not; the walk went on without it."""

    kind: str
    """`missing` or `differs`."""
    message: str


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A walk through the lineage from one thing."""

    kind: str
    """`gguf`, `run`, `version`, `row` or `source`."""
    id: str
    facts: Mapping[str, Any]
    """What is known of it, for people: names, paths, counts; JSON values only."""
    graph: Graph
    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ROWS))
    """The places of the rows that it is made of, or, for a source or row, of the rows that came of it."""
    sources: pl.DataFrame = field(default_factory=lambda: pl.DataFrame())
    """`source_id, licence, rows, files`: rows by source, most rows first."""
    problems: tuple[Problem, ...] = ()


def by_source(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `source_id, licence, rows, files` of trace rows: places and distinct files of each source."""
    grouped = rows.group_by("source_id", "licence").agg(
        pl.len().alias("rows"), pl.col("file").n_unique().alias("files")
    )
    return grouped.sort("rows", "source_id", descending=[True, False])
