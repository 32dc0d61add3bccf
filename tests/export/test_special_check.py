"""The gate's check of special tokens."""

from dataclasses import replace
from typing import Any

import pytest

from tests.export.sides import DESCRIBED, hugging_face, special


def test_what_agrees_is_said_to_agree() -> None:
    """BOS, EOS and the end of a turn: one sentence, and llama.cpp's own figures beside it."""
    check = special()
    assert (check.passed, check.says) == (True, "BOS, EOS and the end of a turn mean the same on both sides")
    figures = {name: value for name, value in DESCRIBED.items() if name != "vocabulary"}
    assert check.figures == {**figures, "turn_end": "<turn>"}
    assert special(None).passed


@pytest.mark.parametrize(
    ("described", "turn_end", "says"),
    [
        ({"bos": 3}, "<turn>", "BOS is 3, expected 0 (<s>)"),
        ({"eos": 2}, "<turn>", "EOS is 2, expected 1 (</s>)"),
        ({"end_of_generation": [2]}, "<turn>", "EOS 1 does not end an answer in llama.cpp"),
        ({"end_of_generation": [1]}, "<turn>", "with <turn> (2), at which llama.cpp does not stop"),
        ({}, "<end>", "the template ends an answer with <end>, which is no token"),
        ({"bos": 9, "eos": 9}, None, "BOS is 9, expected 0 (<s>); EOS is 9, expected 1 (</s>); EOS 9 does not end"),
    ],
)
def test_what_means_another_thing_is_named(described: dict[str, Any], turn_end: str | None, says: str) -> None:
    """Each of the special tokens is held against its id, and every fault is in the sentence."""
    check = special(turn_end, **described)
    assert not check.passed
    assert says in check.says


def test_a_token_that_is_not_named_is_not_compared() -> None:
    """A tokenizer without a BOS of its own says nothing about llama.cpp's."""
    bare = replace(hugging_face(), bos="")
    assert special(tokens=bare, bos=99).passed


@pytest.mark.parametrize(
    ("around", "says"),
    [
        ("$A", "around a text llama.cpp puts [0], Hugging Face nothing (add_bos is True)"),
        ("$A </s>", "around a text llama.cpp puts [0], Hugging Face [1] (add_bos is True)"),
        ("<s> $A </s>", "around a text llama.cpp puts [0], Hugging Face [0, 1] (add_bos is True)"),
    ],
)
def test_what_is_put_around_a_text_is_compared(around: str, says: str) -> None:
    """A BOS too many or an EOS too few is told with what each side puts there."""
    check = special(tokens=hugging_face(around))
    assert not check.passed
    assert says in check.says
