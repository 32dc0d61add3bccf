"""Laws of conversations: every exchange is one record with all that was said before it, whatever form it came in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.readers.conversations import ROLES, conversation_rows
from datakit.readers.row import Row
from datakit.readers.squad import nested_rows

WORDS = st.text("कखग?। \n\u200d😀a", min_size=1, max_size=8)
EXCHANGES = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5)
NAMES = {role: [name for name, meant in ROLES.items() if meant == role] for role in ("system", "user", "assistant")}


def read(turns: object, system: str | None = None) -> list[Row]:
    plan = conversation_rows("messages", "system", ("messages", "system", "id"))
    return list(plan({"messages": turns, "system": system, "id": 7}, "line 1"))


@st.composite
def spoken(draw: st.DrawFn, exchanges: list[tuple[str, str]]) -> list[dict[str, str]]:
    """The turns of exchanges, under any names that the makers of data sets give to roles and texts."""
    who = draw(st.sampled_from(["role", "from", "speaker", "author"]))
    what = draw(st.sampled_from(["content", "value", "text"]))
    turns = []
    for pair in exchanges:
        for role, text in zip(("user", "assistant"), pair, strict=True):
            name = draw(st.sampled_from(NAMES[role]))
            turns.append({who: draw(st.sampled_from([name, name.upper(), f" {name} "])), what: text})
    return turns


@given(EXCHANGES, st.data())
def test_each_exchange_is_a_record_with_what_was_said_before(
    exchanges: list[tuple[str, str]], data: st.DataObject
) -> None:
    """n exchanges are n records, each with its pair, the turns before it as history, and one group for all."""
    found = read(data.draw(spoken(exchanges)))
    assert [(row.question, row.answer) for row in found] == exchanges
    for number, row in enumerate(found):
        before = [
            {"role": role, "content": text}
            for pair in exchanges[:number]
            for role, text in zip(("user", "assistant"), pair, strict=True)
        ]
        assert json.loads(row.history or "[]") == before
        assert row.meta == '{"id":7}'
        assert row.reason is None
    assert len({row.group for row in found}) == 1
    assert (found[0].group is None) is (len(exchanges) == 1)
    assert len({row.locator for row in found}) == len(found)


@given(EXCHANGES, st.data())
def test_names_of_roles_change_nothing(exchanges: list[tuple[str, str]], data: st.DataObject) -> None:
    """ShareGPT's human and gpt, OpenAI's user and assistant, and Marathi names give the same records."""
    assert read(data.draw(spoken(exchanges))) == read(data.draw(spoken(exchanges)))


@given(EXCHANGES, st.data())
def test_a_conversation_cut_after_a_question_keeps_the_rest(
    exchanges: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Without its last answer a conversation loses one record, which is a reject that shows the question."""
    whole = data.draw(spoken(exchanges))
    found = read(whole[:-1])
    assert [(row.question, row.answer) for row in found[:-1]] == exchanges[:-1]
    assert (found[-1].reason, found[-1].question, found[-1].answer) == ("no_answer_given", exchanges[-1][0], None)


@given(EXCHANGES.filter(lambda found: len(found) > 1), st.data())
def test_turns_in_another_order_are_refused_whole(exchanges: list[tuple[str, str]], data: st.DataObject) -> None:
    """Two turns of one speaker in a row make the whole conversation one reject: who answers what is not guessed."""
    turns = data.draw(spoken(exchanges))
    at = data.draw(st.integers(1, len(turns) - 2))
    (row,) = read(turns[:at] + turns[at + 1 :])
    assert (row.reason, row.question) == ("turns_out_of_order", None)
    assert "expected user and assistant in turn" in (row.detail or "")


@given(EXCHANGES, st.lists(WORDS, max_size=3), st.none() | WORDS, st.data())
def test_system_prompts_are_joined(
    exchanges: list[tuple[str, str]], prompts: list[str], beside: str | None, data: st.DataObject
) -> None:
    """The column's prompt and those at the beginning of the turns are one prompt, in order, the same in each record."""
    turns = [{"role": data.draw(st.sampled_from(NAMES["system"])), "content": text} for text in prompts]
    turns += [
        {"role": role, "content": text}
        for pair in exchanges
        for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    wanted = "\n".join(([] if beside is None else [beside]) + prompts) or None
    assert {row.system for row in read(turns, beside)} == {wanted}


@pytest.mark.parametrize("turns", [[], None, "मजकूर", 7, [None], ["क"], [[]], [{"role": "user"}], [{}], {}])
def test_what_is_no_conversation_is_one_reject(turns: Any) -> None:
    """An empty list, a text, a turn without a role or without words: one reject each, and no failure."""
    (row,) = read(turns)
    assert row.reason in {"not_text", "unknown_role", "turns_out_of_order", "no_answer_given"}
    assert row.locator == "line 1"
    assert "expected" in (row.detail or "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "from", "content", "value", "text", "qas", "question", "answers", "context", "title"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(JSON, JSON)
def test_any_turns_are_rows_or_rejects(turns: Any, system: Any) -> None:
    """Whatever stands where turns belong, the answer is rows of texts, each with a place."""
    for row in read(turns, system):
        assert row.locator.startswith("line 1")
        assert row.reason is not None or isinstance(row.question, str)


@given(JSON, JSON)
def test_any_squad_is_rows_or_rejects(paragraphs: Any, title: Any) -> None:
    """Whatever stands where passages belong, each is rows or a reject, with its path."""
    for row in nested_rows({"title": title, "paragraphs": paragraphs}, "$.data[0]"):
        assert row.locator.startswith("$.data[0]")
        assert row.reason is not None or isinstance(row.answer, str)
    for row in nested_rows({"context": title, "qas": paragraphs}, "line 3"):
        assert row.locator.startswith("line 3 $")


@given(st.lists(st.tuples(WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=3)), min_size=1, max_size=3))
def test_squad_gives_each_question_its_passage(passages: list[tuple[str, list[tuple[str, str]]]]) -> None:
    """Each question of each passage is a record with the first of its answers; a group is a passage."""
    paragraphs = [
        {"context": context, "qas": [{"question": q, "answers": [{"text": a}, {"text": "दुसरे"}]} for q, a in pairs]}
        for context, pairs in passages
    ]
    found = list(nested_rows({"title": "इतिहास", "paragraphs": paragraphs}, "$"))
    assert [(row.context, row.question, row.answer) for row in found] == [
        (context, question, answer) for context, pairs in passages for question, answer in pairs
    ]
    assert len({row.group for row in found}) == len({context for context, pairs in passages if pairs})
    assert all(json.loads(row.meta or "{}") == {"title": "इतिहास"} for row in found)
