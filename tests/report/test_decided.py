"""What people decided, with the rows as they stand."""

from pathlib import Path

from datakit.report.decided import SHOWN, decisions
from datakit.report.release import Release
from tests.report.made import kept, raw_digest, rejected, release

ROWS = [
    kept("रायगड कोठे आहे?", "महाड"),
    rejected("का?", "asks_nothing", "quality", answer="कारण"),
    kept("राजगड कोठे आहे?", "वेल्हे"),
]
DIGESTS = [raw_digest(number, row) for number, row in enumerate(ROWS)]


def made(folder: Path, **more: object) -> Release:
    said = [
        {"action": "accept", "row": DIGESTS[1], "overrules": ["length.question_too_short"], "note": "बरोबर आहे"},
        {"action": "edit", "row": DIGESTS[0], "question": "रायगड कोठे आहे?", "answer": "महाड"},
        {"action": "reject", "row": "f" * 64},
    ]
    return release(folder, ROWS, decisions=said, **more)  # type: ignore[arg-type]


def test_each_decision_stands_with_its_row(tmp_path: Path) -> None:
    """Kept rows, rejected ones and rows that are gone: action, note, overruled faults, place and text."""
    found = decisions(made(tmp_path))
    assert found is not None
    assert found.counts == {"accept": 1, "reject": 1, "edit": 1}
    accepted, edited, gone = found.shown
    assert (accepted.note, accepted.overrules) == ("बरोबर आहे", ("length.question_too_short",))
    assert accepted.row is not None
    assert accepted.row.question is not None
    assert (accepted.row.question.text, accepted.row.locator) == ("का?", "line 2")
    assert edited.row is not None
    assert (edited.kept, edited.reason) == (True, None)
    assert (gone.row, gone.kept, gone.reason) == (None, False, None)


def test_an_accepted_row_that_another_stage_rejects_says_which(tmp_path: Path) -> None:
    """To overrule one fault is not to overrule all: the row is not kept, and the other fault is named."""
    found = decisions(made(tmp_path))
    assert found is not None
    assert (found.shown[0].kept, found.shown[0].reason) == (False, "asks_nothing")


def test_decisions_that_were_not_applied_are_counted(tmp_path: Path) -> None:
    """Stale and contested ones stand in the manifest's counts; a version with nothing else still has the section."""
    counts = {"decisions": {"stale": [{}, {}], "contested": [{}]}}
    found = decisions(release(tmp_path, ROWS, counts=counts))
    assert found is not None
    assert (found.counts, found.stale, found.contested, found.shown) == ({}, 2, 1, ())


def test_a_version_without_decisions_has_no_section(tmp_path: Path) -> None:
    """Nobody decided anything, as in a version of the days before reviews."""
    assert decisions(release(tmp_path, ROWS)) is None


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    """So many are shown, the rest are counted."""
    rows = [kept(f"प्रश्न {n}?") for n in range(SHOWN + 5)]
    said = [{"action": "reject", "row": raw_digest(number, row)} for number, row in enumerate(rows)]
    found = decisions(release(tmp_path, rows, decisions=said))
    assert found is not None
    assert (len(found.shown), found.counts) == (SHOWN, {"reject": SHOWN + 5})
