"""Bases: found by what people write, told apart by their weights, never a pickle, never the network."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError
from datakit.lineage import content_root, sha256_file
from tests.trainer.made import CURATED_TEXT
from trainer.base import load_base
from trainer.gguf_tokenizer import gguf_tokenizer


def test_the_random_base_follows_from_its_text_and_seed(tiny: Any, tmp_path: Path) -> None:
    """The same text and seed give the same weights and tokenizer to the byte; another seed gives other weights."""
    again = load_base("random", texts=CURATED_TEXT[::-1], work=tmp_path / "a", seed=1)
    other = load_base("random", texts=CURATED_TEXT, work=tmp_path / "b", seed=2)
    assert again.sha256 == tiny.sha256 != other.sha256
    assert (again.path / "tokenizer.json").read_bytes() == (tiny.path / "tokenizer.json").read_bytes()
    assert again.identity() == {
        "name": "random-llama", "sha256": tiny.sha256, "architecture": "LlamaForCausalLM", "form": "random",
    }  # fmt: skip


def test_a_folder_is_a_base_whatever_it_is_called(tiny: Any, tmp_path: Path) -> None:
    """The hash is over the weight files: a copy elsewhere is the same base, one changed byte is another."""
    copy = tmp_path / "my-model"
    shutil.copytree(tiny.path, copy)
    base = load_base(str(copy), work=tmp_path)
    assert (base.name, base.form, base.sha256) == ("my-model", "safetensors", tiny.sha256)
    assert base.sha256 == content_root([sha256_file(copy / "model.safetensors")])
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    assert load_base(str(copy), work=tmp_path).sha256 != tiny.sha256


def test_a_pickle_is_never_read(tiny: Any, tmp_path: Path) -> None:
    """A folder with pytorch_model.bin alone is refused, and the reason is given."""
    copy = tmp_path / "m"
    shutil.copytree(tiny.path, copy)
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pytorch_model\.bin can run code when loaded and is never read"):
        load_base(str(copy), work=tmp_path)


def test_remote_code_is_never_run(tiny: Any, tmp_path: Path) -> None:
    """A configuration that points to code of its own does not get it executed."""
    copy = tmp_path / "m"
    shutil.copytree(tiny.path, copy)
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoModelForCausalLM": "evil.Evil", "AutoConfig": "evil.Config"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    from trainer.engine import EngineOptions, Lora
    from trainer.engines import hf

    lora = Lora(rank=2, alpha=2, targets=("q_proj",))
    with pytest.raises((ValueError, InputError, OSError)):
        hf.open_engine(load_base(str(copy), work=tmp_path), lora, device="cpu", seed=1, options=EngineOptions())
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.gguf", "no such file; expected a .gguf"),
        ("nowhere", "no such folder; expected a folder with safetensors, a .gguf file, smollm2, random"),
        ("who/what", r"nothing is fetched unless asked for .* pass --allow-download"),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, name: str, message: str) -> None:
    """A missing file, a missing folder, a hub name that is not in the cache: each says what would do."""
    with pytest.raises(InputError, match=message):
        load_base(name, work=tmp_path)


def test_a_broken_folder_is_told(tiny: Any, tmp_path: Path) -> None:
    """A folder without config.json, or with a broken one, names the file."""
    copy = tmp_path / "m"
    shutil.copytree(tiny.path, copy)
    (copy / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"config\.json: cannot be read"):
        load_base(str(copy), work=tmp_path)
    (copy / "config.json").write_text((tiny.path / "config.json").read_text())
    (copy / "tokenizer.json").write_text("{")
    with pytest.raises(InputError, match="its tokenizer cannot be read"):
        load_base(str(copy), work=tmp_path)


def written(path: Path, **keys: Any) -> Path:
    """Write a GGUF that holds nothing but a vocabulary."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_context_length(64)
    for name, value in keys.items():
        getattr(writer, f"add_{name}")(value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def byte_level(path: Path, pre: str) -> Any:
    from tokenizers import pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = ["<|im_end|>", *alphabet, "12", "ab"]
    return gguf_tokenizer(
        written(
            path, tokenizer_model="gpt2", tokenizer_pre=pre, token_list=tokens, eos_token_id=0,
            token_types=[3] + [1] * (len(tokens) - 1), token_merges=["1 2", "a b"],
        )
    )  # fmt: skip


def test_digits_are_split_as_the_models_key_says(tmp_path: Path) -> None:
    """SmolLM2's digits stand alone, GPT-2's merge, Llama-3's and Qwen's follow their patterns."""
    assert byte_level(tmp_path / "a.gguf", "smollm").tokenize("ab12") == ["ab", "1", "2"]
    assert byte_level(tmp_path / "b.gguf", "gpt-2").tokenize("ab12") == ["ab", "12"]
    assert byte_level(tmp_path / "c.gguf", "llama-bpe").tokenize("ab12") == ["ab", "12"]
    assert byte_level(tmp_path / "d.gguf", "qwen2").tokenize("ab12") == ["ab", "1", "2"]
    tokenizer = byte_level(tmp_path / "e.gguf", "smollm")
    assert tokenizer("ab<|im_end|>")["input_ids"][-1] == 0
    assert tokenizer.decode(tokenizer("शिव १२")["input_ids"]) == "शिव १२"


def test_an_unknown_cut_is_refused_not_guessed(tmp_path: Path) -> None:
    """A pre-tokenizer that is not known here would silently give other tokens: it is refused by name."""
    with pytest.raises(InputError, match=r"tokenizer\.ggml\.pre is 'fancy'; known are gpt-2"):
        byte_level(tmp_path / "a.gguf", "fancy")
    with pytest.raises(InputError, match="a vocabulary of kind 'bert'"):
        gguf_tokenizer(written(tmp_path / "b.gguf", tokenizer_model="bert", token_list=["a"]))
    with pytest.raises(InputError, match=r"no tokenizer\.ggml\.tokens"):
        gguf_tokenizer(written(tmp_path / "c.gguf"))


def test_sentencepiece_merges_by_score(tmp_path: Path) -> None:
    """Of two ways to join, the piece with the higher score wins, and bytes stand in for what is missing."""
    tokens = ["<unk>", "<bos>", "<0xE0>", "<0xA4>", "<0x95>", "▁", "a", "b", "c", "bc", "ab"]
    types = [2, 3, 6, 6, 6, 1, 1, 1, 1, 1, 1]
    scores = [0.0, 0.0, 0.0, 0.0, 0.0, -9.0, -9.0, -9.0, -9.0, -1.0, -2.0]
    tokenizer = gguf_tokenizer(
        written(
            tmp_path / "a.gguf", tokenizer_model="llama", token_list=tokens, token_types=types, token_scores=scores,
            bos_token_id=1, unk_token_id=0, add_space_prefix=False,
        )
    )  # fmt: skip
    assert tokenizer.tokenize("abc") == ["a", "bc"]
    assert tokenizer.tokenize("ab c") == ["ab", "▁", "c"]
    assert tokenizer.tokenize("क") == ["<0xE0>", "<0xA4>", "<0x95>"]
    assert tokenizer.decode(tokenizer("ab क")["input_ids"]) == "ab क"
