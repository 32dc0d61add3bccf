"""A result of Great Expectations in plain words."""

from typing import Any

import pytest

from datakit.gate.expectation import Expectation, where
from datakit.gate.outcome import outcome


def result(success: bool, inside: dict[str, Any], *, message: str | None = None, **config: Any) -> dict[str, Any]:
    """One entry of a result."""
    made = Expectation(id="x", says="s", type="t", **config)
    return {
        "success": success,
        "expectation_config": made.config(),
        "result": inside,
        "exception_info": {"raised_exception": message is not None, "exception_message": message},
    }


def read(*results: dict[str, Any]) -> Any:
    """The outcome of these entries."""
    return outcome({"results": list(results), "meta": {"great_expectations_version": "1.24.1"}})


@pytest.mark.parametrize(
    ("inside", "message", "words"),
    [
        ({"unexpected_count": 1200, "element_count": 20000}, None, "1,200 of 20,000 rows"),
        ({"observed_value": 1234}, None, "found 1,234"),
        ({"observed_value": 29.5}, None, "found 29.5"),
        (
            {"details": {"mismatched": {"missing": ["lang"], "unexpected": ["a", "b"]}}},
            None,
            "missing lang; unexpected a, b",
        ),
        ({}, "no such column", "could not be checked: no such column"),
    ],
)
def test_what_was_found_is_told_in_words(inside: dict[str, Any], message: str | None, words: str) -> None:
    """Counts of rows, observed values, columns that differ, and why something could not be checked."""
    assert read(result(False, inside, message=message)).checked[0].found == words


def test_what_is_met_has_nothing_to_tell() -> None:
    """No words and no rows where all is well."""
    (one,) = read(result(True, {"unexpected_count": 0, "element_count": 9})).checked
    assert (one.met, one.found, one.rows) == (True, "", ())


def test_failures_stand_before_warnings_before_what_is_met() -> None:
    """Readers see what stops a release first; only critical ones stop it."""
    found = read(
        result(True, {}),
        result(False, {"observed_value": 1}, severity="warning"),
        result(False, {"observed_value": 2}),
    )
    assert [(one.met, one.severity) for one in found.checked] == [
        (False, "critical"),
        (False, "warning"),
        (True, "critical"),
    ]
    assert [one.found for one in found.failures] == ["found 2"]
    assert [one.found for one in found.warnings] == ["found 1"]


def test_rows_without_a_place_are_rows_all_the_same() -> None:
    """A table that lost its columns of place still names what it has."""
    inside = {"unexpected_count": 1, "element_count": 1, "partial_unexpected_index_list": [{"id": "abc"}]}
    (row,) = read(result(False, inside)).checked[0].rows
    assert (row.id, row.file, row.locator) == ("abc", "", "")


def test_a_condition_is_data() -> None:
    """The value of a condition is not written into an expression."""
    assert where("source_id", "a' or 1==1")["parameter"] == "a' or 1==1"
