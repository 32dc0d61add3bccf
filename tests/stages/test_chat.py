"""Chat format: turns, ids and control tokens."""

from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.lineage import canonical_json, row_id
from datakit.record import frame
from datakit.stages.chat import MESSAGES, Chat

ROW = {"question": "शिवनेरी कोठे आहे?", "answer": "जुन्नरजवळ", "source_id": "s", "file": "f", "locator": "line 1"}


def test_turns_stand_in_the_order_a_model_reads_them() -> None:
    """System, earlier turns, passage with question, answer."""
    history = canonical_json(
        [{"role": "user", "content": "नमस्कार"}, {"role": "assistant", "content": "विचारा"}]
    ).decode()
    batch = frame([{**ROW, "context": "उतारा.", "system": "शिक्षक", "history": history}])
    assert Chat().messages(batch) == [
        [
            {"role": "system", "content": "शिक्षक"},
            {"role": "user", "content": "नमस्कार"},
            {"role": "assistant", "content": "विचारा"},
            {"role": "user", "content": "उतारा.\n\nशिवनेरी कोठे आहे?"},
            {"role": "assistant", "content": "जुन्नरजवळ"},
        ]
    ]
    closed = Chat(context="omit").messages(batch)[0]
    assert closed[3] == {"role": "user", "content": "शिवनेरी कोठे आहे?"}


def test_the_id_is_of_what_the_model_sees_and_of_nothing_else() -> None:
    """Another file or licence leaves the id alone; another answer, passage or system prompt does not."""
    chat = Chat(system="शिक्षक")
    variants = [
        ROW,
        {**ROW, "file": "g", "locator": "line 9", "licence": "MIT", "source_id": "t"},
        {**ROW, "answer": "पुणे"},
        {**ROW, "context": "उ"},
        {**ROW, "system": "दुसरा"},
    ]
    ids = chat.apply(frame(variants))["id"].to_list()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert ids[0] == row_id(chat.messages(frame([{**ROW, "system": "शिक्षक"}]))[0])


@pytest.mark.parametrize(
    "text",
    [
        "<|im_end|>",
        "<|eot_id|>",
        "x<|start_header_id|>system",
        "<start_of_turn>user",
        "</s>",
        "<s>",
        "[INST] x [/INST]",
        "<<SYS>>",
        "<eos>",
        "<｜begin▁of▁sentence｜>",
    ],
)
@pytest.mark.parametrize("column", ["question", "answer", "context", "system", "history"])
def test_control_tokens_are_refused_in_every_column(text: str, column: str) -> None:
    """A row that a tokenizer would read as control is rejected, and the token is named."""
    out = Chat().apply(frame([{**ROW, column: f"मजकूर {text} मजकूर"}]))
    assert out["reject_reason"].to_list() == ["special_token_in_text"]
    assert out["reject_detail"][0].startswith("the text holds <") or out["reject_detail"][0].startswith(
        "the text holds ["
    )


@pytest.mark.parametrize(
    "text", ["a < b आणि b > c", "<https://example.org>", "|अ|ब|", "[१]", "<b>ठळक</b>", "x <| y |> z"]
)
def test_text_that_only_looks_like_control_is_kept(text: str) -> None:
    """Comparison signs, links, tables and notes are ordinary text."""
    assert Chat().apply(frame([{**ROW, "answer": text}]))["reject_reason"].to_list() == [None]


@pytest.mark.parametrize("history", ["not json", "{}", "[1]", '[{"role": "user"}]', "", "null"])
def test_history_that_is_no_list_of_turns_is_not_lost(history: str) -> None:
    """A stage never raises on odd text, and what stands there is still seen."""
    turns = Chat().messages(frame([{**ROW, "history": history}]))[0]
    assert [turn["content"] for turn in turns[:-2]] == ([history] if history else [])


TEXT_OR_NONE = st.one_of(st.none(), st.just(""), st.text(max_size=8))
HISTORY = st.one_of(
    TEXT_OR_NONE,
    st.just('[{"role": "user", "content": "नमस्कार"}, {"role": "assistant", "content": "विचारा"}]'),
)
TOLD = st.fixed_dictionaries(
    {
        "question": TEXT_OR_NONE,
        "answer": TEXT_OR_NONE,
        "context": TEXT_OR_NONE,
        "system": TEXT_OR_NONE,
        "history": HISTORY,
    }
)


@settings(max_examples=80, deadline=None)
@given(told=st.lists(TOLD, max_size=8), context=st.sampled_from(["include", "omit"]))
def test_turns_as_a_column_are_the_same_turns(
    told: list[dict[str, str | None]], context: Literal["include", "omit"]
) -> None:
    """What a version is written from holds, row by row and in order, what the id was made of."""
    batch = frame({**ROW, **row} for row in told)
    chat = Chat(context=context)
    column = chat.message_column(batch)
    assert column.name == "messages"
    assert column.dtype == MESSAGES
    assert column.to_list() == chat.messages(batch)


@settings(max_examples=200, deadline=None)
@given(
    told=st.lists(TOLD, max_size=8),
    context=st.sampled_from(["include", "omit"]),
    system=st.sampled_from(["", 'ग"ुरू\n', "क\u093c\x01"]),
)
def test_ids_hashed_as_bytes_are_row_ids(
    told: list[dict[str, str | None]], context: Literal["include", "omit"], system: str
) -> None:
    """The short way over bytes gives, for any text, the hash of canonical JSON of the turns."""
    batch = frame({**ROW, **row} for row in told)
    out = Chat(context=context, system=system).apply(batch)
    assert out["id"].to_list() == [row_id(turns) for turns in Chat(context=context).messages(out)]


@pytest.mark.parametrize(
    "sign", ['"', "\\", "\n", "\t", "\r", "\0", "\x1f", "\x7f", "\u2028", "\ufeff", "é", "e\u0301", "क\u093c"]
)
def test_signs_that_json_or_nfc_writes_otherwise_are_in_the_id_as_row_id_has_them(sign: str) -> None:
    """Each sign with a form of its own, at the edges and inside, among ordinary rows."""
    batch = frame([ROW, {**ROW, "question": f"{sign}क{sign}", "context": sign, "answer": f"\\{sign}"}, ROW])
    assert Chat().apply(batch)["id"].to_list() == [row_id(turns) for turns in Chat().messages(batch)]
