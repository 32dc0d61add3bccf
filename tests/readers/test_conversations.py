"""ShareGPT and OpenAI messages: n exchanges, n records."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]


def line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def turn(role: str, content: object) -> dict[str, object]:
    return {"role": role, "content": content}


def test_sharegpt_of_two_exchanges(rows: Read) -> None:
    """Each exchange is a record that carries the turns before it; all share a group, the system prompt apart."""
    turns = [("system", "शिक्षक आहेस."), ("human", "शिवाजी?"), ("gpt", "छत्रपती."), ("human", "जन्म?"), ("gpt", "१६३०")]
    first, second = rows(
        "a.jsonl", line({"id": "x", "conversations": [{"from": who, "value": what} for who, what in turns]})
    )
    assert (first["question"], first["answer"], first["history"], first["system"]) == (
        "शिवाजी?",
        "छत्रपती.",
        None,
        "शिक्षक आहेस.",
    )
    assert (second["question"], second["answer"], second["system"]) == ("जन्म?", "१६३०", "शिक्षक आहेस.")
    assert json.loads(second["history"]) == [turn("user", "शिवाजी?"), turn("assistant", "छत्रपती.")]
    assert second["history"].startswith('[{"content":')
    assert first["group"] == second["group"] != None  # noqa: E711 - chained on purpose
    assert (first["locator"], second["locator"]) == ("line 1 exchange 1", "line 1 exchange 2")
    assert first["meta"] == '{"id":"x"}'


def test_group_is_of_the_content_not_the_place(rows: Read) -> None:
    """The same conversation on two lines has one group."""
    talk = line({"messages": [turn("user", "क?"), turn("assistant", "ख"), turn("user", "ग?"), turn("assistant", "घ")]})
    assert len({row["group"] for row in rows("a.jsonl", talk + talk)}) == 1


def test_messages_with_parts(rows: Read) -> None:
    """A content of text parts is their text; one exchange needs no group."""
    parts = [{"type": "text", "text": "राजधानी"}, {"type": "text", "text": "कोणती?"}]
    (row,) = rows("a.jsonl", line({"messages": [turn("user", parts), turn("assistant", "रायगड")]}))
    assert (row["question"], row["answer"], row["group"], row["locator"]) == (
        "राजधानी\nकोणती?",
        "रायगड",
        None,
        "line 1",
    )


def test_a_system_column_beside_the_turns(rows: Read) -> None:
    """The system prompt may stand in a column of its own."""
    (row,) = rows(
        "a.jsonl",
        line(
            {
                "system": "थोडक्यात सांग.",
                "conversations": [{"from": "user", "value": "क?"}, {"from": "assistant", "value": "ख"}],
            }
        ),
    )
    assert (row["system"], row["meta"]) == ("थोडक्यात सांग.", None)


def test_a_greeting_is_history(rows: Read) -> None:
    """An assistant who speaks first has answered nothing: what was said is history."""
    (row,) = rows(
        "a.jsonl", line({"messages": [turn("assistant", "नमस्कार"), turn("user", "क?"), turn("assistant", "ख")]})
    )
    assert (row["question"], json.loads(row["history"])) == ("क?", [turn("assistant", "नमस्कार")])


def test_a_last_question_without_answer(rows: Read) -> None:
    """What nobody answers is rejected; the exchanges before it stay."""
    found = rows("a.jsonl", line({"messages": [turn("user", "क?"), turn("assistant", "ख"), turn("user", "ग?")]}))
    assert [row["reject_reason"] for row in found] == [None, "no_answer_given"]
    assert found[1]["question"] == "ग?"


@pytest.mark.parametrize(
    ("turns", "reason", "words"),
    [
        ([turn("user", "क?"), turn("tool", "{}"), turn("assistant", "ख")], "unknown_role", "found a turn by 'tool'"),
        (
            [turn("user", "क?"), turn("user", "ग?"), turn("assistant", "ख")],
            "turns_out_of_order",
            "found turns by user, user, assistant",
        ),
        ([turn("system", "क")], "turns_out_of_order", "found turns by nobody"),
        ([], "turns_out_of_order", "found turns by nobody"),
        (
            [turn("user", [{"type": "image_url", "image_url": {}}]), turn("assistant", "ख")],
            "not_text",
            "column content: found an object",
        ),
        (["क?", "ख"], "not_text", "column conversation"),
    ],
)
def test_turns_that_cannot_be_taken(rows: Read, turns: list[Any], reason: str, words: str) -> None:
    """A conversation out of order, by others, or of more than text is one reject that says why."""
    (row,) = rows("a.jsonl", line({"messages": turns}))
    assert row["reject_reason"] == reason
    assert words in row["reject_detail"]


def test_alpaca_with_history(rows: Read) -> None:
    """Alpaca's input is the context, its history of pairs the earlier turns; an empty input is no context."""
    value = {"instruction": "जन्म?", "input": "", "output": "१६३०", "system": "", "history": [["शिवाजी?", "छत्रपती."]]}
    (row,) = rows("a.jsonl", line(value))
    assert (row["question"], row["answer"], row["context"], row["system"]) == ("जन्म?", "१६३०", None, None)
    assert json.loads(row["history"]) == [turn("user", "शिवाजी?"), turn("assistant", "छत्रपती.")]


def test_history_that_is_no_turns(rows: Read) -> None:
    """History that is neither pairs nor messages is not guessed at."""
    (row,) = rows("a.jsonl", line({"question": "क?", "answer": "ख", "history": "मागील गप्पा"}))
    assert (row["reject_reason"], row["question"]) == ("not_text", "क?")
    assert "column history" in row["reject_detail"]
