"""Rows by digest, read once for a whole queue. Equal text in two sources has one digest: the rows are told apart by
their reason."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from datakit.review.disputes import beside
from datakit.review.item import Item, item
from datakit.review.rows import Rows

_MERGED: Final = ("near_duplicate", "exact_duplicate")


class Lookup:
    """The rows of some digests with their texts, their scores, and the rows that they were merged into."""

    def __init__(self, rows: Rows, digests: Iterable[str]) -> None:
        self._all = rows
        wanted = pl.Series(sorted(set(digests)), dtype=pl.String).implode()
        lines = rows.lineage.filter(pl.col("raw_sha256").is_in(wanted))
        self._scores: dict[tuple[str, str | None], float | None] = {
            (digest, reason): score
            for digest, reason, score in lines.select("raw_sha256", "reason", "score").iter_rows()
        }
        ids = lines.filter(pl.col("role") == "kept")["row_id"].drop_nulls()
        found = [*rows.kept_by_id(ids).values(), *rows.rejected(pl.col("raw_sha256").is_in(wanted))]
        self._rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in found:
            self._rows[row["raw_sha256"]].append(row)
        merged = [row for row in found if row.get("reject_reason") in _MERGED and row["of"]]
        self._into = rows.kept_by_id(row["of"] for row in merged)

    def items(self, digests: Iterable[str], section: str, *, reason: str | None = None) -> list[Item]:
        """Return the rows of these digests in their order: those of a reason, or of any, a kept row first."""
        made = []
        for digest in digests:
            rows = [row for row in self._rows[digest] if reason is None or row.get("reject_reason") == reason]
            if rows:
                made.append(self._item(rows[0], section))
        return made

    def _item(self, row: dict[str, Any], section: str) -> Item:
        kept = self._into.get(row.get("of") or "") if row.get("reject_reason") in _MERGED else None
        return item(
            row,
            section,
            also=self._all.also(row),
            beside=(beside(kept, "Kept instead"),) if kept else (),
            score=self._scores.get((row["raw_sha256"], row.get("reject_reason"))),
        )
