"""GGUF heads read without their vocabulary: the same settings and tensors, at a hundredth of the work."""

import re
import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from datakit.errors import InputError, IntegrityError
from trainer.base import gguf_config, load_base
from trainer.gguf_heads import LONGEST_SETTING, without_vocabulary
from trainer.gguf_tokenizer import gguf_tokenizer

TOKENS = [f"शब्द{n}" for n in range(LONGEST_SETTING + 3)]
VOCABULARY = ("tokens", "scores", "token_type", "merges")


def written(
    path: Path, *, tokens: list[str] = TOKENS, big: bool = False, widths: tuple[int, ...] = (), **settings: int
) -> Path:
    """Write a GGUF of a small Llama: settings, a vocabulary, a list a layer, and two tensors."""
    order = gguf.GGUFEndian.BIG if big else gguf.GGUFEndian.LITTLE
    writer = gguf.GGUFWriter(path, "llama", endianess=order)
    writer.add_name("लहान")
    for name, value in {"context_length": 64, "block_count": 2, "embedding_length": 32, **settings}.items():
        writer.add_uint32(f"llama.{name}", value)
    writer.add_uint32("llama.attention.head_count", 4)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    writer.add_array("llama.widths", [64, 48])
    if widths:
        writer.add_array("llama.feed_forward_length", widths)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(n) for n in range(len(tokens))])
    writer.add_token_types([1] * len(tokens))
    writer.add_token_merges([f"{token[0]} {token[1:]}" for token in tokens])
    writer.add_chat_template("{{ messages }}")
    writer.add_tensor("token_embd.weight", np.arange(64, dtype=np.float32).reshape(2, 32))
    writer.add_tensor("output_norm.weight", np.ones(32, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def brief(path: Path) -> Any:
    with without_vocabulary():
        return gguf.GGUFReader(path)


@pytest.mark.parametrize("big", [False, True], ids=["little-endian", "big-endian"])
def test_settings_and_tensors_are_those_of_the_whole_reader(tmp_path: Path, big: bool) -> None:
    """Every key but the vocabulary has its value, and every tensor its shape, type, place and numbers."""
    path = written(tmp_path / "a.gguf", big=big)
    whole, found = gguf.GGUFReader(path), brief(path)
    assert list(found.fields) == list(whole.fields)
    for name, field in whole.fields.items():
        if not name.endswith(VOCABULARY):
            assert found.fields[name].contents() == field.contents(), name
            assert found.fields[name].types == field.types
    assert found.fields["llama.widths"].contents() == [64, 48]
    assert found.data_offset == whole.data_offset
    for one, other in zip(found.tensors, whole.tensors, strict=True):
        assert (one.name, one.tensor_type, one.data_offset) == (other.name, other.tensor_type, other.data_offset)
        np.testing.assert_array_equal(one.data, other.data)


def test_a_vocabulary_is_counted_and_not_taken_apart(tmp_path: Path) -> None:
    """The number of tokens is true, and no piece of memory is made for any of them."""
    found = brief(written(tmp_path / "a.gguf"))
    for name in ("tokens", "merges"):
        field = found.fields[f"tokenizer.ggml.{name}"]
        assert len(field.data) == len(TOKENS)
        assert len(field.parts) < 10
    assert len(found.fields["tokenizer.ggml.scores"].parts) < 10


@pytest.mark.parametrize("count", [1, LONGEST_SETTING, LONGEST_SETTING + 1])
def test_a_short_list_is_read_item_by_item(tmp_path: Path, count: int) -> None:
    """Up to the length of a setting a list has its items; past it, their number only, and the rest is still found."""
    found = brief(written(tmp_path / "a.gguf", tokens=TOKENS[:count]))
    field = found.fields["tokenizer.ggml.tokens"]
    assert len(field.data) == count
    assert (field.types[0] == gguf.GGUFValueType.ARRAY) is (count <= LONGEST_SETTING)
    if count <= LONGEST_SETTING:
        assert field.contents()[-1] == TOKENS[count - 1]
    assert found.fields["tokenizer.chat_template"].contents() == "{{ messages }}"
    assert [tensor.name for tensor in found.tensors] == ["token_embd.weight", "output_norm.weight"]


def test_texts_of_any_length_are_stepped_over(tmp_path: Path) -> None:
    """Empty tokens, tokens of 5,000 bytes and joiners leave what follows where it is."""
    odd = ["", "क" * 5_000, "क्\u200dष", "\u200c", "😀"]
    tokens = [odd[n % len(odd)] + (str(n) if n % 3 else "") for n in range(LONGEST_SETTING + 50)]
    path = written(tmp_path / "a.gguf", tokens=[token or "x" for token in tokens])
    found = brief(path)
    assert found.fields["tokenizer.chat_template"].contents() == "{{ messages }}"
    np.testing.assert_array_equal(found.tensors[0].data, np.arange(64, dtype=np.float32).reshape(2, 32))


def test_the_configuration_is_the_one_of_the_whole_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers derives the same configuration, the size of a vocabulary that no key states included."""
    path = written(tmp_path / "a.gguf", **{"attention.head_count_kv": 2})
    quick = gguf_config(path).to_dict()
    assert quick["vocab_size"] == len(TOKENS)
    assert quick["num_hidden_layers"] == 2
    monkeypatch.setattr("trainer.gguf_heads.LONGEST_SETTING", 10**9)
    assert gguf_config(path).to_dict() == quick


def test_the_configuration_of_a_real_model(smollm2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SmolLM2's GGUF gives the same configuration either way, and the tokenizer still has every token."""
    quick = gguf_config(smollm2).to_dict()
    monkeypatch.setattr("trainer.gguf_heads.LONGEST_SETTING", 10**9)
    assert gguf_config(smollm2).to_dict() == quick
    assert len(gguf_tokenizer(smollm2)) == quick["vocab_size"] == 49_152


def test_the_reader_is_put_back(tmp_path: Path) -> None:
    """After reading, and after an error, the package has its own reader again; one within the other is no harm."""
    own = gguf.GGUFReader
    with without_vocabulary():
        assert gguf.GGUFReader is not own
        with without_vocabulary():
            assert len(gguf.GGUFReader(written(tmp_path / "a.gguf")).tensors) == 2
        assert gguf.GGUFReader is not own
    assert gguf.GGUFReader is own
    with pytest.raises(RuntimeError, match="halfway"), without_vocabulary():
        raise RuntimeError("halfway")
    assert gguf.GGUFReader is own


def _claim(path: Path, name: str, count: int) -> Path:
    """Change the number of items that an array claims."""
    data = bytearray(path.read_bytes())
    at = data.index(name.encode()) + len(name)
    kind, _, had = struct.unpack_from("<IIQ", data, at)
    assert (kind, had) == (9, len(TOKENS))
    struct.pack_into("<Q", data, at + 8, count)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.merges"])
@pytest.mark.parametrize("count", [2**40, 2**62], ids=["a million million", "more than memory"])
def test_a_claim_beyond_the_file_is_refused(tmp_path: Path, name: str, count: int) -> None:
    """An array that says it has more than the file can hold is an error that names the file, and takes no memory."""
    path = _claim(written(tmp_path / "a.gguf"), name, count)
    with pytest.raises(ValueError, match=r"the file ends in text|goes beyond the file's"):
        brief(path)
    with pytest.raises(InputError, match=r"a\.gguf: transformers cannot read this GGUF"):
        gguf_config(path)
    with pytest.raises(IntegrityError, match=rf"a\.gguf: byte \d+: '{re.escape(name)}' (claims|needs) [\d,]+ "):
        load_base(str(path), work=tmp_path)


def test_a_setting_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A model whose layers differ in width, which transformers has no class for, is refused in one sentence."""
    path = written(tmp_path / "a.gguf", tokens=TOKENS[:9], widths=(64, 48))
    with pytest.raises(InputError, match=r"a\.gguf: transformers cannot read this GGUF .*intermediate_size"):
        gguf_config(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_file_cut_inside_its_vocabulary_is_refused(tmp_path: Path, share: float) -> None:
    """Wherever the vocabulary is cut, the base is refused by name instead of read with what is left."""
    path = written(tmp_path / "a.gguf")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError, match=r"a\.gguf: transformers cannot read this GGUF"):
        gguf_config(path)
    with pytest.raises(IntegrityError, match=r"a\.gguf: byte \d+: .*it is cut short: copy or export it again"):
        load_base(str(path), work=tmp_path)


def test_a_token_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Half a character in the vocabulary is an error with the number of the token, not one of a library's depths."""
    path = written(tmp_path / "a.gguf", tokens=["अ", "marker-here", "आ"])
    path.write_bytes(path.read_bytes().replace(b"marker-here", b"\xe0\xa4rker-here"))
    with pytest.raises(InputError, match=r"a\.gguf: token 1 is no UTF-8: b'\\xe0\\xa4rker-here'; expected text"):
        gguf_tokenizer(path)
