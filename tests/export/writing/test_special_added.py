"""Who puts BOS and EOS around a text, and which token ends a turn."""

from typing import Any

import pytest

from tests.export.writing.special import keys


@pytest.mark.parametrize(
    ("around", "bos", "eos"),
    [("$A", False, False), ("<s> $A", True, False), ("$A </s>", False, True), ("<s> $A </s>", True, True)],
)
def test_what_is_put_around_a_text_is_seen(around: str, bos: bool, eos: bool) -> None:
    """Where the configuration says nothing, add_bos and add_eos are what the tokenizer does with a text."""
    found = keys(around=around)
    assert (found["add_bos_token"], found["add_eos_token"]) == (bos, eos)


def test_what_is_said_of_adding_goes_before_what_is_done() -> None:
    """add_bos_token of the configuration wins where it is a truth and the token is named."""
    named = {"bos_token": "<s>", "eos_token": "</s>"}
    assert keys(around="<s> $A", said=named | {"add_bos_token": False})["add_bos_token"] is False
    assert keys(said=named | {"add_bos_token": True, "add_eos_token": True})["add_eos_token"] is True
    assert keys(said={"eos_token": "</s>", "add_bos_token": True})["add_bos_token"] is False
    assert keys(around="<s> $A", said=named | {"add_bos_token": None})["add_bos_token"] is True


@pytest.mark.parametrize(
    ("several", "template", "wanted"),
    [
        ([1, 4], "…<turn>…", 4),
        (4, "…<turn>…", 4),
        ([3, 4, 0], "<turn><s>", 4),
        ([1, 4], "no token", None),
        ([1, 4], None, None),
        ([1], "</s>", None),
        ([1, 99, -1, "4", None], "<turn>", None),
        (None, "<turn>", None),
    ],
    ids=str,
)
def test_the_end_of_a_turn_is_another_end_that_the_template_writes(
    several: Any, template: str | None, wanted: int | None
) -> None:
    """Of the ends in generation_config.json the first that is not EOS and stands in the template ends a turn."""
    assert keys(generation={"eos_token_id": several}, template=template).get("eot_token_id") == wanted
