"""What an adapter may be, and what is refused because no merge can express it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datakit.errors import InputError, UsageError
from export.adapter import open_adapter
from export.gguf_reader import open_gguf
from export.lora import write_lora
from export.source import Source, open_source
from export.write import write_gguf
from tests.export.writing.checkpoints import SHAPES, encode, tensor_shapes, write_adapter, write_safetensors
from tests.export.writing.reading import numbers

Q = "model.layers.0.self_attn.q_proj"
DOWN = "model.layers.3.mlp.down_proj"


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """An adapter for two modules of the Llama-shaped checkpoint."""
    sizes = tensor_shapes(SHAPES["llama31"])
    return write_adapter(tmp_path / "adapter", {name: sizes[f"{name}.weight"] for name in (Q, DOWN)})  # type: ignore[misc]


def edit(folder: Path, **options: Any) -> None:
    """Change options of an adapter's config."""
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | options))


def test_the_merge_is_base_plus_scale_b_a(adapter: Path, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """In f32 the file holds W + alpha/r · B · A for a changed module, computed here by hand, and W for every other."""
    base = tiny("llama31")
    write_gguf(open_source(base, adapter=adapter), tmp_path / "merged.gguf", type="f32", metadata={})
    write_gguf(open_source(base), tmp_path / "base.gguf", type="f32", metadata={})
    merged, plain = numbers(tmp_path / "merged.gguf"), numbers(tmp_path / "base.gguf")
    change = open_adapter(adapter).changes[DOWN]
    a, b = (stored.read(0, stored.rows) for stored in (change.a, change.b))
    name = "blk.3.ffn_down.weight"
    assert np.allclose(merged[name] - plain[name], (8 / 4) * (b @ a), atol=1e-6)
    changed = {key for key in merged if not np.array_equal(merged[key], plain[key])}
    assert changed == {"blk.0.attn_q.weight", name}


def test_the_merge_is_on_the_numbers_before_rounding(
    adapter: Path, tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    """A 16-bit file holds the sum rounded once, not a sum of rounded numbers."""
    source = open_source(tiny("llama31"), adapter=adapter)
    write_gguf(source, tmp_path / "f32.gguf", type="f32", metadata={})
    write_gguf(source, tmp_path / "f16.gguf", type="f16", metadata={})
    whole, halves = numbers(tmp_path / "f32.gguf"), numbers(tmp_path / "f16.gguf")
    for name, found in whole.items():
        wanted = found if found.ndim == 1 else found.astype(np.float16).astype(np.float32)
        assert np.array_equal(halves[name], wanted), name


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"peft_type": "LOHA"}, r"peft_type is 'LOHA'; expected 'LORA'"),
        ({"use_dora": True}, r"use_dora = True is not exported: DoRA scales each row"),
        ({"modules_to_save": ["lm_head"]}, r"modules_to_save = \['lm_head'\] is not exported"),
        ({"bias": "all"}, r"bias = 'all' is not exported"),
        ({"fan_in_fan_out": True}, r"fan_in_fan_out = True is not exported"),
        ({"r": 8}, r"A \[4, \d+\] and B \[\d+, 4\], but adapter_config\.json says rank 8"),
        ({"lora_alpha": None}, r"expected numbers r and lora_alpha, found 4 and None"),
        ({"lora_alpha": 0}, r"lora_alpha is 0"),
    ],
    ids=str,
)
def test_what_no_merge_can_express_is_refused(options: dict[str, Any], reason: str, adapter: Path) -> None:
    """Options of PEFT that change what the matrices mean are refused by name, with the reason."""
    edit(adapter, **options)
    with pytest.raises(InputError, match=reason):
        open_adapter(adapter)


def test_patterns_are_read_as_peft_reads_them(adapter: Path) -> None:
    """A rank or alpha pattern counts for the module whose name it ends, and the first that fits wins."""
    edit(adapter, alpha_pattern={"layers.3.mlp.down_proj": 2, "down_proj": 64}, use_rslora=True)
    changes = open_adapter(adapter).changes
    assert changes[DOWN].scale == 2 / 4**0.5
    assert changes[Q].scale == 8 / 4**0.5


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("base_model.model.model.embed_tokens.lora_embedding_A", "is no LoRA matrix of a linear module"),
        ("base_model.model.lm_head.weight", "is no LoRA matrix of a linear module"),
        ("base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight", r"v_proj has lora_A only"),
    ],
)
def test_a_tensor_that_is_no_pair_is_refused(name: str, reason: str, adapter: Path) -> None:
    """A saved embedding or half a pair is refused by name: nothing of an adapter is left out silently."""
    write_safetensors(adapter / "adapter_model.safetensors", {name: np.ones((4, 256), np.float32)})
    with pytest.raises(InputError, match=reason):
        open_adapter(adapter)


def test_an_adapter_of_another_base_is_refused(adapter: Path, tiny: Callable[[str], Path]) -> None:
    """A module of another size, or one that the base does not have, is named, and so is the adapter's own base."""
    with pytest.raises(InputError, match=r"q_proj is \[256, 256\], but the base's is \[192, 192\]; .*base \(tiny\)"):
        open_source(tiny("smollm"), adapter=adapter)
    folder = write_adapter(adapter.parent / "deep", {"model.layers.9.self_attn.q_proj": (256, 256)})
    with pytest.raises(
        InputError, match=r"changes model\.layers\.9\.self_attn\.q_proj, but the base has no such tensor"
    ):
        open_source(tiny("llama31"), adapter=folder)


def test_a_change_of_a_tied_output_is_refused(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """Where the embedding serves as output, an adapter for the output would change both, and is refused."""
    folder = write_adapter(tmp_path / "adapter", {"lm_head": (384, 256)})
    with pytest.raises(InputError, match=r"changes lm_head, but the embedding serves as output \(tied\)"):
        open_source(tiny("qwen2"), adapter=folder)


def test_a_diverged_run_is_refused(adapter: Path, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """An adapter that holds NaN ends the export with the module's name, and no file is left."""
    sizes = tensor_shapes(SHAPES["llama31"])[f"{Q}.weight"]
    tensors = {
        f"base_model.model.{Q}.lora_{part}.weight": np.full(shape, np.nan, np.float32)
        for part, shape in (("A", (4, sizes[1])), ("B", (sizes[0], 4)))
    }
    write_safetensors(adapter / "adapter_model.safetensors", tensors)
    source = open_source(tiny("llama31"), adapter=adapter)
    out = tmp_path / "out" / "x.gguf"
    with pytest.raises(InputError, match=r"adapter of model\.layers\.0\.self_attn\.q_proj holds numbers .* not finite"):
        write_gguf(source, out, type="f16", metadata={})
    with pytest.raises(InputError, match="not finite"):
        write_lora(source, out, metadata={})
    assert list(out.parent.iterdir()) == []


def test_an_adapter_in_sixteen_bits_is_read(adapter: Path) -> None:
    """Matrices saved in bfloat16 or half precision are taken as they are."""
    from export.adapter import as_f32

    wanted = np.linspace(-1, 1, 64, dtype=np.float32).reshape(4, 16)
    for dtype in ("BF16", "F16", "F32"):
        write_safetensors(adapter / "adapter_model.safetensors", {"x": wanted}, dtype=dtype)
        from export.checkpoint import read_header

        stored = read_header(adapter / "adapter_model.safetensors")["x"]
        assert np.allclose(as_f32(stored, 0, 4), wanted, atol=0.01), dtype
        assert len(encode(wanted, dtype)) == stored.rows * stored.columns * (4 if dtype == "F32" else 2)


def test_an_adapter_alone_has_the_keys_that_llama_cpp_asks_for(
    adapter: Path, tiny: Callable[[str], Path], tmp_path: Path
) -> None:
    """The adapter's file names its kind, its base's architecture and its alpha, and holds pairs in the base's names."""
    source = open_source(tiny("llama31"), adapter=adapter)
    written = write_lora(source, tmp_path / "lora.gguf", type="f16", metadata={"aurora.run_id": "abc"})
    found = open_gguf(tmp_path / "lora.gguf")
    keys = {name: value.value for name, value in found.keys.items()}
    assert (keys["general.type"], keys["adapter.type"], keys["general.architecture"]) == ("adapter", "lora", "llama")
    assert (keys["adapter.lora.alpha"], keys["aurora.run_id"]) == (8.0, "abc")
    assert {name: placed.shape for name, placed in found.tensors.items()} == {
        "blk.0.attn_q.weight.lora_a": (4, 256),
        "blk.0.attn_q.weight.lora_b": (256, 4),
        "blk.3.ffn_down.weight.lora_a": (4, 512),
        "blk.3.ffn_down.weight.lora_b": (256, 4),
    }
    assert (written.types, written.bytes) == ({"F16": 4}, (tmp_path / "lora.gguf").stat().st_size)


def test_an_adapter_alone_needs_an_adapter(llama: Source, tmp_path: Path) -> None:
    """Asked for the adapter of a source that has none, or in a type of blocks, the writer says so."""
    with pytest.raises(UsageError, match="opened without an adapter"):
        write_lora(llama, tmp_path / "x.gguf", metadata={})


def test_an_adapter_is_not_written_in_blocks(adapter: Path, tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """An adapter's own file is f32 or f16; anything else is refused."""
    source = open_source(tiny("llama31"), adapter=adapter)
    with pytest.raises(UsageError, match=r"type 'q8_0': an adapter is written in f32 or f16"):
        write_lora(source, tmp_path / "x.gguf", type="q8_0", metadata={})
