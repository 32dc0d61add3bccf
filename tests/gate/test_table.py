"""The table that is checked: measures taken anew, columns and types as they lie on disk."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.decisions import Decision
from datakit.gate.table import COLUMNS, MEASURES, release_table, to_pandas
from tests.report.made import kept, raw_digest, release

LETTERS = st.text(alphabet="कखगमराठी abcXYZ१२३12.?!‌‍", max_size=40)


def table(folder: Path, rows: list[dict[str, Any]], **more: Any) -> pl.DataFrame:
    """The table of a release made by hand."""
    made = release(folder, rows, **more)
    return release_table(made.folder, made.manifest)


def test_lengths_are_code_points_without_spaces_at_the_ends(tmp_path: Path) -> None:
    """A question counts without the spaces around it, an answer with them; a vowel sign is a character of its own."""
    found = table(tmp_path, [kept("  मराठी  ", " उत्तर ")])
    assert found.row(0, named=True)["question_chars"] == 5
    assert found.row(0, named=True)["answer_chars"] == 7


@pytest.mark.parametrize(
    ("question", "answer", "percent"),
    [
        ("मराठी", "उत्तर", 100.0),
        ("abcd", "efgh", 0.0),
        ("कख", "ab", 50.0),
        ("१६७४?", "१२", None),  # digits are no letters
        ("क १२३", "2024 !", 100.0),
    ],
)
def test_the_share_of_devanagari_is_of_letters_and_signs(
    tmp_path: Path, question: str, answer: str, percent: float | None
) -> None:
    """Question and answer together; digits and punctuation do not count, a row without letters has no share."""
    assert table(tmp_path, [kept(question, answer)])["devanagari_percent"].to_list() == [percent]


@given(texts=st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=6))
def test_a_share_is_a_share(tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]) -> None:
    """Whatever the texts, it lies between 0 and 100, and lengths are those of Python."""
    rows = [kept(question, answer) for question, answer in texts]
    found = table(tmp_path_factory.mktemp("share"), rows)
    assert all(share is None or 0 <= share <= 100 for share in found["devanagari_percent"])
    assert found["answer_chars"].to_list() == [len(answer) for _, answer in texts]


def test_splits_of_a_group_are_counted_over_all_splits(tmp_path: Path) -> None:
    """A group with rows in two splits has 2 on each of its rows; the others have 1."""
    rows = [
        kept("क?", split="train", split_group="g"),
        kept("ख?", split="test", split_group="g"),
        kept("ग?", split="train", split_group="h"),
    ]
    found = dict(table(tmp_path, rows).select("question", "splits_of_group").iter_rows())
    assert found == {"क?": 2, "ख?": 2, "ग?": 1}


def test_every_column_of_a_release_is_there_and_every_measure(tmp_path: Path) -> None:
    """The names that the suite expects are the ones that the pipeline writes, and nested columns come as JSON."""
    found = table(tmp_path, [kept("क?", flags=["wrong_letters"])])
    assert set(found.columns) == {*COLUMNS, *MEASURES}
    row = found.row(0, named=True)
    assert row["flags"] == '["wrong_letters"]'
    assert row["messages"] == '[{"role":"user","content":"क?"},{"role":"assistant","content":"उत्तर"}]'
    assert (row["last_role"], row["last_content"]) == ("assistant", "उत्तर")
    assert table(tmp_path / "bare", [kept("क?", messages=None)]).row(0, named=True)["messages"] is None


def test_a_row_that_a_person_let_in_has_no_measures(tmp_path: Path) -> None:
    """Lengths and share are null on a row for which a stage was overruled, and on the rows decided with it."""
    rows = [kept("का?"), kept("कधी?"), kept("कोण?")]
    digests = [raw_digest(number, row) for number, row in enumerate(rows)]
    said = Decision(action="accept", row=digests[0], also=(digests[2],), overrules=("length.question_too_short",))
    found = table(tmp_path, rows, decisions=[said.identity()])
    measured = dict(found.select("question", "question_chars").iter_rows())
    assert measured == {"का?": None, "कधी?": 4, "कोण?": None}


def test_pandas_gets_text_as_text_and_null_as_null(tmp_path: Path) -> None:
    """Text stays Python text, a missing one stays None, a missing number becomes NaN."""
    frame = to_pandas(table(tmp_path, [kept("१?", "२", licence=None)]))
    assert frame["question"].tolist() == ["१?"]
    assert frame["licence"].tolist() == [None]
    assert frame["devanagari_percent"].isna().tolist() == [True]
    assert str(frame["question"].dtype) == "object"
