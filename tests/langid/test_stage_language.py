"""The language stage beyond its golden cases: options, details, labels, and rows it must leave alone."""

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datakit.errors import UsageError
from datakit.record import frame
from datakit.stages import language
from datakit.stages.language import WORD, Language

MARATHI = {"question": "तोरणा किल्ला कोणी जिंकला?", "answer": "शिवाजी महाराजांनी तोरणा किल्ला जिंकला."}
HINDI = {"question": "तोरणा का किला किसने जीता था?", "answer": "शिवाजी महाराज ने तोरणा का किला जीता था।"}


def test_the_detail_names_the_label_and_the_confidence() -> None:
    """Whoever reads the rejects sees what the row was taken for and how surely."""
    row = Language().apply(frame([HINDI])).row(0, named=True)
    assert row["reject_reason"] == "not_marathi"
    assert row["reject_detail"].startswith("question and answer: hin, confidence ")
    assert float(row["reject_detail"].rpartition(" ")[2]) >= Language().min_confidence


def test_rows_stay_in_place_and_columns_stay_the_same() -> None:
    """The stage returns the rows it got, in their order, with `lang` filled for every one of them."""
    batch = frame([MARATHI, HINDI, MARATHI])
    out = Language().apply(batch)
    assert out.columns == batch.columns
    assert out["question"].to_list() == batch["question"].to_list()
    assert out["lang"].to_list() == ["mar", "hin", "mar"]
    assert out["reject_reason"].to_list() == [None, "not_marathi", None]


def test_a_row_rejected_before_keeps_its_reason() -> None:
    """The first reason wins: a Hindi row that another stage rejected is labelled and otherwise left alone."""
    out = Language().apply(frame([HINDI | {"reject_stage": "length", "reject_reason": "answer_too_long"}]))
    assert out["reject_reason"].to_list() == ["answer_too_long"]
    assert out["lang"].to_list() == ["hin"]


def test_a_missing_text_is_no_fault_here() -> None:
    """A null question or answer is judged by what is there, and by nothing it is `und`."""
    out = Language().apply(frame([MARATHI | {"answer": None}, {"question": None, "answer": None}]))
    assert out["lang"].to_list() == ["mar", "und"]
    assert out["reject_reason"].null_count() == 2


def test_no_rows_give_no_rows() -> None:
    """An empty batch passes."""
    assert Language().apply(frame([])).height == 0


def test_a_doubt_is_no_fault() -> None:
    """A foreign label below each of the thresholds does not reject a row in Devanagari."""
    names = ("min_confidence", "min_question_confidence", "min_marked_confidence")
    strict, doubting = (
        Language(**dict.fromkeys(names, least)).apply(frame([HINDI]))["reject_reason"].to_list()
        for least in (0.0, 1.01)
    )
    assert (strict, doubting) == (["not_marathi"], [None])


def test_a_short_foreign_answer_is_a_term() -> None:
    """An answer below `min_answer_words` is not judged by itself; above it a foreign one is rejected."""
    row = MARATHI | {"answer": "यह किला शिवाजी महाराज ने जीता था और वहाँ बहुत धन मिला।"}
    assert Language(min_answer_words=30).apply(frame([row]))["reject_reason"].to_list() == [None]
    out = Language().apply(frame([row])).row(0, named=True)
    assert out["reject_reason"] == "answer_language_differs"
    assert out["reject_detail"].startswith("the answer: hin, confidence ")


def test_the_verdict_does_not_depend_on_the_batch() -> None:
    """A row is judged alike alone and among 200 others."""
    rows = [MARATHI, HINDI] * 100
    whole = Language().apply(frame(rows))
    parts = pl.concat([Language().apply(frame([row])) for row in rows[:2]] * 100)
    assert whole.equals(parts)


@pytest.mark.parametrize("engine", ["pycld2", "py3langid", "langdetect", "langdetect-rs"])
def test_other_engines_may_be_asked(engine: str) -> None:
    """The stage works with every engine; a clear Hindi row is rejected by each."""
    pytest.importorskip(engine.replace("-", "_"))
    assert Language(engine=engine).apply(frame([MARATHI, HINDI]))["lang"].to_list() == ["mar", "hin"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"engine": "cld9"},
            "language: engine is 'cld9'; there are: aurora, pycld2, py3langid, langdetect, langdetect-rs",
        ),
        ({"romanised": "maybe"}, "language: romanised is 'maybe'; expected one of: reject, keep"),
    ],
)
def test_an_option_that_names_nothing_is_refused(options: dict[str, str], message: str) -> None:
    """A recipe that asks for what is not there hears it before any row is read."""
    with pytest.raises(UsageError, match=message):
        Language(**options)  # type: ignore[arg-type]


@given(st.lists(st.text(st.sampled_from("गड ाि्‍, a1\n"), max_size=24), max_size=8), st.integers(0, 9), st.integers(1, 6))
@example(["गडावर", "गड गड गड", ""], 2, 3)
def test_words_are_counted_in_the_whole_answer(answers: list[str], few: int, least: int) -> None:
    """Wherever an answer's beginning ends, in a word or between two, it has as many words as it has, and no more."""
    texts = pl.Series("answer", answers, dtype=pl.String)
    with patch.object(language, "_FEW_CHARS", few):
        found = Language(min_answer_words=least)._has_grammar(texts)
    assert found.to_list() == (texts.str.count_matches(WORD) >= least).to_list()
