"""Recognising a pre-tokenizer by what it does, with llama.cpp itself as the judge of what its names mean."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from tokenizers import Regex, Tokenizer, pre_tokenizers

from datakit.errors import InputError
from export.pre import PROBES, cut, difference_to, pieces_of_tokenizer, recognise
from export.pre_rules import RULES, Rule
from export.source import open_source
from export.verify.native import NativeModel
from export.write import write_gguf
from tests.export.writing.checkpoints import LINES, Tiny, build_shape, write_tokenizer

TEXTS: Final = (*PROBES, *LINES)
_TAIL: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_CASED: Final = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|%s"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SHORT: Final = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PUBLISHED: Final = {
    "llama-bpe": SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + _TAIL,
    "qwen2": SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + _TAIL,
    "qwen35": SHORT + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "tekken": _CASED % ("", "", r"\p{N}"),
    "gpt-4o": _CASED % (SHORT + "?", SHORT + "?", r"\p{N}{1,3}"),
}
"""What the tokenizer.json of these models says: Llama 3, Qwen 2.5, Qwen 3.5, Mistral Nemo, GPT-4o."""


def splitting(expressions: Sequence[str]) -> Any:
    """Return a pre-tokenizer of the library that cuts at each expression in turn."""
    splits = [pre_tokenizers.Split(Regex(expression), "isolated") for expression in expressions]
    return pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def model_with(pre_tokenizer: Any, folder: Path, *, ignore_merges: bool = False) -> Path:
    """Write a small model whose vocabulary reaches over every cut, so that another cut gives other tokens."""
    shape = Tiny(architecture="LlamaForCausalLM", layers=1, hidden=64, inner=64, heads=1, heads_kv=1, vocab=1400)
    build_shape(shape, folder)
    loose = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    write_tokenizer(folder, vocab=shape.vocab, pre_tokenizer=loose, lines=TEXTS, ignore_merges=ignore_merges)
    trained = Tokenizer.from_file(str(folder / "tokenizer.json"))
    trained.pre_tokenizer = pre_tokenizer
    trained.save(str(folder / "tokenizer.json"))
    return folder


def ids_of_llama(path: Path, texts: Sequence[str]) -> list[list[int]]:
    """Return llama.cpp's tokens."""
    model = NativeModel(path, context=16, threads=1)
    try:
        return [model.tokenize(text, add_special=False, parse_special=False) for text in texts]
    finally:
        model.close()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_what_llama_cpp_does_under_its_name(rule: Rule, tmp_path: Path) -> None:
    """A tokenizer that cuts as our rule is recognised by that name, and llama.cpp gives its tokens, also of Marathi."""
    folder = model_with(splitting(rule.expressions), tmp_path / "m", ignore_merges=rule.ignore_merges)
    source = open_source(folder)
    assert source.keys["tokenizer.ggml.pre"].value == rule.name
    write_gguf(source, tmp_path / "out.gguf", type="f16", metadata={})
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    wanted = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    loose = Tokenizer.from_file(str(folder / "tokenizer.json"))
    loose.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    assert wanted != [loose.encode(text).ids for text in TEXTS], "the vocabulary must reach over cuts to show them"
    assert ids_of_llama(tmp_path / "out.gguf", TEXTS) == wanted


@pytest.mark.parametrize("name", ["llama-bpe", "qwen2", "qwen35"])
def test_published_tokenizers_are_recognised(name: str) -> None:
    """The expressions that the models themselves publish are recognised under the name that llama.cpp gives them."""
    found = Tokenizer.from_str(json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}))
    found.pre_tokenizer = splitting([PUBLISHED[name]])
    assert recognise(pieces_of_tokenizer(found), ignore_merges=name == "llama-bpe") == name


@pytest.mark.parametrize("name", ["tekken", "gpt-4o"])
def test_a_rule_that_parts_from_its_original_on_marathi_is_refused(name: str) -> None:
    """llama.cpp's tekken and gpt-4o cut off Marathi vowel signs, which the models do not: refused, with the place."""
    found = Tokenizer.from_str(json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}))
    found.pre_tokenizer = splitting([PUBLISHED[name]])
    rule = next(rule for rule in RULES if rule.name == name)
    difference = difference_to(rule, pieces_of_tokenizer(found))
    assert difference is not None
    assert difference.theirs != difference.ours
    with pytest.raises(InputError, match=r"nearest is '.+', which differs on \d+ of \d+ probes"):
        recognise(pieces_of_tokenizer(found), ignore_merges=name == "tekken")


def test_the_wrong_ignore_merges_is_named() -> None:
    """A tokenizer that cuts as Qwen's but takes whole words first is refused for that reason, not for its cuts."""
    with pytest.raises(InputError, match=r"cuts text as qwen2 does, but has ignore_merges = true"):
        recognise(lambda text: list(cut(text, _rule("qwen2").expressions)), ignore_merges=True)


def test_every_two_rules_differ_on_a_probe() -> None:
    """No two rules agree on all probes, unless ignore_merges tells them apart: a name is never a guess."""
    for first in RULES:
        for second in RULES:
            same = difference_to(first, lambda text, rule=second: list(cut(text, rule.expressions))) is None  # type: ignore[misc]
            assert same == (first.expressions == second.expressions), (first.name, second.name)
            assert first is second or not same or first.ignore_merges != second.ignore_merges


def test_cutting_loses_nothing() -> None:
    """The pieces of a text put together are the text, for every rule."""
    for rule in RULES:
        for text in TEXTS:
            assert "".join(cut(text, rule.expressions)) == text


def test_a_normalizer_that_changes_text_is_refused() -> None:
    """A tokenizer that lowercases is not what llama.cpp does under any name."""
    from tokenizers import normalizers

    found = Tokenizer.from_str(json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": {}, "merges": []}}))
    found.pre_tokenizer = splitting([PUBLISHED["qwen2"]])
    found.normalizer = normalizers.Lowercase()
    with pytest.raises(InputError, match=r"nearest is 'qwen2'"):
        recognise(pieces_of_tokenizer(found), ignore_merges=False)
    found.normalizer = normalizers.NFC()
    assert recognise(pieces_of_tokenizer(found), ignore_merges=False) == "qwen2"


def _rule(name: str) -> Rule:
    return next(rule for rule in RULES if rule.name == name)
