"""SQuAD, nested and flat."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]

PASSAGE = "प्रतिष्ठान ही सातवाहनांची राजधानी होती."


def question(text: str, answer: str | None, **more: object) -> dict[str, object]:
    answers = [] if answer is None else [{"text": answer, "answer_start": PASSAGE.index(answer)}]
    return {"id": text, "question": text, "answers": answers, **more}


def article(*questions: object) -> dict[str, object]:
    return {
        "title": "सातवाहन",
        "paragraphs": [{"context": "दुसरा.", "qas": []}, {"context": PASSAGE, "qas": list(questions)}],
    }


@pytest.mark.parametrize(
    ("name", "wrap", "root"),
    [
        ("a.json", lambda one: {"version": "1.1", "data": [one]}, "$.data[0]"),
        ("a.json", lambda one: [one], "$[0]"),
        ("a.jsonl", lambda one: one, "line 1 $"),
    ],
)
def test_nested(rows: Read, name: str, wrap: Callable[[object], object], root: str) -> None:
    """Each question of each passage is a record with its path, its passage and the passage's group."""
    value = wrap(article(question("राजधानी कोणती?", "प्रतिष्ठान"), question("कोणाची?", "सातवाहनांची")))
    first, second = rows(name, json.dumps(value, ensure_ascii=False))
    assert (first["locator"], first["answer"], first["context"]) == (
        f"{root}.paragraphs[1].qas[0]",
        "प्रतिष्ठान",
        PASSAGE,
    )
    assert second["locator"] == f"{root}.paragraphs[1].qas[1]"
    assert first["group"] == second["group"] is not None
    assert json.loads(first["meta"]) == {"id": "राजधानी कोणती?", "title": "सातवाहन"}


def test_a_question_that_cannot_be_answered(rows: Read) -> None:
    """SQuAD 2's impossible questions are rejected, with the question and its passage shown."""
    value = {
        "data": [
            article(
                question("कधी?", None, is_impossible=True, plausible_answers=[{"text": "राजधानी"}]),
                question("कोठे?", None),
            )
        ]
    }
    found = rows("a.json", json.dumps(value))
    assert [(row["reject_reason"], row["question"], row["context"]) for row in found] == [
        ("no_answer_given", "कधी?", PASSAGE),
        ("no_answer_given", "कोठे?", PASSAGE),
    ]


def test_flat(rows: Read) -> None:
    """The row form of Hugging Face, answers an object of lists, is read; passages group their questions."""
    lines = [
        {"id": str(n), "context": PASSAGE, "question": q, "answers": {"text": [a], "answer_start": [0]}}
        for n, (q, a) in enumerate([("क?", "ख"), ("ग?", "घ")])
    ]
    first, second = rows("a.jsonl", "\n".join(json.dumps(one) for one in lines))
    assert (first["answer"], second["answer"], first["group"]) == ("ख", "घ", second["group"])
    assert first["meta"] == '{"id":"0"}'


def test_a_paragraph_that_is_none(rows: Read) -> None:
    """A damaged paragraph is one reject with its path; the next is read."""
    value = {
        "data": [
            {"title": "x", "paragraphs": ["मजकूर", {"context": "क", "qas": ["ख", question("राजधानी?", "राजधानी")]}]}
        ]
    }
    found = rows("a.json", json.dumps(value))
    assert [(row["locator"], row["reject_reason"]) for row in found] == [
        ("$.data[0].paragraphs[0]", "not_an_object"),
        ("$.data[0].paragraphs[1].qas[0]", "not_an_object"),
        ("$.data[0].paragraphs[1].qas[1]", None),
    ]


def test_an_answer_that_is_no_text(rows: Read) -> None:
    """An answer of another type is rejected, not turned into text."""
    value = {"data": [article({"question": "क?", "answers": [{"text": {"x": 1}}]})]}
    (row,) = rows("a.json", json.dumps(value))
    assert (row["reject_reason"], row["question"]) == ("not_text", "क?")
    assert "column answers: found an object" in row["reject_detail"]


@pytest.mark.parametrize(
    ("passage", "entry", "column", "kept"),
    [
        ([PASSAGE], {"question": "कोणती?", "answers": []}, "context", ("कोणती?", None)),
        (PASSAGE, {"question": ["कोणती?"], "answers": []}, "question", (None, PASSAGE)),
        (PASSAGE, {"question": "कोणती?", "answers": [{"text": {"a": 1}}]}, "answers", ("कोणती?", PASSAGE)),
        (PASSAGE, {"question": "कोणती?", "answers": {"text": [True]}}, "answers", ("कोणती?", PASSAGE)),
    ],
)
def test_what_is_no_text_is_named(
    rows: Read, passage: object, entry: dict[str, object], column: str, kept: tuple[str | None, str | None]
) -> None:
    """The detail names the value that is no text, passage, question or answer, and the texts beside it are kept."""
    (nested,) = rows("a.json", json.dumps({"data": [{"paragraphs": [{"context": passage, "qas": [entry]}]}]}))
    (flat,) = rows("b.jsonl", json.dumps({"context": passage, **entry}))
    for row in (nested, flat):
        assert (row["reject_reason"], row["question"], row["context"]) == ("not_text", *kept)
        assert row["reject_detail"].startswith(f"column {column}: found ")


def test_numbers_are_text_and_an_empty_passage_is_none(rows: Read) -> None:
    """A year as an answer is its digits; questions below an empty passage have no passage and no group."""
    value = {"paragraphs": [{"context": "", "qas": [{"question": "कधी?", "answers": [{"text": 1674}]}]}]}
    (row,) = rows("a.json", json.dumps({"data": [value]}))
    assert (row["answer"], row["context"], row["group"]) == ("1674", None, None)
