"""Folders that are not whole, and what is said about them before a byte is written."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datakit.errors import InputError
from export.checkpoint import open_checkpoint, read_header, read_json
from export.source import open_source
from export.write import write_gguf
from tests.export.writing.checkpoints import SHAPES, Tiny, build, build_shape, write_safetensors


@pytest.fixture
def folder(tiny: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the Llama-shaped checkpoint, to be damaged."""
    return Path(shutil.copytree(tiny("llama31"), tmp_path / "base"))


def edit(folder: Path, **values: Any) -> None:
    """Change values of a config.json; None removes one."""
    config = json.loads((folder / "config.json").read_text()) | values
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def test_a_missing_shard_is_named_with_what_it_held(tmp_path: Path) -> None:
    """A shard that was not fetched is named, with the number of tensors that the index puts there."""
    base = build("llama31", tmp_path / "base", shards=3)
    (base / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(InputError, match=r"model-00002-of-00003\.safetensors: missing; .* puts 13 tensors there"):
        open_source(base)


def test_an_index_that_promises_more_is_refused(tmp_path: Path) -> None:
    """A tensor that the index names and no shard holds is refused by name."""
    base = build("qwen2", tmp_path / "base", shards=2)
    path = base / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"]["model.layers.7.ghost.weight"] = "model-00001-of-00002.safetensors"
    path.write_text(json.dumps(index))
    with pytest.raises(InputError, match=r"names 1 tensors that no shard holds, the first is model\.layers\.7\.ghost"):
        open_source(base)


@pytest.mark.parametrize("keep", [0, 4, 8, 500, 2000, -1])
def test_a_file_cut_at_any_place_is_refused(keep: int, folder: Path) -> None:
    """Cut in its length, its header or its last byte, a checkpoint is refused when opened, with its name."""
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])
    with pytest.raises(InputError, match=r"model\.safetensors"):
        open_source(folder)


def test_a_pointer_of_git_lfs_is_recognised(folder: Path) -> None:
    """The commonest broken download is called by its name."""
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    with pytest.raises(InputError, match=r"not safetensors: .* pointer of Git LFS"):
        open_source(folder)


def test_pickled_weights_are_not_read(folder: Path) -> None:
    """A folder with pytorch_model.bin only is refused, and told how to save it otherwise."""
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"no weights here; .*pytorch_model\.bin\) are not read"):
        open_source(folder)


def test_a_four_bit_base_is_refused(folder: Path) -> None:
    """Weights in 8 or 4 bits are never merged on: refused with the tensor and its type."""
    head = json.dumps({"model.norm.weight": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + b"1234")
    with pytest.raises(InputError, match=r"model\.norm\.weight is U8; .* never on a quantized one"):
        open_source(folder)


def test_an_unknown_architecture_is_refused_by_name(folder: Path) -> None:
    """The message names what was found, the known ones and the nearest."""
    edit(folder, architectures=["Qwen4ForCausalLM"])
    with pytest.raises(InputError) as caught:
        open_source(folder)
    assert "architecture Qwen4ForCausalLM cannot be exported; the nearest known is Qwen" in str(caught.value)
    assert "known: LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"num_hidden_layers": 3}, r"holds layer 3, but its config counts 3 layers"),
        ({"num_hidden_layers": 5}, r"9 tensors are missing, such as blk\.4\."),
        ({"hidden_size": None}, r"num_attention_heads and hidden_size are missing"),
        ({"max_position_embeddings": None}, r"max_position_embeddings is missing; a GGUF of llama needs it"),
        (
            {"rope_scaling": {"rope_type": "dynamic", "factor": 2}},
            r"rope type 'dynamic' is not exported; known: default",
        ),
    ],
    ids=str,
)
def test_a_config_that_does_not_fit_is_refused(values: dict[str, Any], reason: str, folder: Path) -> None:
    """A config that contradicts the weights, or lacks a number, is refused with that number."""
    edit(folder, **values)
    with pytest.raises(InputError, match=reason):
        open_source(folder)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"query_pre_attn_scalar": 256},
            r"query_pre_attn_scalar is 256; llama\.cpp's gemma3 scales such a model by 64",
        ),
        ({"sliding_window_pattern": 4}, r"layers \[3\] attend to everything; .* every 6th"),
        ({"layer_types": ["full_attention"] * 7}, r"layers \[0, 1, 2, 3, 4, 5, 6\] attend to everything"),
        ({"attn_logit_softcapping": 50.0}, r"attn_logit_softcapping is set"),
    ],
    ids=str,
)
def test_a_gemma_that_llama_cpp_would_compute_otherwise_is_refused(
    values: dict[str, Any], reason: str, tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    """What a GGUF of Gemma 3 cannot express is refused: the file would load and answer with other numbers."""
    base = Path(shutil.copytree(tiny("gemma3"), tmp_path / "base"))
    edit(base, **values)
    with pytest.raises(InputError, match=reason):
        open_source(base)


def test_a_tensor_that_has_no_place_is_refused(folder: Path) -> None:
    """A tensor that no rule knows is not left out but refused by name."""
    write_safetensors(folder / "model-extra.safetensors", {"model.layers.0.mlp.router.weight": np.ones((2, 2))})
    with pytest.raises(
        InputError, match=r"tensor model\.layers\.0\.mlp\.router\.weight has no place in a GGUF of llama"
    ):
        open_source(folder)


def test_a_model_with_eyes_is_read_as_a_language_model(tmp_path: Path) -> None:
    """Gemma 3 with a vision tower gives the file of its language part: nested config, prefixed names, no tower."""
    inner = SHAPES["gemma3"]
    plain = build_shape(inner, tmp_path / "plain")
    seeing = build_shape(inner, tmp_path / "seeing")
    stored = {
        f"language_model.{name}": tensor.read(0, tensor.rows).astype(np.uint32) << 16
        for name, tensor in open_checkpoint(plain).items()
    }
    shapes = {f"language_model.{name}": tensor.shape for name, tensor in open_checkpoint(plain).items()}
    arrays: dict[str, Any] = {name: bits.view(np.float32).reshape(shapes[name]) for name, bits in stored.items()}
    arrays["vision_tower.vision_model.embeddings.patch.weight"] = np.ones((4, 4), np.float32)
    write_safetensors(seeing / "model.safetensors", arrays, dtype="BF16")
    config = json.loads((plain / "config.json").read_text())
    outer = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": config}
    (seeing / "config.json").write_text(json.dumps(outer))
    for name in ("plain", "seeing"):
        write_gguf(open_source(tmp_path / name), tmp_path / f"{name}.gguf", type="bf16", metadata={})
    assert (tmp_path / "plain.gguf").read_bytes() == (tmp_path / "seeing.gguf").read_bytes()


def test_both_generations_of_rope_configs_are_the_same(folder: Path, tmp_path: Path) -> None:
    """rope_theta beside rope_scaling, and all in rope_parameters as transformers 5 saves it, give the same file."""
    first = write_gguf(open_source(folder), tmp_path / "a.gguf", type="bf16", metadata={})
    config = json.loads((folder / "config.json").read_text())
    merged = config["rope_scaling"] | {"rope_theta": config["rope_theta"]}
    edit(folder, rope_scaling=None, rope_theta=None, rope_parameters=merged)
    assert write_gguf(open_source(folder), tmp_path / "b.gguf", type="bf16", metadata={}).sha256 == first.sha256


def test_numbers_too_large_for_half_precision_are_refused(tmp_path: Path) -> None:
    """A weight above 65504 would become infinite in f16: refused with the tensor and the way out, which works."""
    shape = Tiny(architecture="LlamaForCausalLM", layers=1, hidden=64, inner=64, heads=1, heads_kv=1, vocab=300)
    for dtype in ("BF16", "F32"):
        base = build_shape(shape, tmp_path / dtype)
        stored = {
            name: np.full(tensor.shape, 1e5 if "up_proj" in name else 0.5, np.float32)
            for name, tensor in read_header(base / "model.safetensors").items()
        }
        write_safetensors(base / "model.safetensors", stored, dtype=dtype)
        with pytest.raises(InputError, match=r"blk\.0\.ffn_up\.weight: holds numbers above 65504.*export as bf16"):
            write_gguf(open_source(base), tmp_path / "x.gguf", type="f16", metadata={})
        write_gguf(open_source(base), tmp_path / "x.gguf", type="bf16", metadata={})


def test_json_that_is_none_is_named(tmp_path: Path) -> None:
    """A config that is missing, torn or a list is refused with its path."""
    for content, reason in (
        (None, "cannot be read"),
        (b"{", "not JSON"),
        (b"[1]", "expected a JSON object, found list"),
    ):
        if content is not None:
            (tmp_path / "config.json").write_bytes(content)
        with pytest.raises(InputError, match=f"config.json: {reason}"):
            read_json(tmp_path / "config.json")
