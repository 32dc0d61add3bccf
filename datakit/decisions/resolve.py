"""What a log of decisions comes to. The order of its lines says nothing: each line names the one that it replaces."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datakit.decisions.decision import Decision
from datakit.lineage import canonical_json


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The decisions that stand."""

    decisions: tuple[Decision, ...]
    """One for each decided row, sorted by row; none is an undo."""
    contested: tuple[tuple[Decision, ...], ...] = ()
    """Rows about which two people said different things without knowing of each other: neither is applied."""

    def by_digest(self) -> dict[str, Decision]:
        """Return the decision that holds for each `raw_sha256`: a row's own before one that it was `also` named in.

        Where two decisions name a merged row, a rejection holds before an edit: a wrong row is worse than a lost one.
        """
        found: dict[str, Decision] = {}
        for decision in sorted(self.decisions, key=lambda one: (one.action != "reject", one.id)):
            for digest in decision.also:
                found.setdefault(digest, decision)
        return found | {decision.row: decision for decision in self.decisions}


def resolve(decisions: Iterable[Decision]) -> Standing:
    """Return what stands. Errors: `ValueError` where a line replaces one that is not there."""
    known = {decision.id: decision for decision in decisions}
    by_row: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in known.values():
        for replaced in decision.replaces:
            if replaced not in known:
                raise ValueError(
                    f"decision {decision.id[:12]} replaces {replaced[:12]}, which is not in the log; a line is missing"
                )
        by_row[decision.row].append(decision)
    stands: list[Decision] = []
    contested: list[tuple[Decision, ...]] = []
    for row in sorted(by_row):
        found = standing(by_row[row], known)
        if len(found) > 1:
            contested.append(tuple(one for one in found if one))
        else:
            stands += [one for one in found if one]
    return Standing(decisions=tuple(stands), contested=tuple(contested))


def last(of_row: Iterable[Decision]) -> list[Decision]:
    """Return the decisions about one row that no other one replaces, by id."""
    mine = list(of_row)
    replaced = {name for decision in mine for name in decision.replaces}
    return sorted((decision for decision in mine if decision.id not in replaced), key=lambda one: one.id)


def standing(of_row: Iterable[Decision], known: Mapping[str, Decision]) -> list[Decision | None]:
    """Return what the last lines about one row come to, lines that say the same as one; None stands for undone."""
    ends = [end for one in last(of_row) for end in _ends(one, known)]
    return list({canonical_json(end.says()) if end else b"": end for end in reversed(ends)}.values())


def _ends(decision: Decision, known: Mapping[str, Decision]) -> list[Decision | None]:
    """Follow undos: an undo brings back what the decision that it takes back had replaced."""
    if decision.action != "undo":
        return [decision]
    before = [known[name] for taken_back in decision.replaces for name in known[taken_back].replaces]
    return [end for one in before for end in _ends(one, known)] or [None]
