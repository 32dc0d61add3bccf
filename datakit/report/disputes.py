"""Disagreements: answers to one question that cannot all be right, side by side with their sources."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from datakit.matching.groups import connected
from datakit.report.lookup import PLACE, kept_rows, rejected_rows
from datakit.report.passages import Row, rows
from datakit.report.release import Release

GROUPS: Final = 20
_SIDES: Final = 6  # answers shown of one question
_ROOM: Final = 60_000  # characters of all texts, about 0.2 MB


@dataclass(frozen=True, kw_only=True)
class Side:
    """One answer."""

    kept: bool
    row: Row


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """The answers to one question, the kept ones first."""

    size: int
    """Rows that take part, those not shown included."""
    sides: tuple[Side, ...]


@dataclass(frozen=True, kw_only=True)
class Disputes:
    """What sources disagree on."""

    rejected: int
    questions: int
    shown: tuple[Dispute, ...]


def disputes(release: Release) -> Disputes | None:
    """Return the disagreements, the largest first, or None where there is none."""
    lost = (
        release.lineage()
        .filter((pl.col("reason") == "conflicting_answer") & pl.col("of").is_not_null())
        .select("row_id", "of", *PLACE)
        .sort("row_id", *PLACE)
        .collect()
    )
    if lost.is_empty():
        return None
    groups = connected(lost.select("row_id", "of").iter_rows())
    shown = groups[:GROUPS]
    return Disputes(rejected=lost.height, questions=len(groups), shown=_shown(release, lost, shown))


def _shown(release: Release, lost: pl.DataFrame, groups: list[list[str]]) -> tuple[Dispute, ...]:
    ids = sorted(one for group in groups for one in group)
    kept = kept_rows(release, ids)
    places = lost.filter(pl.col("row_id").is_in(pl.Series(ids).implode()))
    gone: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rejected_rows(release, places).values(), key=lambda row: (row["file"], row["locator"])):
        gone[row["id"]].append(row)
    sides: list[list[tuple[bool, dict[str, Any]]]] = [
        [(True, kept[one]) for one in sorted(group) if one in kept]
        + [(False, row) for one in sorted(group) for row in gone[one]]
        for group in groups
    ]
    cut = iter(rows([row for group in sides for _, row in group[:_SIDES]], _ROOM))
    return tuple(
        Dispute(size=len(group), sides=tuple(Side(kept=stays, row=next(cut)) for stays, _ in group[:_SIDES]))
        for group in sides
    )
