"""What people decided: each decision that this version applied, with the row it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from datakit.report.lookup import PLACE, kept_rows, rejected_rows
from datakit.report.passages import Row, rows
from datakit.report.release import Release

SHOWN: Final = 40
_ROOM: Final = 60_000  # characters of all texts, about 0.2 MB


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """One decision."""

    action: str
    """`accept`, `reject` or `edit`."""
    note: str
    """Why, in the person's own words; may be empty."""
    overrules: tuple[str, ...]
    """Faults that the person saw and let pass, as `stage.reason`."""
    kept: bool
    """Whether the row is in this version."""
    reason: str | None
    """Why not, where it is not; it may be another fault than the one that the person overruled."""
    row: Row | None
    """The row as it stands now; None where no row of this version has this text."""


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """All of them: counts by action, some to look at, and those that could not be applied."""

    counts: Mapping[str, int]
    stale: int
    """Decisions about a text that is no longer read."""
    contested: int
    """Decisions at odds with each other, which were not applied."""
    shown: tuple[Ruling, ...]


def decisions(release: Release) -> Decisions | None:
    """Return the decisions of a version, or None where there are none."""
    applied: list[Mapping[str, Any]] = list(release.manifest.identity.get("decisions", ()))
    told = release.manifest.counts.get("decisions", {})
    stale, contested = len(told.get("stale", ())), len(told.get("contested", ()))
    if not applied and not stale and not contested:
        return None
    counts = {action: sum(one["action"] == action for one in applied) for action in ("accept", "reject", "edit")}
    return Decisions(
        counts={action: count for action, count in counts.items() if count},
        stale=stale,
        contested=contested,
        shown=_shown(release, applied[:SHOWN]),
    )


def _shown(release: Release, applied: list[Mapping[str, Any]]) -> tuple[Ruling, ...]:
    digests = pl.Series([one["row"] for one in applied], dtype=pl.String)
    lines = (
        release.lineage()
        .filter(pl.col("raw_sha256").is_in(digests.implode()))
        .select("raw_sha256", "row_id", "role", "reason", *PLACE)
        .sort(pl.col("role") != "kept", *PLACE)
        .unique("raw_sha256", keep="first", maintain_order=True)
        .collect()
    )
    of = {line["raw_sha256"]: line for line in lines.iter_rows(named=True)}
    kept = kept_rows(release, [line["row_id"] for line in of.values() if line["role"] == "kept"])
    gone = lines.filter(pl.col("role") != "kept")
    rejected = rejected_rows(release, gone) if gone.height else {}
    found = [_text(of.get(one["row"]), kept, rejected) for one in applied]
    cut = iter(rows([text for text in found if text is not None], _ROOM))
    return tuple(
        Ruling(
            action=one["action"],
            note=one.get("note", ""),
            overrules=tuple(one.get("overrules", ())),
            kept=text is not None and of[one["row"]]["role"] == "kept",
            reason=of[one["row"]]["reason"] if text is not None else None,
            row=next(cut) if text is not None else None,
        )
        for one, text in zip(applied, found, strict=True)
    )


def _text(
    line: Mapping[str, Any] | None,
    kept: Mapping[str, dict[str, Any]],
    rejected: Mapping[tuple[str, str], dict[str, Any]],
) -> dict[str, Any] | None:
    if line is None:
        return None
    if line["role"] == "kept":
        return kept.get(line["row_id"])
    return rejected.get((line["file"], line["locator"]))
