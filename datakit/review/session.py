"""A review in progress: the queue, the log, and what this reviewer has done so far. It knows nothing of the web."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from datakit.decisions import Decision, DecisionLog, Standing
from datakit.errors import UsageError
from datakit.review.item import Item
from datakit.review.queue import Queue


@dataclass(kw_only=True)
class Session:
    """One run of the review page; any number of tabs share it."""

    queue: Queue
    log: DecisionLog
    by: str = ""
    """The reviewer's name, written into each line; not part of what is hashed."""
    done: Counter[str] = field(default_factory=Counter)
    """How many decisions of each action were written here."""
    trail: list[int] = field(default_factory=list)
    """The places that were decided here and not undone, the last one at the end."""

    def standing(self) -> dict[str, Decision]:
        """Return the decision that stands about each row, by `raw_sha256` of the row that was looked at."""
        return {decision.row: decision for decision in self.log.standing().decisions}

    def stale(self, standing: Standing | None = None) -> list[Decision]:
        """Return the standing decisions about rows that this version does not have."""
        found = (standing or self.log.standing()).decisions
        return [one for one in found if not self.queue.digests & {one.row, *one.also}]

    def decide(
        self,
        at: int,
        action: str,
        *,
        seen: Sequence[str],
        note: str = "",
        question: str | None = None,
        answer: str | None = None,
    ) -> Decision:
        """Write a decision about the item at a place. `seen`: the ids of the last lines about it that the card showed.

        An accept after an edit keeps the new text, an edit after an accept keeps what was overruled: each builds on
        what stands. Errors: `UsageError` where the action is not offered or the text is as it was, `DecidedMeanwhile`
        where somebody else was faster, and as `DecisionLog.append`.
        """
        item = self.queue.items[at]
        if action not in item.actions:
            offered = ", ".join(item.actions) or "nothing"
            raise UsageError(f"{action} is not offered for this row ({item.reason or 'kept'}); offered: {offered}")
        before = self.log.decision(item.row)
        overrules: tuple[str, ...] = ()
        if action == "reject":
            question = answer = None
        else:
            overrules = before.overrules if before and before.action != "reject" else ()
            if action == "accept":
                overrules = tuple(sorted({*overrules, *item.faults}))
                question, answer = (before.question, before.answer) if before else (None, None)
            elif (question, answer) == self.texts(item):
                raise UsageError("the text is as it was; change it, or press accept")
        decision = Decision(
            action=action,
            row=item.row,
            also=() if action == "accept" and question is None else item.also,
            overrules=overrules,
            question=question,
            answer=answer,
            note=" ".join(note.split()),
            replaces=tuple(sorted(seen)),
        )
        written = self._write(item, decision)
        self.trail = [*(one for one in self.trail if one != at), at]
        return written

    def undo(self, at: int, *, seen: Sequence[str]) -> Decision:
        """Take back what stands about the item at a place. Errors: `UsageError` where nothing does."""
        item = self.queue.items[at]
        if self.log.decision(item.row) is None:
            raise UsageError("nothing is decided about this row; there is nothing to undo")
        written = self._write(item, Decision(action="undo", row=item.row, replaces=tuple(sorted(seen))))
        self.trail = [one for one in self.trail if one != at]
        return written

    def texts(self, item: Item) -> tuple[str, str]:
        """Return question and answer as they stand: the row's own, or what a person made of them."""
        before = self.log.decision(item.row)
        if before is not None and before.question is not None and before.answer is not None:
            return before.question, before.answer
        return item.question, item.answer

    def settled(self, at: int, standing: dict[str, Decision]) -> bool:
        """Tell whether nothing is left to decide at a place, also since another answer of its dispute was chosen."""
        item = self.queue.items[at]
        if item.row in standing:
            return True
        return item.dispute is not None and self.chosen(item, standing) is not None

    def chosen(self, item: Item, standing: dict[str, Decision]) -> Item | None:
        """Return the other answer of a dispute that a person found right, if there is one."""
        for other in self.queue.disputes[item.dispute] if item.dispute is not None else ():
            decision = standing.get(other.row) if other.row != item.row else None
            if decision is not None and decision.action != "reject":
                return other
        return None

    def next_open(self, at: int, standing: dict[str, Decision]) -> int | None:
        """Return the next place with something to decide, round the end to the beginning; None: all is decided."""
        size = len(self.queue.items)
        places = [(at + step) % size for step in range(1, size + 1)]
        return next((place for place in places if not self.settled(place, standing)), None)

    def _write(self, item: Item, decision: Decision) -> Decision:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        signed = replace(decision, by=self.by, at=now, version=self.queue.version)
        written = self.log.append(replace(signed, file=item.file, locator=item.locator))
        self.done[decision.action] += 1
        return written
