"""A user's own suite."""

import json
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, UsageError
from datakit.gate.engine import known_types
from datakit.gate.own import load_own
from datakit.recipe import GateOptions
from tests.gate.conftest import Changed

SHORT = {"type": "expect_column_value_lengths_to_be_between", "kwargs": {"column": "answer", "max_value": 40}}


def suite(folder: Path, *entries: Any, **more: Any) -> Path:
    path = folder / "own.json"
    path.write_text(json.dumps({"name": "आमचे नियम", "expectations": list(entries), **more}), encoding="utf-8")
    return path


def test_its_expectations_are_checked_with_the_others(changed: Changed, tmp_path: Path) -> None:
    """A rule of the user's own stops the release under the suite's name and number, on the user's own columns."""
    path = suite(tmp_path, {**SHORT, "meta": {"notes": "answers fit on a card"}})
    (failed,) = changed.check(GateOptions(suite=path)).failures
    assert (failed.id, failed.origin, failed.says) == ("आमचे नियम:1", "आमचे नियम", "answers fit on a card")
    assert len(failed.rows) == 5
    assert all(row.file and row.locator for row in failed.rows)


def test_an_expectation_of_ours_may_stand_in_it_too(changed: Changed, tmp_path: Path) -> None:
    """The same expectation twice, or one that the recipe makes as well, is checked each time."""
    same = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "licence"}}
    found = changed.check(GateOptions(suite=suite(tmp_path, same, same)))
    assert {"licence_stated", "आमचे नियम:1", "आमचे नियम:2"} <= {one.id for one in found.checked}


def test_severity_decides_whether_it_stops(changed: Changed, tmp_path: Path) -> None:
    """A warning, or an info, is said and stops nothing."""
    path = suite(tmp_path, {**SHORT, "severity": "warning"}, {**SHORT, "severity": "info"})
    found = changed.check(GateOptions(suite=path))
    assert found.failures == ()
    assert [one.id for one in found.warnings] == ["आमचे नियम:1", "आमचे नियम:2"]
    assert "value lengths to be between (column answer, max_value 40)" in found.warnings[0].says


def test_the_form_of_earlier_years_is_read(tmp_path: Path) -> None:
    """`expectation_suite_name` and `expectation_type`, as written before version 1, mean the same."""
    path = tmp_path / "old.json"
    entry = {"expectation_type": SHORT["type"], "kwargs": SHORT["kwargs"]}
    path.write_text(json.dumps({"expectation_suite_name": "old", "expectations": [entry]}), encoding="utf-8")
    (one,) = load_own(path, known_types())
    assert (one.id, one.type) == ("old:1", SHORT["type"])


def test_a_suite_that_the_gate_wrote_can_be_given_again(changed: Changed, tmp_path: Path) -> None:
    """Great Expectations' own form of a suite, ids and nulls included, is accepted."""
    from datakit.gate import SUITE, check_release

    check_release(changed.folder, changed.manifest, write_to=tmp_path)
    found = changed.check(GateOptions(suite=tmp_path / SUITE))
    assert found.failures == ()
    assert sum(one.origin == "marathi-history" for one in found.checked) == len(found.checked) / 2


def test_every_entry_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    """All problems at once, each with its number and the nearest name."""
    path = suite(
        tmp_path,
        {"type": "expect_column_values_to_be_nul"},
        7,
        {**SHORT, "severity": "fatal"},
        {**SHORT, "kwargs": [1]},
    )
    with pytest.raises(UsageError) as caught:
        load_own(path, known_types())
    text = str(caught.value)
    assert "4 of 4 expectations make no sense" in text
    assert (
        "आमचे नियम:1: no expectation 'expect_column_values_to_be_nul' (did you mean 'expect_column_values_to_be_null'"
        in text
    )
    assert "आमचे नियम:2: found 7, expected an object" in text
    assert "`severity` is 'fatal', expected critical, warning or info" in text
    assert "`kwargs` is [1], expected an object" in text


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (None, InputError, r"own\.json: cannot be read \(No such file"),
        ("{", InputError, r"own\.json: not JSON \(.*line 1"),
        ("[]", UsageError, r"own\.json: found no list `expectations`"),
        ('{"expectations": []}', UsageError, r"found no list `expectations`, expected"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(
    tmp_path: Path, body: str | None, error: type[Exception], message: str
) -> None:
    """A missing file, broken JSON and JSON of another kind each say what was expected."""
    path = tmp_path / "own.json"
    if body is not None:
        path.write_text(body, encoding="utf-8")
    with pytest.raises(error, match=message):
        load_own(path, None)


def test_arguments_that_are_refused_are_named(changed: Changed, tmp_path: Path) -> None:
    """An expectation with an argument that does not exist is named with its number, before anything is checked."""
    odd = {"type": "expect_column_values_to_not_be_null", "kwargs": {"kolumn": "answer"}}
    with pytest.raises(UsageError, match=r"expectation आमचे नियम:1 \(expect_column_values_to_not_be_null\): .*refused"):
        changed.check(GateOptions(suite=suite(tmp_path, odd)))


def test_a_column_that_is_not_there_fails_with_its_name(changed: Changed, tmp_path: Path) -> None:
    """An expectation about an unknown column is not met, and says why without a traceback."""
    odd = {"type": "expect_column_median_to_be_between", "kwargs": {"column": "pages", "min_value": 1}}
    (failed,) = changed.check(GateOptions(suite=suite(tmp_path, odd))).failures
    assert failed.found == 'could not be checked: Error: The column "pages" in BatchData does not exist.'
