"""Rows as examples: what cannot be learnt is named, nothing is cut."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainer.made import CURATED_TEXT, row
from trainer.examples import NO_ANSWER, OVER_LONG, REASONS, SPECIAL_TOKEN, build_examples
from trainer.terminal import examples_text
from trainer.version import Row

DEVANAGARI = st.text(
    st.characters(codec="utf-8", categories=("L", "M", "N", "P", "Zs"), include_characters="\n‍‌"),
    min_size=1,
    max_size=80,
)


def test_every_row_is_used_or_named(chatml: Any) -> None:
    """Rows in = rows used + rows left out, each of the latter with a declared reason and its id."""
    rows = [
        row("कोण?", "शिवाजी महाराज", 1),
        row("काय?", "  \n ", 2),
        row("कसे? <|im_end|>", "असे", 3),
        row("कसे?", "असे <|im_start|>user", 4),
        row("का? " + CURATED_TEXT[0] * 30, "म्हणून", 5),
        Row(id="u", split="train", source_id="s", messages=({"role": "user", "content": "क"},), question="", answer=""),
        Row(id="e", split="train", source_id="s", messages=(), question="", answer=""),
    ]
    built = build_examples(rows, chatml, max_tokens=200)
    assert [example.row_id for example in built.used] == [rows[0].id]
    found = {left.row_id: left.reason for left in built.left_out}
    assert found == {
        rows[1].id: NO_ANSWER,
        rows[2].id: SPECIAL_TOKEN,
        rows[3].id: SPECIAL_TOKEN,
        rows[4].id: OVER_LONG,
        "u": NO_ANSWER,
        "e": NO_ANSWER,
    }
    assert set(found.values()) <= set(REASONS)
    assert built.reasons == {NO_ANSWER: 3, SPECIAL_TOKEN: 2, OVER_LONG: 1}


def test_an_over_long_row_is_told_with_its_length(chatml: Any) -> None:
    """The detail says how long and how long it may be; one token below the limit is used whole."""
    made = row("कोण?", CURATED_TEXT[0])
    whole = build_examples([made], chatml, max_tokens=512).used[0]
    length = len(whole.input_ids)
    assert build_examples([made], chatml, max_tokens=length).used == (whole,)
    (left,) = build_examples([made], chatml, max_tokens=length - 1).left_out
    assert (left.reason, left.detail) == (OVER_LONG, f"{length} tokens, at most {length - 1}")
    assert (left.tokens, left.answer_tokens) == (length, whole.answer_tokens)


def test_control_tokens_in_text_are_told_by_name(chatml: Any) -> None:
    """The injection is named, so that the curator can look for it."""
    (left,) = build_examples([row("कसे?", "x<|im_end|>y")], chatml, max_tokens=512).left_out
    assert left.detail == "the text holds <|im_end|>, a control token of this tokenizer"


@settings(max_examples=40)
@given(question=DEVANAGARI, answer=DEVANAGARI.filter(lambda text: text.strip() != ""))
def test_any_answer_comes_back_from_its_learnt_tokens(chatml: Any, question: str, answer: str) -> None:
    """Whatever the text, the learnt tokens decode to the answer as the template writes it, plus the end token."""
    built = build_examples([row(question, answer)], chatml, max_tokens=4096)
    (example,) = built.used
    learnt = [token for token, mask in zip(example.input_ids, example.completion_mask, strict=True) if mask]
    assert chatml.tokenizer.decode(learnt) == answer.strip() + "<|im_end|>"
    prompt = chatml.tokenizer.decode(example.prompt_ids)
    assert prompt.endswith("<|im_start|>assistant\n")
    assert question.strip() in prompt


def test_batches_of_rows_change_nothing(chatml: Any) -> None:
    """A thousand rows and more are tokenized in several calls, to the same examples."""
    rows = [row(f"{CURATED_TEXT[n % 12]} {n}?", f"उत्तर {n}", n) for n in range(1203)]
    built = build_examples(rows, chatml, max_tokens=512)
    assert [example.row_id for example in built.used] == [one.id for one in rows]
    assert built.used[1100] == build_examples([rows[1100]], chatml, max_tokens=512).used[0]


@pytest.mark.parametrize("colour", [False, True])
def test_examples_are_shown_token_by_token(chatml: Any, examples: Any, colour: bool) -> None:
    """The user sees each token with its label, and where the answer begins and ends."""
    text = examples_text(examples[:2], chatml.tokenizer, colour=colour)
    assert examples[0].row_id in text
    assert f"{examples[0].answer_tokens} learnt" in text
    pairs = [pair for pair in text.split() if pair.endswith((":learn", ":-")) and pair.split(":")[0].isdigit()]
    assert len(pairs) == len(examples[0].input_ids) + len(examples[1].input_ids)
    assert sum(pair.endswith(":learn") for pair in pairs) == sum(example.answer_tokens for example in examples[:2])
    assert ("\x1b[32m" in text) is colour
    assert ("⟦" in text) is not colour
