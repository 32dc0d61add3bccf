"""A GGUF's tokenizer joins pieces as SentencePiece does: held against the algorithm written out, piece by piece."""

import itertools
from pathlib import Path
from typing import Any

import gguf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.gguf_tokenizer import gguf_tokenizer

SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{number:02X}>" for number in range(256)]
LETTERS = ["▁", "a", "b", "c", "क", "ा"]


def written(path: Path, pieces: dict[str, float], **keys: Any) -> Path:
    """Write a GGUF whose vocabulary holds the special tokens, the bytes, and these pieces with their scores."""
    tokens = [*SPECIAL, *BYTES, *pieces]
    types = [2, 3, 3, *[6] * 256, *[1] * len(pieces)]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(keys.pop("context_length", 64))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_scores([0.0] * (3 + 256) + list(pieces.values()))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(keys.pop("add_space_prefix", False))
    for name, value in keys.items():
        getattr(writer, f"add_{name}")(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def joined(text: str, pieces: dict[str, float]) -> list[str]:
    """Join letters as SentencePiece does: of all neighbours those whose piece scores highest, leftmost first."""
    parts = list(text.replace(" ", "▁"))
    while True:
        pairs = [(pieces[one + other], -at) for at, (one, other) in enumerate(itertools.pairwise(parts))
                 if one + other in pieces]  # fmt: skip
        if not pairs:
            break
        at = -max(pairs)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    found: list[str] = []
    for part in parts:
        found += [part] if part in pieces else [f"<0x{byte:02X}>" for byte in part.encode()]
    return found


@st.composite
def vocabularies(draw: st.DrawFn) -> dict[str, float]:
    """Pieces in which every longer one can be joined from shorter ones, no two with one score."""
    pieces = list(LETTERS)
    for _ in range(draw(st.integers(0, 10))):
        piece = draw(st.sampled_from(pieces)) + draw(st.sampled_from(pieces))
        if piece not in pieces and len(piece) <= 6:
            pieces.append(piece)
    order = draw(st.permutations(range(len(pieces))))
    return {piece: -1.0 - place for piece, place in zip(pieces, order, strict=True)}


@settings(max_examples=60)
@given(vocabularies(), st.lists(st.text("abcका xश", min_size=1, max_size=10), min_size=1, max_size=4))
def test_texts_are_cut_as_sentencepiece_cuts_them(
    tmp_path_factory: pytest.TempPathFactory, pieces: dict[str, float], texts: list[str]
) -> None:
    """Whatever the scores, and with letters that are no piece, the tokens are those of the algorithm, and come back."""
    tokenizer = gguf_tokenizer(written(tmp_path_factory.mktemp("t") / "a.gguf", pieces))
    for text in texts:
        tokens = tokenizer.tokenize(text)
        assert tokens == joined(text, pieces)
        assert tokenizer.decode(tokenizer.convert_tokens_to_ids(tokens)) == text


def test_a_space_in_front_is_the_models_choice(tmp_path: Path) -> None:
    """Where the key says so a text gets a space in front, which goes again when it is decoded."""
    pieces = {"▁": -1.0, "a": -2.0, "▁a": -0.5}
    plain = gguf_tokenizer(written(tmp_path / "a.gguf", pieces))
    spaced = gguf_tokenizer(written(tmp_path / "b.gguf", pieces, add_space_prefix=True))
    assert plain.tokenize("a a") == ["a", "▁a"]
    assert spaced.tokenize("a a") == ["▁a", "▁a"]
    assert plain.decode(plain("a a")["input_ids"]) == spaced.decode(spaced("a a")["input_ids"]) == "a a"


def test_control_tokens_are_whole_in_text_and_pieces_are_not(tmp_path: Path) -> None:
    """A control token written in a text is that token: it is what `trainer` refuses in the data."""
    tokenizer = gguf_tokenizer(written(tmp_path / "a.gguf", dict.fromkeys(LETTERS, -1.0)))
    assert tokenizer("a</s>b")["input_ids"][1] == 2
    assert {"<s>", "</s>"} <= set(tokenizer.all_special_tokens)
    assert "<0x41>" not in tokenizer.all_special_tokens


def test_settings_come_from_the_keys(tmp_path: Path) -> None:
    """The length, the template and the named tokens are those of the file."""
    path = written(
        tmp_path / "a.gguf", dict.fromkeys(LETTERS, -1.0), context_length=2048, chat_template="{{ bos_token }}नमस्कार",
        pad_token_id=1,
    )  # fmt: skip
    tokenizer = gguf_tokenizer(path)
    assert tokenizer.model_max_length == 2048
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.unk_token, tokenizer.pad_token) == (
        "<s>", "</s>", "<unk>", "<s>",
    )  # fmt: skip
    assert tokenizer.apply_chat_template([{"role": "user", "content": "क"}], tokenize=False) == "<s>नमस्कार"


def test_without_a_key_padding_is_the_end(tmp_path: Path) -> None:
    """A model without a padding token pads with its end token, which no loss counts there."""
    tokenizer = gguf_tokenizer(written(tmp_path / "a.gguf", dict.fromkeys(LETTERS, -1.0)))
    assert tokenizer.pad_token == "</s>"
