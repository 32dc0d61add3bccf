"""Marking, flagging and building frames: what every stage stands on."""

import polars as pl
import pytest

from datakit.record import SCHEMA, complete, empty, frame
from datakit.stage import Fault, MemoryCorpus, flag, mark, options
from datakit.stages.split import Split

A, B = pl.col("question") == "अ", pl.col("question").is_in(["अ", "ब"])


def batch(*questions: str | None) -> pl.DataFrame:
    return frame([{"question": question, "answer": "उ"} for question in questions])


def test_the_first_fault_of_a_list_wins() -> None:
    """A row for which two faults hold gets the first one's reason and detail."""
    out = mark(batch("अ", "ब", "क"), "stage", [Fault("one", A, "पहिले"), Fault("two", B, pl.format("<{}>", "question"))])
    assert out["reject_reason"].to_list() == ["one", "two", None]
    assert out["reject_detail"].to_list() == ["पहिले", "<ब>", None]
    assert out["reject_stage"].to_list() == ["stage", "stage", None]


def test_the_first_reason_of_a_row_stays() -> None:
    """A row that is rejected already keeps its stage, reason and detail, whatever comes later."""
    once = mark(batch("अ", "ब"), "first", [Fault("one", A)])
    twice = mark(once, "second", [Fault("two", B, "नवे")])
    assert twice.select("reject_stage", "reject_reason", "reject_detail").rows() == [
        ("first", "one", None),
        ("second", "two", "नवे"),
    ]


def test_a_condition_that_is_null_rejects_nothing() -> None:
    """Comparing with an absent text says nothing about the row."""
    out = mark(batch(None, "अ"), "stage", [Fault("one", A), Fault("two", pl.col("context") == "x")])
    assert out["reject_reason"].to_list() == [None, "one"]
    assert out.schema == SCHEMA


def test_a_flag_is_added_once_and_beside_others() -> None:
    """Flagging is idempotent and keeps what was there."""
    once = flag(flag(batch("अ", "ब"), "पहिली", A), "दुसरी", B)
    assert once["flags"].to_list() == [["पहिली", "दुसरी"], ["दुसरी"]]
    assert flag(once, "पहिली", A).equals(once)
    assert flag(batch("क"), "पहिली", A)["flags"].to_list() == [None]


def test_a_column_that_no_record_has_is_refused() -> None:
    """A reader that invents a column finds out at once, by name."""
    with pytest.raises(KeyError, match="not columns of a record: prashna"):
        frame([{"prashna": "अ"}])


def test_missing_columns_become_nulls_in_schema_order() -> None:
    """Completing a partial frame gives the schema; no rows have it too."""
    out = complete(pl.DataFrame({"answer": ["उ"], "question": ["प्र"]}))
    assert out.schema == SCHEMA
    assert out.row(0, named=True)["licence"] is None
    assert empty().schema == SCHEMA


def test_a_memory_corpus_shows_live_rows_only() -> None:
    """Rejected rows have no keys, but their text can be fetched; numbers count all rows."""
    rows = mark(batch("अ", "ब", "क"), "stage", [Fault("one", A)])
    corpus = MemoryCorpus(rows, Split())
    assert corpus.keys("split.question")["row"].to_list() == [1, 2]
    assert corpus.fetch(pl.Series([0, 2], dtype=pl.UInt32), "question").rows() == [(0, "अ"), (2, "क")]
    assert corpus.clusters().schema == {"row": pl.UInt32, "cluster": pl.UInt32}


def test_options_are_the_fields_with_their_values() -> None:
    """Defaults are part of what a stage runs with."""
    assert options(Split(seed="x")) == {"train": 90, "validation": 5, "test": 5, "seed": "x"}
