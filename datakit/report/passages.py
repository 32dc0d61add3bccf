"""Rows to look at: their place and their texts, cut where a whole section would outgrow its share of the report."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datakit.lineage import INVISIBLE

LONGEST: Final = 20_000
"""Characters of one text, however much room there is: a reader of a report does not read further."""
SHORTEST: Final = 240
"""Characters that are always shown, even where every section is full: about three lines."""
_MARK_COST: Final = 20  # an invisible character is shown as a label of about 60 bytes; a Devanagari letter takes 3


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A text, cut at `LONGEST` or earlier."""

    text: str
    left_out: int
    """Characters that were cut off at the end."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row with the place it was read from. Texts that the row does not have are None."""

    source: str
    file: str
    locator: str
    question: Passage | None = None
    answer: Passage | None = None
    context: Passage | None = None
    history: Passage | None = None
    detail: Passage | None = None
    """What the stage that rejected it said."""


TEXTS: Final = ("question", "answer", "context", "history", "detail")


def rows(found: Sequence[Mapping[str, Any]], room: int) -> list[Row]:
    """Return rows whose texts together take about `room` characters: the longest texts are cut, all at one length."""
    costs = [cost(row[name]) for row in found for name in TEXTS if row.get(name)]
    limit = _limit(costs, room)
    return [_row(row, limit) for row in found]


def cost(text: str) -> int:
    """Return how much room a text takes, in characters of plain Devanagari."""
    return len(text) + (_MARK_COST - 1) * len(INVISIBLE.findall(text))


def _row(row: Mapping[str, Any], limit: int) -> Row:
    texts: dict[str, Any] = {name: _cut(row[name], limit) for name in TEXTS if row.get(name)}
    return Row(source=row.get("source_id") or "", file=row.get("file") or "", locator=row.get("locator") or "", **texts)


def _cut(text: str, limit: int) -> Passage:
    if cost(text) <= limit:
        return Passage(text=text, left_out=0)
    keep = bisect_right(range(limit + 1), limit, key=lambda length: cost(text[:length])) - 1
    return Passage(text=text[:keep], left_out=len(text) - keep)


def _limit(costs: Iterable[int], room: int) -> int:
    """Return the largest limit with which texts of these costs fit into the room."""
    ordered = sorted(costs)
    for number, size in enumerate(ordered):
        share = room // (len(ordered) - number)
        if size > share:
            return min(LONGEST, max(SHORTEST, share))
        room -= size
    return LONGEST
