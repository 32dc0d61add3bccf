"""Disputes: the rows that answer one question differently, each to be decided with the others beside it."""

from collections import defaultdict
from typing import Any, Final

import polars as pl

from datakit.matching.groups import connected
from datakit.review.item import Beside, Item, item
from datakit.review.rows import Rows

SECTION: Final = "disputes"


def disputed(rows: Rows, most: int) -> tuple[list[Item], int]:
    """Return the rows of up to `most` disputes, the kept answer of each first, and how many rows are in dispute."""
    lost = rows.rejected((pl.col("reject_reason") == "conflicting_answer") & pl.col("of").is_not_null())
    groups = connected((row["id"], row["of"]) for row in lost)
    by_id: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in lost:
        by_id[row["id"]].append(row)
    chosen = groups[:most]
    kept = rows.kept_by_id(one for group in chosen for one in group if one not in by_id)
    items: list[Item] = []
    for number, group in enumerate(chosen):
        sides = [kept[one] for one in group if one in kept] + [row for one in group for row in by_id.get(one, ())]
        for side in sides:
            others = tuple(beside(row, _title(row)) for row in sides if row is not side)
            why = "" if side.get("reject_reason") else "kept; other sources say otherwise"
            items.append(item(side, SECTION, also=rows.also(side), beside=others, dispute=number, why=why))
    return items, sum(map(len, groups))


def beside(row: dict[str, Any], title: str) -> Beside:
    """Return a row as it is shown beside another."""
    return Beside(
        title=title,
        source=row["source_id"] or "",
        file=row["file"] or "",
        locator=row["locator"] or "",
        question=row["question"] or "",
        answer=row["answer"] or "",
    )


def _title(row: dict[str, Any]) -> str:
    return "Set aside" if row.get("reject_reason") else "Kept"
