"""The files of a version as lazy frames: the report reads few columns of all rows, and the text of a few rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from datakit.lineage import Manifest
from datakit.stages.split import SPLITS


@dataclass(frozen=True)
class Release:
    """A folder with a version's Parquet files; its manifest may not be written yet."""

    folder: Path
    manifest: Manifest

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits in the order people name them; a manifest read from disk has them by alphabet."""
        there = self.manifest.counts["splits"]
        return tuple(name for name in SPLITS if name in there) + tuple(name for name in there if name not in SPLITS)

    def kept(self, *columns: str, splits: Sequence[str] | None = None) -> pl.LazyFrame:
        """Return the named columns of the kept rows of some splits or all, and `split`."""
        return pl.concat(
            [
                pl.scan_parquet(self.folder / f"{name}.parquet").select(*columns, pl.lit(name).alias("split"))
                for name in (splits or self.splits)
            ]
        )

    def rejected(self) -> pl.LazyFrame:
        """Return the rejected rows, and `row`: their number in the file."""
        return pl.scan_parquet(self.folder / "rejected.parquet", row_index_name="row")

    def lineage(self) -> pl.LazyFrame:
        """Return a line for each row that was read."""
        return pl.scan_parquet(self.folder / "lineage.parquet")
