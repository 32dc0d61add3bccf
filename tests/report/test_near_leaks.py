"""Nearly equal questions on both sides of a split."""

from pathlib import Path

import pytest

from datakit.report import near_leaks as module
from datakit.report.facts import gather
from datakit.report.leaks import leakage
from datakit.report.looked import look
from datakit.report.near_leaks import MAX_CHARS, near_leaks
from tests.report.made import kept, release

TRAIN = "शिवाजी महाराजांचा राज्याभिषेक रायगडावर कोणत्या वर्षी झाला?"
SLIP = "शिवाजी महाराजांचा राज्याभिशेक रायगडावर कोणत्या वर्षी झाला?"


def test_a_slip_does_not_hide_a_question(tmp_path: Path) -> None:
    """A question with a misspelt word in train and the right one in test is counted, with both rows to look at."""
    made = release(tmp_path, [kept(SLIP), kept(TRAIN, split="test"), kept("सिंहगड कोणी जिंकला?")])
    found = near_leaks(made, 0)
    assert found is not None
    count, ((train, held),) = found
    assert count == 1
    assert train.question is not None
    assert held.question is not None
    assert (train.question.text, held.question.text) == (SLIP, TRAIN)


@pytest.mark.parametrize(
    "other",
    [
        TRAIN.replace("रायगडावर", "राजगडावर"),
        TRAIN.replace("शिवाजी", "संभाजी"),
        TRAIN.replace("कोणत्या वर्षी", "कोणाच्या हस्ते"),
        "पेशव्यांची राजधानी कोणती होती?",
    ],
)
def test_another_name_or_question_word_is_no_leak(tmp_path: Path, other: str) -> None:
    """Names and question words keep questions apart however alike the rest is."""
    assert near_leaks(release(tmp_path, [kept(other), kept(TRAIN, split="test")]), 0) == (0, ())


def test_equal_questions_are_not_counted_twice(tmp_path: Path) -> None:
    """The same question in two splits is a leak of the other kind; so is none of it within one split."""
    made = release(tmp_path, [kept(TRAIN), kept(TRAIN, "१६७४", split="test"), kept(SLIP, split="test")])
    assert leakage(made, look(made).seen).found == 1
    found = near_leaks(made, 0)
    assert found is not None
    assert found[0] <= 1


def test_questions_on_passages_are_left_out(tmp_path: Path) -> None:
    """A question that leans on its passage may stand again on another one."""
    made = release(tmp_path, [kept(SLIP, context="उतारा"), kept(TRAIN, split="test", context="दुसरा")])
    assert near_leaks(made, 0) == (0, ())


def test_one_split_has_nothing_to_compare(tmp_path: Path) -> None:
    """Without a held-out row there is nothing to find."""
    assert near_leaks(release(tmp_path, [kept(TRAIN), kept(SLIP)]), 0) == (0, ())


def test_a_large_version_says_that_it_was_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit the report says so, and claims nothing."""
    made = release(tmp_path, [kept(SLIP), kept(TRAIN, split="test")])
    assert near_leaks(made, MAX_CHARS + 1) is None
    monkeypatch.setattr(module, "MAX_CHARS", 10)
    assert gather(made.folder, made.manifest).leakage.near is None


def test_near_leaks_are_a_point_of_the_verdict(tmp_path: Path) -> None:
    """They are worth a look, not a stop: the answer may be another one."""
    made = release(tmp_path, [kept(SLIP), kept(TRAIN, split="test")])
    verdict = gather(made.folder, made.manifest).verdict
    assert verdict.level == "look"
    assert verdict.points[0].text == "1 question of train is nearly equal to one held out."
