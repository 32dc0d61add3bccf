"""Which answer of a conflict stays: what each policy says of the answers to one question."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from datakit.matching.disagree import Finding

POLICIES: Final = ("majority", "prefer_source", "keep_none", "keep_all")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a group: the rows that give it (best first), their sources and the highest priority among those."""

    rows: tuple[int, ...]
    sources: frozenset[str]
    priority: int


def losers(
    answers: Sequence[Answer],
    findings: Mapping[tuple[int, int], Finding],
    policy: str,
    *,
    chosen: Set[int] = frozenset(),
) -> dict[int, int]:
    """Return the answers to reject, each with the answer that it is shown against; empty where none are at odds.

    `findings`: for each pair `(i, j)`, i < j, what comparing them gave. Answers that say the same vote together: first
    the number of sources counts, then the number of rows, then the highest priority. What cannot be told from the
    winner stays. Where no answer wins, nobody may choose: all that are at odds go. The `chosen` answers are those that
    a person found right: they stay, what is at odds with one of them goes, and the rest is voted on.
    """
    if chosen and policy != "keep_all":
        return _settled(answers, findings, policy, chosen)
    against = {pair for pair, finding in findings.items() if finding.same is False}
    if not against or policy == "keep_all":
        return {}
    group = _same(len(answers), findings)
    at_odds = {group[i] for pair in against for i in pair if group[pair[0]] != group[pair[1]]}
    members = {label: [i for i in range(len(answers)) if group[i] == label] for label in at_odds}
    strength = {label: _strength([answers[i] for i in found], policy) for label, found in members.items()}
    best = max(strength.values(), default=())
    winners = [label for label in sorted(strength) if strength[label] == best]
    won = set(members[winners[0]]) if len(winners) == 1 and policy != "keep_none" else set()
    lost: dict[int, int] = {}
    for i, j in sorted(against):
        for loser, other in ((i, j), (j, i)):
            if loser not in won and (not won or other in won):
                lost.setdefault(loser, other)
    return lost


def _settled(
    answers: Sequence[Answer], findings: Mapping[tuple[int, int], Finding], policy: str, chosen: Set[int]
) -> dict[int, int]:
    lost: dict[int, int] = {}
    for (i, j), finding in sorted(findings.items()):
        if finding.same is False and (i in chosen) != (j in chosen):
            loser, winner = (j, i) if i in chosen else (i, j)
            lost.setdefault(loser, winner)
    out = lost.keys() | chosen
    open_ = {pair: Finding(None) if out & set(pair) else finding for pair, finding in findings.items()}
    return lost | losers(answers, open_, policy)


def _strength(answers: list[Answer], policy: str) -> tuple[int, ...]:
    priority = max(answer.priority for answer in answers)
    if policy == "prefer_source":
        return (priority,)
    return len(frozenset().union(*(a.sources for a in answers))), sum(len(a.rows) for a in answers), priority


def _same(size: int, findings: Mapping[tuple[int, int], Finding]) -> list[int]:
    """Label answers that say the same with the lowest number among them; who is at odds with one of them stays out."""
    group = list(range(size))
    for (i, j), finding in sorted(findings.items()):
        if finding.same is not True or group[i] == group[j]:
            continue
        low, high = sorted((group[i], group[j]))
        merged = [k for k in range(size) if group[k] in (low, high)]
        if not any(findings[a, b].same is False for a in merged for b in merged if a < b):
            group = [low if label == high else label for label in group]
    return group
