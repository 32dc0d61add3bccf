"""Rows of a version with everything a reviewer needs: texts, verdict, digest, and what was merged into them."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.lineage import Manifest
from datakit.report.release import Release

_KEPT: Final = ("id", "source_id", "file", "locator", "question", "answer", "context", "flags")
_GONE: Final = (*_KEPT, "history", "raw_sha256", "reject_stage", "reject_reason", "reject_detail", "of")
_PLACE: Final = ["source_id", "file", "locator"]


class Rows:
    """The rows of one version, read lazily; texts are fetched for the rows that are shown."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.release = Release(folder, manifest)
        self.lineage = self.release.lineage().with_row_index("line").collect()
        self._merged = self._chains()

    def kept(self, which: pl.Expr) -> list[dict[str, Any]]:
        """Return kept rows, `raw_sha256` included, by an expression over `id, question, answer, flags` …"""
        found = self.release.kept(*_KEPT).filter(which).collect()
        return self._with_digest(found).sort("raw_sha256").to_dicts()

    def kept_by_id(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return kept rows by id."""
        wanted = pl.Series("id", sorted(set(ids)), dtype=pl.String)
        return {row["id"]: row for row in self.kept(pl.col("id").is_in(wanted.implode()))}

    def rejected(self, which: pl.Expr) -> list[dict[str, Any]]:
        """Return rejected rows by an expression over the columns of `rejected.parquet`."""
        return (
            self.release.rejected()
            .filter(which)
            .select(_GONE)
            .sort("raw_sha256", "file", "locator")
            .collect()
            .to_dicts()
        )

    def also(self, row: dict[str, Any]) -> tuple[str, ...]:
        """Return the digests of the rows that were merged into a row, in one hop or in several."""
        return tuple(sorted(self._merged.get(row["id"] or "", set()) - {row["raw_sha256"]}))

    def _with_digest(self, kept: pl.DataFrame) -> pl.DataFrame:
        """Find the digest of kept rows by id and place: a place may hold several rows, an id stands in several."""
        lines = self.lineage.filter(pl.col("role") == "kept").select(
            pl.col("row_id").alias("id"), *_PLACE, "raw_sha256"
        )
        return kept.join(lines.unique(["id", *_PLACE]), on=["id", *_PLACE], how="left", nulls_equal=True)

    def _chains(self) -> dict[str, set[str]]:
        """Return, for each id, the digests of the rows whose chain of merges ends there or passes through it."""
        merged = self.lineage.filter((pl.col("role") == "duplicate_of") & pl.col("of").is_not_null())
        onto: defaultdict[str, set[str]] = defaultdict(set)
        inside: defaultdict[str, set[str]] = defaultdict(set)
        for row_id, of, digest in merged.select("row_id", "of", "raw_sha256").iter_rows():
            onto[of].add(digest)
            if row_id and row_id != of:
                inside[of].add(row_id)
        return {of: _gather(of, onto, inside) for of in onto}


def _gather(top: str, onto: dict[str, set[str]], inside: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    seen, todo = {top}, [top]
    while todo:
        one = todo.pop()
        found |= onto.get(one, set())
        new = inside.get(one, set()) - seen
        seen |= new
        todo += new
    return found
