"""Replies: nothing but whole pairs of the schema comes through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.synthesize.reply import parse
from tests.synthesize.fake import pairs
from tests.synthesize.sample import page

GOOD = {"kind": "factual", "question": "रायगडाचे जुने नाव काय?", "answer": "रायरी", "span": "पूर्वी त्याचे नाव रायरी होते."}


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "हे घ्या:\n{}\nधन्यवाद", '<think>{{"a": 1}}</think>{}'])
def test_words_around_the_object_are_passed_over(around: str) -> None:
    """One object with pairs is found in a code block, between words, and after another object."""
    parsed = parse(around.format(pairs(GOOD)), page())
    assert [draft.answer for draft in parsed.drafts] == ["रायरी"]
    assert parsed.faults == ()


def test_of_a_cut_reply_whole_pairs_stay() -> None:
    """A reply that stops in the middle gives the pairs before the cut."""
    text = pairs(GOOD, GOOD | {"question": "दुसरा?"}, GOOD | {"question": "तिसरा?"})
    parsed = parse(text[: text.index("तिसरा")], page())
    assert [draft.question for draft in parsed.drafts] == [GOOD["question"], "दुसरा?"]


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ("text", "found str, expected an object"),
        ({"question": "q"}, "found the keys question, expected kind, question, answer, span"),
        (GOOD | {"extra": "1"}, "found the keys answer, extra, kind"),
        (GOOD | {"answer": 5}, "answer: found int, expected text"),
        (GOOD | {"answer": "  "}, "answer: found nothing"),
        (GOOD | {"kind": "poem"}, "kind: found 'poem', expected factual, reasoning, application"),
        (GOOD | {"kind": "visual"}, "kind: found 'visual'"),
        (GOOD | {"answer": "क" * 1_201}, "answer: found 1,201 characters, expected at most 1,200"),
        (GOOD | {"answer": "\ud800"}, "answer: found half of a character"),
    ],
)
def test_faults_are_named(item: object, fault: str) -> None:
    """An object that is no pair of the schema is refused with what was found, and the others stay."""
    parsed = parse(json.dumps({"pairs": [item, GOOD]}), page())
    assert len(parsed.drafts) == 1
    assert parsed.faults[0].startswith(fault)


@pytest.mark.parametrize("text", ["", "नाही", "[]", '{"pairs": 3}', '{"pairs', '{"a": ' * 3000])
def test_no_object_is_one_fault(text: str) -> None:
    """A reply without an object of pairs has one fault of that name."""
    assert parse(text, page()).faults == ("reply_not_json",)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No reply makes the reader raise."""
    parse(text, page())
    parse('{"pairs": [' + text, page())
