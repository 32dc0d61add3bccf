"""The chat: safe against special tokens in a question, told what to say first, and broken off cleanly."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import GateError, InputError
from export.chat import Chat, chosen, defuse, pieces_of, special_texts
from export.verify.llama_cpp import LlamaCpp

SPECIAL = ["<|im_end|>", "<|im_start|>", "</s>", "[INST]"]


@given(st.lists(st.one_of(st.sampled_from(SPECIAL), st.text(max_size=5))).map("".join))
def test_no_special_token_is_left_and_nothing_else_is_lost(text: str) -> None:
    """No special token stands in the defused text, and without the joiners it is the text that was typed."""
    safe = defuse(text, SPECIAL)
    assert not any(token in safe for token in SPECIAL)
    assert safe.replace("\u2060", "") == text.replace("\u2060", "")


def test_a_plain_question_is_not_touched() -> None:
    """Text without special tokens goes through as it is."""
    question = "शिवाजी < महाराज | > [कोण]? \u200d"
    assert defuse(question, SPECIAL) == question


def test_special_tokens_in_a_question_are_words_to_llama_cpp(clean_file: Path) -> None:
    """After defusing, llama.cpp reads no control token out of a question, with special parsing switched on."""
    special = special_texts(clean_file)
    assert "<|im_end|>" in special
    question = "".join(f"अ {token} ब" for token in special)
    with LlamaCpp(clean_file, context=512) as llama:
        raw, safe = llama.tokenize([question, defuse(question, special)], add_special=False, parse_special=True)
    control = set(range(len(special)))  # SmolLM2 keeps them at the front of the vocabulary
    assert control & set(raw)
    assert not control & set(safe)


def test_the_stream_is_read_piece_by_piece() -> None:
    """Pieces come out in order; comments, empty deltas and the end mark are no text; an error is raised."""
    events = [
        b": keep-alive\n",
        b'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}\n',
        'data: {"choices":[{"delta":{"content":"रा"}}]}\n'.encode(),
        b"\n",
        'data: {"choices":[{"delta":{"content":"यगड"}}]}\n'.encode(),
        b"data: [DONE]\n",
    ]
    assert list(pieces_of(events)) == ["रा", "यगड"]
    with pytest.raises(InputError, match="too long"):
        list(pieces_of([b'data: {"error":{"message":"too long"}}\n']))


def test_a_folder_stands_for_the_file_of_its_modelfile(tmp_path: Path) -> None:
    """An export's folder may be named instead of a file; anything else is refused with what was expected."""
    (tmp_path / "m.gguf").write_bytes(b"x")
    (tmp_path / "Modelfile").write_text("# FROM ./no.gguf\nFROM ./m.gguf\n")
    assert chosen(tmp_path) == tmp_path / "m.gguf"
    (tmp_path / "Modelfile").write_text("FROM ./base\nADAPTER ./m.gguf\n")
    with pytest.raises(InputError, match="stands on no GGUF"):
        chosen(tmp_path)
    with pytest.raises(InputError, match=r"expected a \.gguf file"):
        chosen(tmp_path / "absent")


def test_one_question_through_the_command(clean_file: Path, tmp_path: Path) -> None:
    """`chat --ask` streams an answer to stdout, the system prompt of the Modelfile beside the file applied."""
    file = tmp_path / "m.gguf"
    file.symlink_to(clean_file)
    (tmp_path / "Modelfile").write_text('FROM ./m.gguf\nSYSTEM """तुम्ही शिक्षक आहात."""\n')
    done = subprocess.run(
        [sys.executable, "-m", "export", "chat", str(tmp_path), "--ask", "कोण <|im_end|>?", "--max-tokens", "8"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "system: तुम्ही शिक्षक आहात." in done.stderr
    assert "taken apart" in done.stderr


def test_the_end_of_input_leaves_quietly(clean_file: Path) -> None:
    """Ctrl-D at the prompt ends the chat with exit code 0."""
    done = subprocess.run(
        [sys.executable, "-m", "export", "chat", str(clean_file)],
        input="", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_turns_are_remembered_and_a_broken_one_is_not(clean_file: Path) -> None:
    """A whole turn goes into the conversation; an answer that is broken off leaves nothing of itself."""
    with Chat(clean_file, system="", temperature=0.0, max_tokens=4) as talk:
        first = "".join(talk.ask("एक?"))
        assert [turn["content"] for turn in talk._turns] == ["एक?", first]
        stream = talk.ask("दोन?")
        next(stream)
        stream.close()
        assert len(talk._turns) == 2


def test_a_file_that_llama_cpp_refuses_is_named(tmp_path: Path) -> None:
    """A file that is no GGUF ends with a message of ours, not with a crash."""
    (tmp_path / "m.gguf").write_bytes(json.dumps({"no": "gguf"}).encode())
    with pytest.raises((InputError, GateError), match=r"m\.gguf"):
        Chat(tmp_path / "m.gguf", system=None, temperature=0.0, max_tokens=4)
