"""The system prompt of an export's Modelfile is the one that `gguf-export chat` asks with, wherever it stands."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError
from export.chat import _system_of, special_texts
from export.gguf_values import Value
from export.layout import lay_out
from export.modelfile import modelfile, settle, system_of
from tests.export.test_modelfile import CHAT, HOSTILE


def written(system: str | None) -> str:
    """A Modelfile with a system prompt, as an export writes it."""
    return modelfile(
        file="m.gguf", others=[], prompting=settle(CHAT, system), stop=["</s>"], licence="MIT", comment=["टीप"]
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_back(name: str) -> None:
    """Joiners of Marathi spelling stand in the TEMPLATE, since Ollama drops them in SYSTEM: found all the same."""
    assert system_of(written(HOSTILE[name])) == HOSTILE[name].strip()


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\{}\n\u200d🚩U0')))
def test_any_text_is_read_back(text: str) -> None:
    """For every system prompt the chat asks with what the Modelfile asks with, its outer spaces aside."""
    assert system_of(written(text)) == (text.strip() or None)


def test_no_text_is_none() -> None:
    """Without a system prompt, without a template and without a Modelfile there is none to read."""
    assert system_of(written(None)) is None
    assert system_of("FROM ./m.gguf\n") is None
    assert system_of('FROM ./m.gguf\nTEMPLATE """{{ $other := "x" }}"""\n') is None
    bare = modelfile(file="m.gguf", others=[], prompting=None, stop=[], licence="MIT", comment=[])
    assert system_of(bare) is None


def test_a_modelfile_that_is_no_text_is_named(tmp_path: Path) -> None:
    """A Modelfile in another encoding is named, with the option that goes around it."""
    assert _system_of(tmp_path) is None
    (tmp_path / "Modelfile").write_bytes(b'SYSTEM """\xff"""\n')
    with pytest.raises(
        InputError, match=r"Modelfile: cannot be read as UTF-8 .*; give the system prompt with --system"
    ):
        _system_of(tmp_path)


@pytest.mark.parametrize("left_out", ["tokens", "token_type"])
def test_a_file_without_a_vocabulary_has_no_special_tokens(left_out: str, tmp_path: Path) -> None:
    """Where a GGUF names no tokens or no kinds there is nothing to take apart."""
    keys = {
        "tokenizer.ggml.tokens": Value("[str]", ["<s>", "क", "</s>"]),
        "tokenizer.ggml.token_type": Value("[i32]", [3, 1, 3]),
    }
    whole, part = tmp_path / "whole.gguf", tmp_path / "part.gguf"
    whole.write_bytes(lay_out(keys, [], {}).head)
    part.write_bytes(lay_out({n: v for n, v in keys.items() if not n.endswith(f".{left_out}")}, [], {}).head)
    assert special_texts(whole) == ["<s>", "</s>"]
    assert special_texts(part) == []
