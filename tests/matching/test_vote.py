"""Votes: who wins, who goes, and against whom."""

from typing import Final

import pytest

from datakit.matching.disagree import Finding
from datakit.matching.vote import Answer, losers

ODDS: Final = Finding(False, "अ", "ब")
SAME: Final = Finding(True)
UNKNOWN: Final = Finding(None)


def answer(sources: str, rows: int = 1, priority: int = 0) -> Answer:
    """Return an answer that the sources, one letter each, give."""
    return Answer(tuple(range(rows)), frozenset(sources), priority)


@pytest.mark.parametrize(
    ("answers", "findings", "expected"),
    [
        ([answer("a"), answer("b")], {(0, 1): SAME}, {}),
        ([answer("a"), answer("b")], {(0, 1): UNKNOWN}, {}),
        ([answer("ab"), answer("c")], {(0, 1): ODDS}, {1: 0}),
        ([answer("a", rows=5), answer("bc")], {(0, 1): ODDS}, {0: 1}),
        ([answer("a", rows=2), answer("b")], {(0, 1): ODDS}, {1: 0}),
        ([answer("a"), answer("b", priority=1)], {(0, 1): ODDS}, {0: 1}),
        ([answer("a"), answer("b")], {(0, 1): ODDS}, {0: 1, 1: 0}),
        ([answer("a"), answer("b"), answer("c")], {(0, 1): SAME, (0, 2): UNKNOWN, (1, 2): ODDS}, {2: 1}),
        ([answer("ab"), answer("c"), answer("d")], {(0, 1): UNKNOWN, (0, 2): UNKNOWN, (1, 2): ODDS}, {1: 2, 2: 1}),
    ],
)
def test_the_majority_stays(
    answers: list[Answer], findings: dict[tuple[int, int], Finding], expected: dict[int, int]
) -> None:
    """Sources count before rows, rows before priority; a tie rejects both; what is not at odds has no part in it."""
    assert losers(answers, findings, "majority") == expected


def test_an_answer_between_two_does_not_join_what_contradicts() -> None:
    """`१७ वे शतक` agrees with 1630 and with 1627; that does not make these agree with each other."""
    findings = {(0, 1): SAME, (0, 2): SAME, (1, 2): ODDS}
    assert losers([answer("a"), answer("b"), answer("c")], findings, "majority") == {2: 1}


def test_keep_all_and_keep_none() -> None:
    """One policy rejects nobody, the other all that are at odds."""
    answers, findings = [answer("ab"), answer("c")], {(0, 1): ODDS}
    assert losers(answers, findings, "keep_all") == {}
    assert losers(answers, findings, "keep_none") == {0: 1, 1: 0}
    assert losers(answers, findings, "prefer_source") == {0: 1, 1: 0}
