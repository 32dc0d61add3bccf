"""Short questions made mostly of names, which show little of their language and must be told by their grammar.

`data/short_questions.tsv` (label, half, question, answer) was written for this test; none of it was trained on. The
half `tuning` was read while grammar.tsv and the stage's thresholds were set, the half `held_out` was not.
"""

from pathlib import Path

import polars as pl
import pytest

from datakit.langid.grammar import table
from datakit.record import frame
from datakit.stages.language import Language

NEIGHBOURS = ("hin", "gom", "npi", "san")


@pytest.fixture(scope="module")
def judged() -> pl.DataFrame:
    """The questions and answers as the stage leaves them, with `asked_in` and `half` beside them."""
    path = Path(__file__).parent / "data/short_questions.tsv"
    rows = pl.read_csv(
        path,
        separator="\t",
        has_header=False,
        quote_char=None,
        new_columns=["asked_in", "half", "question", "answer"],
    )
    out = Language().apply(frame(rows.select("question", "answer").iter_rows(named=True)))
    return out.with_columns(rows["asked_in"], rows["half"])


def rejected(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rejected rows, in a form that a failing test shows."""
    return rows.filter(pl.col("reject_reason").is_not_null()).select("question", "answer", "reject_detail")


def test_the_set_is_large_enough_to_measure(judged: pl.DataFrame) -> None:
    """150 Marathi questions, 100 Hindi, 50 of the others, all different, and half or more held out."""
    counts = dict(judged["asked_in"].value_counts().iter_rows())
    assert counts["mar"] >= 150
    assert counts["hin"] >= 100
    assert sum(counts[label] for label in ("gom", "npi", "san")) >= 50
    assert judged["question"].n_unique() == judged.height
    held_out = judged.group_by("asked_in").agg((pl.col("half") == "held_out").mean())
    assert held_out["half"].min() >= 0.5
    assert judged["question"].str.split(" ").list.len().max() <= 7


@pytest.mark.parametrize("half", ["tuning", "held_out"])
def test_marathi_questions_of_names_are_kept(judged: pl.DataFrame, half: str) -> None:
    """At least .98 of the Marathi questions are kept, whatever names they and their answers are made of."""
    rows = judged.filter((pl.col("asked_in") == "mar") & (pl.col("half") == half))
    lost = rejected(rows)
    assert lost.height <= 0.02 * rows.height, lost.rows()


@pytest.mark.parametrize("half", ["tuning", "held_out"])
def test_questions_in_other_languages_are_rejected(judged: pl.DataFrame, half: str) -> None:
    """At least .9 of the Hindi, Konkani, Nepali and Sanskrit questions are rejected, as `not_marathi`."""
    rows = judged.filter(pl.col("asked_in").is_in(NEIGHBOURS) & (pl.col("half") == half))
    out = rows.filter(pl.col("reject_reason").is_not_null())
    assert set(out["reject_reason"]) == {"not_marathi"}
    kept = rows.filter(pl.col("reject_reason").is_null()).select("question", "answer")
    assert out.height >= 0.9 * rows.height, kept.rows()


def test_an_answer_of_names_does_not_condemn_its_question() -> None:
    """The same Marathi question is kept with any name of the grammar table as its answer."""
    names = table()["all"]["name"]
    question = "कुतुबशाहीचा संस्थापक कोण?"
    pairs = [{"question": question, "answer": f"{first} {last}"} for first, last in zip(names, names[7:], strict=False)]
    assert rejected(Language().apply(frame(pairs))).is_empty()


def test_a_doubt_about_the_question_is_no_fault() -> None:
    """A foreign question below both thresholds stays with a short answer, but not with a long foreign one."""
    short = {"question": "तोरणा का किला किसने जीता था?", "answer": "शिवाजी"}
    long = short | {"answer": "यह किला शिवाजी महाराज ने जीता था और वहाँ बहुत धन मिला।"}
    found = [
        Language(min_question_confidence=least, min_marked_confidence=least)
        .apply(frame([short, long]))["reject_reason"]
        .to_list()
        for least in (0.5, 1.01)
    ]
    assert found == [["not_marathi", "not_marathi"], [None, "not_marathi"]]
