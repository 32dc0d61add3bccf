"""What normalization repairs and, as important, what it leaves alone."""

import json
from collections import Counter
from pathlib import Path

import pytest

from datakit.devanagari import Policy, explain, normalize
from datakit.devanagari.rules import rule_set
from tests.devanagari.cases import KEPT, MENDED, every_rule


@pytest.mark.parametrize(("text", "why"), KEPT, ids=[why for _, why in KEPT])
def test_correct_text_stays(text: str, why: str) -> None:
    """Correct Marathi, and text that only looks damaged, comes out code point for code point as it went in."""
    assert normalize(text) == text, why


@pytest.mark.parametrize(("before", "after", "why"), MENDED, ids=[why for *_, why in MENDED])
def test_damaged_text_is_mended(before: str, after: str, why: str) -> None:
    """Each kind of damage is repaired to the spelling that its authority names."""
    assert normalize(before) == after, why


def test_the_cases_touch_every_rule() -> None:
    """No rule of the default policy is without a case: a rule that never fires is a defect or a lie."""
    fired = {change.rule for before, *_ in MENDED for change in explain(before)}
    assert {rule.id for rule in every_rule(rule_set(Policy()))} - fired == set()


def test_case_files_are_what_they_say() -> None:
    """A kept case repeats no other, and a mended case that stays as it is would be a kept case."""
    assert [text for text, count in Counter(text for text, _ in KEPT).items() if count > 1] == []
    assert [before for before, after, why in MENDED if before == after and "no damage" not in why] == []


def test_public_golden_set(shared_data: Path) -> None:
    """All 274 public golden cases come out exactly, and again when normalized twice."""
    lines = (shared_data / "golden_mr_public.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    cases = [(row[0], json.loads(f'"{row[3]}"'), json.loads(f'"{row[4]}"')) for row in rows]
    assert len(cases) == 274
    assert [name for name, before, after in cases if normalize(before) != after] == []
    assert [name for name, _, after in cases if normalize(after) != after] == []


@pytest.mark.parametrize(
    ("left", "right"),
    [("दऱ्या", "दर्या"), ("टिळक", "टिलक"), ("ॲड", "एड"), ("१०:३०", "१०ः३०"), ("सुऱ्या", "सूर्या")],
)
def test_different_words_stay_different(left: str, right: str) -> None:
    """Normalization never makes one word of two that differ in meaning."""
    assert normalize(left) != normalize(right)


def test_three_spellings_of_the_eyelash_meet() -> None:
    """ZWJ, nukta, hyphen and bare ऱ give the one canonical U+0931 U+094D."""
    spellings = ["शेतकर्\u200dयांचा", "शेतकर\u093c्यांचा", "शेतक-यांचा", "शेतकऱयांचा", "शेतकऱ्यांचा"]
    assert {normalize(text) for text in spellings} == {"शेतकऱ्यांचा"}


@pytest.mark.parametrize("ending", ["वर", "वरचा", "वरची", "वरचे", "वरच्या", "वरच्यांना", "वरील", "वरून"])
def test_a_postposition_with_an_ending_of_its_own_shows_the_eyelash(ending: str) -> None:
    """What stands on a face is चेहऱ्यावरचा; वर takes the endings of an adjective."""
    assert normalize(f"चेह-या{ending}") == f"चेहऱ्या{ending}"
