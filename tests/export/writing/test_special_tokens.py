"""Which tokens begin and end a text: by their text, else by their id."""

from typing import Any

import pytest

from datakit.errors import InputError
from tests.export.writing.special import keys

ROLES = {
    "bos": "bos_token_id", "eos": "eos_token_id", "unk": "unknown_token_id", "sep": "seperator_token_id",
    "pad": "padding_token_id", "cls": "cls_token_id", "mask": "mask_token_id",
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_its_key(role: str) -> None:
    """A role's token, by its text, an object, or its id in the config, stands under llama.cpp's name for it."""
    wanted = {"eos_token_id": 1} | {ROLES[role]: 3}
    for entry in ("<pad>", {"content": "<pad>"}):
        found = keys(said={"eos_token": "</s>"} | {f"{role}_token": entry})
        assert {name: value for name, value in found.items() if name.endswith("_id")} == wanted
    found = keys(said={} if role == "eos" else {"eos_token": "</s>"}, config={f"{role}_token_id": 3})
    assert {name: value for name, value in found.items() if name.endswith("_id")} == wanted


@pytest.mark.parametrize(
    ("said", "config", "wanted"),
    [
        ({"eos_token": "</s>"}, {"eos_token_id": 4}, 1),
        ({"eos_token": None}, {"eos_token_id": 4}, 4),
        ({}, {"eos_token_id": [4, 1]}, 4),
        ({"eos_token": {"content": None}}, {"eos_token_id": 0}, 0),
    ],
    ids=str,
)
def test_a_text_goes_before_an_id(said: dict[str, Any], config: dict[str, Any], wanted: int) -> None:
    """The tokenizer's own configuration wins over the model's; of several ids there the first is taken."""
    assert keys(said=said, config=config)["eos_token_id"] == wanted


@pytest.mark.parametrize(
    ("said", "config", "reason"),
    [
        ({}, {}, "tokenizer_config.json and config.json name no eos_token: the model would never stop"),
        ({}, {"eos_token_id": []}, "name no eos_token"),
        ({}, {"eos_token_id": "1"}, "name no eos_token"),
        ({}, {"eos_token_id": 6}, "config.json: eos_token_id is 6, but there are 6 tokens"),
        ({}, {"eos_token_id": -1}, "config.json: eos_token_id is -1, but there are 6 tokens"),
        ({"eos_token": "</s>"}, {"pad_token_id": 32000}, "config.json: pad_token_id is 32000, but there are 6 tokens"),
        ({"eos_token": "</s>", "pad_token": "[PAD]"}, {}, "pad_token is '[PAD]', which tokenizer.json does not hold"),
        ({"eos_token": ["</s>"]}, {}, "eos_token is ['</s>'], which tokenizer.json does not hold"),
    ],
    ids=str,
)
def test_a_token_that_cannot_be_is_refused(said: dict[str, Any], config: dict[str, Any], reason: str) -> None:
    """An id beyond the vocabulary, a text that is not in it, and no end at all are told apart."""
    with pytest.raises(InputError) as caught:
        keys(said=said, config=config)
    assert reason in str(caught.value)
