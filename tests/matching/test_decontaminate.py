"""Decontamination: overlap with an evaluation set is found in three ways, and only then."""

import json
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import InputError
from datakit.matching.evaluation_sets import load
from datakit.matching.overlap import overlaps
from datakit.record import frame
from datakit.stages.decontaminate import Decontaminate

BORN = "शिवाजी महाराजांचा जन्म कोणत्या किल्ल्यावर झाला?"
BATTLE = "पानिपतची तिसरी लढाई १४ जानेवारी १७६१ रोजी मराठे आणि अहमदशाह अब्दाली यांच्यात झाली."


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    """An evaluation set of two rows."""
    path = tmp_path / "mr_eval.jsonl"
    rows = [{"question": BORN, "answer": "शिवनेरी"}, {"question": "पानिपतबद्दल लिहा.", "answer": BATTLE}]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def detail(path: Path, question: str | None, answer: str | None) -> str | None:
    """Return what the stage says of one row."""
    stage = Decontaminate(against=(path,))
    row = stage.apply(frame([{"question": question, "answer": answer}])).row(0, named=True)
    assert row["reject_reason"] == ("in_evaluation_set" if row["reject_detail"] else None)
    assert row["reject_stage"] == ("decontaminate" if row["reject_detail"] else None)
    found: str | None = row["reject_detail"]
    return found


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (BORN.rstrip("?"), "माहीत नाही", "same question as row 1 of mr_eval.jsonl"),
        (BORN.replace("महाराजांचा", "महराजांचा"), "शिवनेरी", "nearly the same question as row 1 of mr_eval.jsonl"),
        ("लढाई कधी झाली?", f"उत्तर: {BATTLE}", "shares eight words in a row with row 2 of mr_eval.jsonl"),
        (f"खरे की खोटे: {BATTLE}", "खरे", "shares eight words in a row with row 2 of mr_eval.jsonl"),
    ],
)
def test_each_way_of_overlapping(evaluation: Path, question: str, answer: str, expected: str) -> None:
    """The detail says how, which row, and of which set."""
    assert detail(evaluation, question, answer) == expected


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (BORN.replace("शिवाजी", "संभाजी"), "पुरंदर"),
        (BORN.replace("जन्म", "मृत्यू"), "रायगड"),
        ("जुन्नरजवळचा प्रसिद्ध किल्ला कोणता?", "शिवनेरी"),
        ("पानिपतची तिसरी लढाई कधी झाली?", "१४ जानेवारी १७६१ रोजी"),
        (None, None),
        ("", ""),
        ("???", "शिवनेरी"),
    ],
)
def test_look_alikes_stay(evaluation: Path, question: str | None, answer: str | None) -> None:
    """Another person, another fact, the same short answer, seven words: no overlap."""
    assert detail(evaluation, question, answer) is None


def test_a_question_without_words_of_its_own_needs_the_answer_too(tmp_path: Path) -> None:
    """`अर्थ सांगा.` is asked everywhere; with the same answer it was copied."""
    path = tmp_path / "set.csv"
    pl.DataFrame({"प्रश्न": ["अर्थ सांगा."], "उत्तर": ["दऱ्या म्हणजे डोंगरांमधील खोलगट भाग"]}).write_csv(path)
    assert detail(path, "अर्थ सांगा", "काहीतरी वेगळे") is None
    assert detail(path, "अर्थ सांगा", "दऱ्या म्हणजे डोंगरांमधील खोलगट भाग.") == "same question as row 1 of set.csv"


def test_phrases_of_the_trade_do_not_count() -> None:
    """Eight words that stand in four rows of the set are a form, in three they are a quotation."""
    form = "असल्यास याबाबत शासनाने कोणती कार्यवाही केली आहे किंवा करण्यात येत आहे"
    train = pl.DataFrame({"question": [f"रस्ता खराब आहे काय, {form}"], "answer": ["नाही"]})
    names = ["शाळा", "नदी", "धरण", "वीज"]
    test = pl.DataFrame({"question": [f"{name} कशी आहे, {form}" for name in names], "answer": ["होय"] * 4})
    assert overlaps(train, test).is_empty()
    assert overlaps(train, test[:3]).rows() == [(0, 0, "words")]


def test_overlaps_of_two_frames() -> None:
    """Rows of train that hold something of test, each once, with the first row it holds; order plays no part."""
    train = pl.DataFrame({"question": [BORN, "रायगड कोठे आहे?", BORN], "answer": ["शिवनेरी", "महाड", "पुणे"]})
    test = pl.DataFrame({"question": ["रायगड कोठे आहे", BORN], "answer": ["कोकण", "शिवनेरी"]})
    found = overlaps(train, test)
    assert found.rows() == [(0, 1, "question"), (1, 0, "question"), (2, 1, "question")]
    turned = overlaps(train.reverse(), test)
    assert {(2 - row, reference) for row, reference, _ in turned.rows()} == {(0, 1), (1, 0), (2, 1)}
    assert overlaps(train[:0], test).is_empty()
    assert overlaps(train, test[:0]).is_empty()


def test_nothing_to_hold_against_changes_nothing() -> None:
    """Without sets, and without rows, the batch comes back as it is."""
    rows = frame([{"question": BORN, "answer": "शिवनेरी"}])
    assert Decontaminate().apply(rows).equals(rows)
    assert Decontaminate(against=(Path("missing.jsonl"),)).apply(rows[:0]).height == 0


def test_an_earlier_rejection_stays(evaluation: Path) -> None:
    """Rows that another stage rejected keep that verdict."""
    rows = frame([{"question": BORN, "answer": "?", "reject_stage": "x", "reject_reason": "y", "reject_detail": "z"}])
    assert Decontaminate(against=(evaluation,)).apply(rows).equals(rows)


def test_the_first_set_in_the_list_is_named(evaluation: Path, tmp_path: Path) -> None:
    """Two sets hold the question; the detail names the one that the recipe names first."""
    other = tmp_path / "other.parquet"
    load(evaluation).write_parquet(other)
    stage = Decontaminate(against=(other, evaluation))
    assert stage.apply(frame([{"question": BORN, "answer": "?"}]))["reject_detail"][0].endswith(
        "row 1 of other.parquet"
    )


def test_a_set_that_changed_is_read_anew(evaluation: Path) -> None:
    """The index of a set is kept for its content, not for its name."""
    stage = Decontaminate(against=(evaluation,))
    asked = frame([{"question": "रायगड कोठे आहे?", "answer": "महाडजवळ"}])
    assert stage.apply(asked)["reject_reason"].to_list() == [None]
    evaluation.write_text('{"question": "रायगड कोठे आहे?", "answer": "महाडजवळ"}\n', "utf-8")
    assert stage.apply(asked)["reject_reason"].to_list() == ["in_evaluation_set"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.jsonl", None, "No such file"),
        ("set.xlsx", b"x", "found .xlsx, expected .csv, .json, .jsonl, .parquet"),
        ("set.jsonl", b'{"text": "a"}\n', "found the columns text, expected one of question"),
        ("set.parquet", b"not parquet", "set.parquet"),
    ],
)
def test_sets_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """The message names the file, the fault and the place in the recipe."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        load(path)
    assert "[decontaminate] against" in str(raised.value)


def test_answers_may_be_lists_or_missing(tmp_path: Path) -> None:
    """Lists of answers are joined; a set of questions alone is a set."""
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "क?", "answer": ["अ", "ब"]}\n', "utf-8")
    assert load(path).rows() == [("क?", "अ ब")]
    path.write_text('{"prompt": "क?"}\n', "utf-8")
    assert load(path).rows() == [("क?", None)]
