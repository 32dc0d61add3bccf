"""Rejected rows: a few of each reason, as they stood when they were rejected."""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

import polars as pl

from datakit.report.passages import Row, rows
from datakit.report.release import Release

SAMPLES: Final = 5
_ROOM: Final = 240_000  # characters of all samples, about 0.7 MB: a report of 60 reasons stays under its 3 MB
_COLUMNS: Final = ("source_id", "file", "locator", "question", "answer", "context", "history")


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why rows were rejected, how many, and some of them."""

    stage: str
    reason: str
    count: int
    rows: tuple[Row, ...]


def reasons(release: Release) -> list[Reason]:
    """Return every reason with up to `SAMPLES` rows, most frequent first.

    Which rows is decided by their digests, so the same rows are shown however the input was ordered or cut.
    """
    groups = (
        release.rejected()
        .select("row", "reject_stage", "reject_reason", "raw_sha256")
        .group_by("reject_stage", "reject_reason")
        .agg(pl.len().alias("count"), pl.col("row").sort_by("raw_sha256", "row").head(SAMPLES))
        .sort("count", "reject_stage", "reject_reason", descending=[True, False, False])
        .collect()
    )
    chosen = groups.with_row_index("group").explode("row")
    wanted = chosen.select("group", "row")
    texts = (
        release.rejected()
        .filter(pl.col("row").is_in(wanted["row"].implode()))
        .select("row", *_COLUMNS, pl.col("reject_detail").alias("detail"))
        .collect()
    )
    ordered = wanted.join(texts, on="row", how="left", maintain_order="left").to_dicts()
    shown = zip([row["group"] for row in ordered], rows(ordered, _ROOM), strict=True)
    by_group = {number: tuple(row for _, row in members) for number, members in groupby(shown, lambda pair: pair[0])}
    return [
        Reason(stage=stage, reason=reason, count=count, rows=by_group[number])
        for number, (stage, reason, count) in enumerate(
            groups.select("reject_stage", "reject_reason", "count").iter_rows()
        )
    ]
