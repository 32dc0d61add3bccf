"""The Hugging Face side of the gate: what a tokenizer's folder says."""

from pathlib import Path
from typing import Any

import pytest

from export.jinja_template import JinjaTemplate
from export.verify.reference import read_tokens
from tests.export.folders import folder_of, tokenizer


def test_a_folder_is_read_as_it_says(tmp_path: Path) -> None:
    """Texts of BOS and EOS come from the configuration, as a text or an object; special tokens are those marked so."""
    tokens = read_tokens(folder_of(tmp_path, bos_token="<s>", eos_token={"content": "</s>", "lstrip": False}))
    assert (tokens.bos, tokens.eos, tokens.template) == ("<s>", "</s>", None)
    assert tokens.special_texts() == ["<s>", "</s>", "<|end|>"]
    assert (tokens.id_of("<s>"), tokens.id_of("<tool>"), tokens.id_of("रायगड")) == (0, 6, 3)
    assert tokens.id_of("") is None
    assert tokens.id_of("<none>") is None


def test_ids_are_with_or_without_what_stands_around_a_text(tmp_path: Path) -> None:
    """Only where it is asked for BOS and EOS are put around a text."""
    tokens = read_tokens(folder_of(tmp_path))
    assert tokens.encode("शिवाजी रायगड") == [2, 3]
    assert tokens.encode("शिवाजी रायगड", special=True) == [0, 2, 3, 1]
    assert tokens.encode("") == []


@pytest.mark.parametrize("entry", [None, "", {}, {"content": ""}])
def test_a_token_that_is_not_named_is_empty(entry: Any, tmp_path: Path) -> None:
    """A null, an empty text and an object without content all mean that there is none."""
    tokens = read_tokens(folder_of(tmp_path, bos_token=entry, eos_token="</s>"))
    assert (tokens.bos, tokens.eos) == ("", "</s>")


def test_without_a_configuration_nothing_is_named(tmp_path: Path) -> None:
    """A folder with tokenizer.json alone has neither BOS nor EOS nor a chat template."""
    tokens = read_tokens(folder_of(tmp_path))
    assert (tokens.bos, tokens.eos, tokens.template) == ("", "", None)
    assert tokens.jinja(strips_bos=True) is None


def test_lengths_that_a_training_set_are_not_those_of_the_gate(tmp_path: Path) -> None:
    """A tokenizer that was saved with truncation and padding gives every id here, and none besides."""
    folder = folder_of(tmp_path)
    cut = tokenizer()
    cut.enable_truncation(2)
    cut.enable_padding(length=9)
    cut.save(str(folder / "tokenizer.json"))
    assert read_tokens(folder).encode("शिवाजी रायगड शिवाजी") == [2, 3, 2]


def test_the_template_carries_the_tokens(tmp_path: Path) -> None:
    """The chat template gets the texts of BOS and EOS, and who puts the BOS in front."""
    folder = folder_of(tmp_path, bos_token="<s>", eos_token="</s>", chat_template="{{ bos_token }}{{ eos_token }}")
    found = read_tokens(folder).jinja(strips_bos=True)
    assert found == JinjaTemplate(text="{{ bos_token }}{{ eos_token }}", bos="<s>", eos="</s>", strips_bos=True)
