"""Finding the text of a few rows of a version: kept ones by id, rejected ones by the place they were read from."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from datakit.report.release import Release

COLUMNS: Final = ("source_id", "licence", "file", "locator", "question", "answer", "context")
PLACE: Final = ("file", "locator")


def kept_rows(release: Release, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the kept rows of these ids, by id."""
    wanted = pl.Series("id", ids, dtype=pl.String)
    found = release.kept("id", *COLUMNS).filter(pl.col("id").is_in(wanted.implode())).collect()
    return {row["id"]: row for row in found.iter_rows(named=True)}


def rejected_rows(release: Release, places: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rejected rows read at these places (`file, locator`), by place."""
    wanted = places.select(PLACE).unique().lazy()
    columns = ("id", *COLUMNS, pl.col("reject_detail").alias("detail"))
    found = release.rejected().join(wanted, on=PLACE, how="semi").select(columns).collect()
    return {(row["file"], row["locator"]): row for row in found.iter_rows(named=True)}
