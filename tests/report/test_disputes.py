"""Disagreements, side by side."""

from pathlib import Path
from typing import Any

from datakit.report.disputes import disputes
from tests.report.made import kept, rejected, release, row_id


def at_odds(question: str, answer: str, of: str, **more: Any) -> dict[str, Any]:
    """A row set aside because it contradicts the row with the id `of`."""
    identity = row_id(question, answer)
    row = rejected(question, "conflicting_answer", "conflicts", answer=answer, of=of, id=identity)
    return {**row, "reject_detail": "says १६२७, but another says १६३०", **more}


def test_the_kept_answer_comes_first_with_all_that_contradict_it(tmp_path: Path) -> None:
    """One question, three answers: one kept, two set aside, each with its source and what it said."""
    birth = "शिवाजी महाराजांचा जन्म केव्हा झाला?"
    right = row_id(birth, "१६३०")
    rows = [
        at_odds(birth, "१६२७", right, source_id="वही"),
        kept(birth, "१६३०", source_id="ग्रंथ"),
        at_odds(birth, "१६३२", right, source_id="मंच"),
    ]
    result = disputes(release(tmp_path, rows))
    assert result is not None
    assert (result.rejected, result.questions) == (2, 1)
    (dispute,) = result.shown
    assert [side.kept for side in dispute.sides] == [True, False, False]
    assert dispute.sides[0].row.source == "ग्रंथ"
    assert {side.row.source for side in dispute.sides[1:]} == {"वही", "मंच"}
    said = [side.row.answer.text for side in dispute.sides if side.row.answer]
    assert said[0] == "१६३०"
    assert all(side.row.detail for side in dispute.sides[1:])


def test_a_tie_shows_both_sides_set_aside(tmp_path: Path) -> None:
    """Where no answer won, both stand side by side and none is marked as kept."""
    one, two = row_id("क", "१"), row_id("क", "२")
    result = disputes(release(tmp_path, [at_odds("क", "१", two), at_odds("क", "२", one), kept("ख")]))
    assert result is not None
    (dispute,) = result.shown
    assert [side.kept for side in dispute.sides] == [False, False]


def test_larger_disagreements_come_first(tmp_path: Path) -> None:
    """The question with most rows at odds stands on top."""
    rows = [kept("क", "१"), at_odds("क", "२", row_id("क", "१"))]
    rows += [kept("ख", "१"), *(at_odds("ख", answer, row_id("ख", "१")) for answer in "२३")]
    result = disputes(release(tmp_path, rows))
    assert result is not None
    assert [dispute.size for dispute in result.shown] == [3, 2]


def test_one_answer_in_two_places_is_shown_twice(tmp_path: Path) -> None:
    """Two sources that give the same wrong answer are two rows, each with its place."""
    wrong = [at_odds("क", "२", row_id("क", "१"), source_id=name) for name in ("वही", "मंच")]
    result = disputes(release(tmp_path, [kept("क", "१"), *wrong]))
    assert result is not None
    assert [side.row.source for side in result.shown[0].sides] == ["पहिला", "वही", "मंच"]


def test_no_disagreement_no_section(tmp_path: Path) -> None:
    """Without conflicting rows there is nothing to show."""
    assert disputes(release(tmp_path, [kept("क"), rejected("ख", "empty_answer")])) is None
