"""What a reviewer is shown: one row with everything that a decision about it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datakit.decisions import offered


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Another row shown beside the one to decide: the row it was merged into, or another answer to its question."""

    title: str
    source: str
    file: str
    locator: str
    question: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row to decide. Texts that the row does not have are empty."""

    section: str
    row: str
    """Its `raw_sha256`."""
    source: str
    file: str
    locator: str
    question: str
    answer: str
    context: str = ""
    history: str = ""
    stage: str | None = None
    reason: str | None = None
    """None: the version kept it."""
    detail: str = ""
    score: float | None = None
    why: str = ""
    """Why it is shown, where its reason does not say so."""
    also: tuple[str, ...] = ()
    """`raw_sha256` of the rows that were merged into it."""
    beside: tuple[Beside, ...] = ()
    dispute: int | None = None
    """Rows that answer one question differently share a number."""

    @property
    def actions(self) -> tuple[str, ...]:
        """Which of accept, reject and edit may be taken."""
        return offered(self.stage, self.reason, self.locator)

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that accepting the row overrules; in a dispute always that it contradicts another row."""
        found = {f"{self.stage}.{self.reason}"} if self.reason and self.reason != "rejected_by_person" else set()
        if self.dispute is not None:
            found.add("conflicts.conflicting_answer")
        return tuple(sorted(found))


@dataclass(frozen=True, kw_only=True)
class Section:
    """A kind of doubt, and where its items begin in the queue."""

    name: str
    title: str
    about: str
    start: int
    count: int
    total: int
    """Rows of this kind in the version; `count` of them are in the queue."""


def item(row: Mapping[str, Any], section: str, **more: Any) -> Item:
    """Build an item from a row of a version: `None` in a text becomes the empty text."""
    texts = {name: row.get(name) or "" for name in ("file", "locator", "question", "answer", "context", "history")}
    return Item(
        **{
            "section": section,
            "row": row["raw_sha256"],
            "source": row.get("source_id") or "",
            "stage": row.get("reject_stage"),
            "reason": row.get("reject_reason"),
            "detail": row.get("reject_detail") or "",
            **texts,
            **more,
        }
    )
