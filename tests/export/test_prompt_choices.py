"""Whose system text, whose BOS, whose licence, which stops and which TEMPLATE."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from export import export as flow
from export.chat_format import ChatFormat, recognise
from export.gguf_values import Value, flag, text
from export.jinja_template import JinjaTemplate
from export.verify.reference import Tokens
from export.verify.texts import Texts
from tests.export.templates import CASES

CHAT = ChatFormat(name="chatml", template="{{ .System }}", default_system="मूळ", stop=("<|im_end|>", "<x>"))


TEXTS = Texts(dataset="d", conversations=[], plain=[], questions=[], system="शिक्षक")


@pytest.mark.parametrize(
    ("chosen", "texts", "chat", "wanted"),
    [
        (" मी \n", TEXTS, CHAT, "मी"),
        ("", TEXTS, CHAT, None),
        ("  ", TEXTS, CHAT, None),
        (None, TEXTS, CHAT, "शिक्षक"),
        (None, replace(TEXTS, system=None), CHAT, "मूळ"),
        (None, replace(TEXTS, system=""), CHAT, "मूळ"),
        (None, None, CHAT, "मूळ"),
        (None, None, None, None),
        (None, None, replace(CHAT, default_system=None), None),
    ],
)
def test_whose_system_text_is_taken(
    chosen: str | None, texts: Texts | None, chat: ChatFormat | None, wanted: str | None
) -> None:
    """The user's word, also an empty one, goes before the training rows', and that before the template's own."""
    assert flow._system(chosen, texts, chat) == wanted


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"add_bos_token": flag(True)}, True),
        ({"add_bos_token": flag(False), "model": text("llama")}, False),
        ({"model": text("llama"), "pre": text("default")}, True),
        ({"model": text("gpt2"), "pre": text("llama-bpe")}, True),
        ({"model": text("gpt2"), "pre": text("smollm")}, False),
        ({}, False),
    ],
    ids=str,
)
def test_who_puts_the_bos_in_front(keys: dict[str, Value], wanted: bool) -> None:
    """What the file says counts; where it says nothing, llama.cpp's own habit for the kind of vocabulary."""
    source: Any = SimpleNamespace(keys={f"tokenizer.ggml.{name}": value for name, value in keys.items()})
    assert flow._adds_bos(source) is wanted


@pytest.mark.parametrize(("found", "wanted"), [(text("apache-2.0"), "apache-2.0"), (None, "other")])
def test_the_licence_is_the_base_s(found: Value | None, wanted: str) -> None:
    """A base that names its licence passes it on; one that does not is called other, never free."""
    source: Any = SimpleNamespace(keys={"general.license": found} if found else {})
    assert flow._licence(source) == wanted


def tokens_with(template: str | None) -> Tokens:
    """Tokens whose chat template is given; no text is tokenized."""
    engine = SimpleNamespace(
        get_added_tokens_decoder=lambda: {
            0: SimpleNamespace(content="</s>", special=True),
            1: SimpleNamespace(content="<|im_end|>", special=True),
        }
    )
    return Tokens(engine=engine, bos="", eos="</s>", template=template)


def test_an_answer_stops_at_each_end_there_is() -> None:
    """The end of a turn, the EOS and the format's own stops; a model without a template stops at its EOS."""
    assert flow._stops(tokens_with(CASES["chatml"].text), CHAT) == ["<|im_end|>", "</s>", "<|im_end|>", "<x>"]
    assert flow._stops(tokens_with(None), None) == ["</s>"]
    assert flow._stops(replace(tokens_with(None), eos=""), None) == []


def test_a_template_of_the_user_goes_before_the_recognised_one() -> None:
    """A given TEMPLATE is taken as it is; without one the model's own is recognised; a base model has none."""
    tokens = tokens_with(CASES["chatml"].text)
    found = flow._chat(tokens, None, strips_bos=False)
    assert found == recognise(JinjaTemplate(text=CASES["chatml"].text, bos="", eos="</s>", strips_bos=False))
    own = flow._chat(tokens, "{{ .System }}!", strips_bos=False)
    assert own is not None
    assert (own.name, own.template) == ("given", "{{ .System }}!")
    assert flow._chat(tokens_with(None), "{{ .System }}", strips_bos=False) is None
