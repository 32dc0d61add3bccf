"""The one look at all texts: what is told from it does not depend on how the rows are cut."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from datakit.report import looked as module
from datakit.report.looked import look
from datakit.report.release import Release
from tests.report.made import kept, release

ASKED = "शिवाजी महाराजांचा राज्याभिषेक कोणत्या वर्षी झाला?"
NO_QUESTION = {**kept("क"), "question": None}


def made(folder: Path) -> Release:
    """Return a version of three splits, one question in two of them, one row without a question."""
    rows = [kept(f"{number} रायगड कोठे आहे?", "कोकणात", split=("train", "test")[number % 2]) for number in range(9)]
    rows += [
        kept(ASKED),
        kept(ASKED, "१६७४", split="validation", context="उतारा"),
        kept(ASKED, "सहा जूनला", split="test"),
    ]
    return release(folder, [*rows, kept("…"), NO_QUESTION])


def test_a_row_for_each_kept_row_and_no_texts(tmp_path: Path) -> None:
    """Every kept row is there once, with its split; no column holds a text of it."""
    version = made(tmp_path)
    seen = look(version).seen
    assert sorted(seen["id"]) == sorted(version.kept("id").collect()["id"])
    assert {*seen.columns} == {"id", "split", "split_group", "begin", "key", "kind", "question", "answer", "context"}
    assert [seen.schema[name] for name in ("begin", "question", "answer", "context")] == [pl.UInt64, *[pl.UInt32] * 3]


def test_what_is_seen_of_a_row(tmp_path: Path) -> None:
    """Lengths are characters; a missing question has neither kind nor beginning, one without letters no beginning."""
    version = release(tmp_path, [kept("रायगड कोठे आहे?", "कोकणात"), kept("…", "उ"), NO_QUESTION | {"answer": "उत्तर"}])
    rows = look(version).seen.select("question", "answer", "context", "kind", pl.col("begin").is_null()).rows()
    assert rows == [
        (15, 6, None, "where", False),
        (1, 1, None, "no question word", True),
        (None, 5, None, None, True),
    ]


@pytest.mark.parametrize("most", [1, 2, 5])
def test_rows_are_cut_as_one_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """However few rows are in memory at a time, the same is seen."""
    version = made(tmp_path)
    whole = look(version).seen
    monkeypatch.setattr(module, "_ROWS", most)
    assert_frame_equal(look(version).seen, whole)


def test_equal_questions_have_one_beginning_and_the_later_one_a_key(tmp_path: Path) -> None:
    """The key of a question is told at once where its beginning was seen in a smaller split, and never otherwise."""
    seen = look(made(tmp_path)).seen
    asked = seen.filter(pl.col("kind") == "when").sort("split")
    assert asked["split"].to_list() == ["test", "train", "validation"]
    assert asked["begin"].n_unique() == 2  # that of validation leans on a passage
    assert asked["key"].is_null().to_list() == [True, False, True]
    assert seen.filter(pl.col("kind") != "when")["key"].null_count() == seen.height - 4


def test_wanted_rows_are_found_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of any split are found by their id, with what a reader is shown; an id that no row has is not."""
    version = made(tmp_path)
    monkeypatch.setattr(module, "_ROWS", 2)
    every = {row["id"]: row for row in version.kept("id", "question", "locator").collect().iter_rows(named=True)}
    wanted = sorted(every)[::3]
    found = look(version, [*wanted, "0" * 64]).rows
    assert sorted(found) == wanted
    assert {(row["question"], row["locator"]) for row in found.values()} == {
        (every[one]["question"], every[one]["locator"]) for one in wanted
    }
    assert {*found[wanted[0]]} == {"id", "source_id", "file", "locator", "question", "answer"}


def test_a_version_without_rows(tmp_path: Path) -> None:
    """Nothing is seen of nothing, and nothing fails."""
    assert look(release(tmp_path, [])).seen.height == 0
