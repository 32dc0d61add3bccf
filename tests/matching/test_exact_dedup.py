"""Exact duplicates: what counts as equal, and which row stays."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.stages.exact_dedup import ExactDedup
from tests.matching.rows import batch, judge, rejected

STAGE = ExactDedup()
BORN = "शिवाजी महाराजांचा जन्म कधी झाला?"


def two(**second: Any) -> pl.DataFrame:
    """Return one row and its copy, with some columns of the copy changed; ids `a` and `b`."""
    first = {"id": "a", "question": BORN, "answer": "१६३०", "source_id": "s"}
    return frame([first, first | {"id": "b"} | second])


@pytest.mark.parametrize(
    ("column", "better", "worse"),
    [
        ("priority", 5, 1),
        ("priority", 1, None),
        ("context", "शिवनेरीवर १६३० साली जन्म झाला.", None),
        ("flags", None, ["mixed_digits"]),
        ("changes", ["nfc"], ["nfc", "eyelash", "zwj"]),
    ],
)
def test_the_better_row_stays_wherever_it_stands(column: str, better: Any, worse: Any) -> None:
    """Priority first, then a context, fewer flags, fewer repairs; the place in the input is nothing."""
    rows = two(**{column: better}).with_columns(
        pl.when(pl.col("id") == "a").then(pl.lit(worse, rows_type(column))).otherwise(column).alias(column)
    )
    assert rejected(STAGE, rows) == {0: 1}
    assert rejected(STAGE, rows.reverse()) == {1: 0}


def rows_type(column: str) -> Any:
    """Return the type of a record's column."""
    from datakit.record import SCHEMA

    return SCHEMA[column]


def test_a_tie_goes_to_the_lower_id() -> None:
    """Nothing else left to choose by, the id decides, in any order."""
    assert rejected(STAGE, two()) == {1: 0}
    assert rejected(STAGE, two().reverse()) == {0: 1}


def test_priority_goes_before_completeness() -> None:
    """A poor row of the better source stays; that is what a priority is for."""
    assert rejected(STAGE, two(priority=-1, context="परिच्छेद")) == {1: 0}


def test_rows_with_different_passages_stay_and_one_without_joins() -> None:
    """Two passages make two rows; a row without passage says nothing that either of them does not."""
    rows = frame(
        {"id": str(n), "question": BORN, "answer": "१६३०", "context": context}
        for n, context in enumerate([None, "पहिला परिच्छेद", "दुसरा परिच्छेद", "पहिला परिच्छेद"])
    )
    assert rejected(STAGE, rows) == {0: 1, 3: 1}


def test_two_sources_of_one_row_keep_one_verdict_each() -> None:
    """Rows of one id from two sources are ranked by where they were read, the same in each order."""
    rows = frame(
        {"id": "a" * 64, "question": BORN, "answer": "१६३०", "source_id": source, "locator": "line 1"}
        for source in "xyz"
    )
    stays = set(range(3)) - set(rejected(STAGE, rows))
    turned = {2 - row for row in set(range(3)) - set(rejected(STAGE, rows.reverse()))}
    assert len(stays) == 1
    assert stays == turned


def test_the_verdict_names_the_row_that_stays() -> None:
    """Rejected row and kept row share a cluster; the detail has id and source, the score is 1."""
    verdicts = judge(STAGE, two(id="b", source_id="ग्रंथ"))
    assert verdicts.sort("row")["cluster"].to_list() == [0, 0]
    gone = verdicts.filter(pl.col("reject_reason").is_not_null()).row(0, named=True)
    assert (gone["reject_detail"], gone["score"]) == ("equals a of s", 1.0)


@pytest.mark.parametrize("rows", [[], [(BORN, "१६३०")], [(None, None)]])
def test_small_corpora_have_no_duplicates(rows: list[tuple[str | None, str | None]]) -> None:
    """Nothing and one row have nothing to be compared with."""
    assert judge(STAGE, batch(rows)).is_empty()


def test_ten_thousand_equal_rows_leave_one() -> None:
    """All equal: one stays, and it does not take a comparison of each with each."""
    rows = batch([(BORN, "१६३०")] * 10_000)
    gone = rejected(STAGE, rows)
    assert len(gone) == 9_999
    assert len(set(gone.values())) == 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([BORN, BORN + "?", "", "??"]), st.sampled_from(["१६३०", "1630", "१६२७", "!"])),
        max_size=8,
    )
)
def test_as_many_rows_stay_as_there_are_keys(pairs: list[tuple[str, str]]) -> None:
    """Rows that stay are one for each distinct key of question and answer; texts of signs are compared as they are."""
    folded = {(q.rstrip("?") or q, a.translate(str.maketrans("०१२३६७", "012367"))) for q, a in pairs}
    assert len(pairs) - len(rejected(STAGE, batch(pairs))) == len(folded)
