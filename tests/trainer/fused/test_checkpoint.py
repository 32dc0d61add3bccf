"""Where the fused engine finds its tensors: one file or several, whole or in NF4, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from datakit.errors import InputError  # noqa: E402
from trainer.fused.checkpoint import Checkpoint, join, open_checkpoint  # noqa: E402
from trainer.fused.linear import Nf4  # noqa: E402

CPU = torch.device("cpu")
NAME = "model.layers.0.mlp.up_proj"


def saved(path: Path, **tensors: Any) -> Path:
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, metadata={"format": "pt"})
    return path


def unpacked(found: Nf4, rows: int) -> Any:
    """Return the values of an NF4 weight, by the definition: sixteen values times the size of their 64."""
    pairs = found.packed.flatten().int()
    values = found.code[torch.stack((pairs >> 4, pairs & 15), dim=1)].view(-1, 64) * found.absmax[:, None]
    return values.view(rows, -1)


def test_tensors_of_several_files_are_found_by_name(tmp_path: Path) -> None:
    """Without an index every safetensors file of the folder is looked into; each tensor comes from its own."""
    saved(tmp_path / "model-00001-of-00002.safetensors", a=torch.ones(2))
    saved(tmp_path / "model-00002-of-00002.safetensors", b=torch.zeros(3))
    checkpoint = open_checkpoint(tmp_path, CPU)
    assert ("a" in checkpoint, "b" in checkpoint, "c" in checkpoint) == (True, True, False)
    assert checkpoint.tensor("a").tolist() == [1, 1]
    assert checkpoint.tensor("b").tolist() == [0, 0, 0]
    checkpoint.close()
    assert checkpoint.tensor("b").tolist() == [0, 0, 0], "closed files are opened again where they are wanted"


def test_an_index_has_the_last_word(tmp_path: Path) -> None:
    """Where an index names the files, a file that it does not name is not read, though it holds the same name."""
    saved(tmp_path / "old.safetensors", a=torch.zeros(2))
    saved(tmp_path / "new.safetensors", a=torch.ones(2))
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "new.safetensors"}}))
    assert open_checkpoint(tmp_path, CPU).tensor("a").tolist() == [1, 1]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """A folder without safetensors, and a tensor that no file holds, are named with what was expected."""
    with pytest.raises(InputError) as caught:
        open_checkpoint(tmp_path, CPU)
    assert str(caught.value) == f"{tmp_path}: no safetensors file; expected the folder of a base model"
    saved(tmp_path / "model.safetensors", a=torch.ones(2))
    with pytest.raises(InputError) as caught:
        open_checkpoint(tmp_path, CPU).tensor("b")
    assert str(caught.value) == f"{tmp_path}: no tensor 'b'; expected the layout of a Llama-like checkpoint"


@pytest.fixture
def functional() -> Any:
    return pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed").functional


@pytest.mark.parametrize("kind", ["bfloat16", "float16", "float32"])
def test_a_whole_weight_is_quantized_as_bitsandbytes_does(functional: Any, kind: str, tmp_path: Path) -> None:
    """The values are those that bitsandbytes reads out of its own NF4; fp32 goes through bf16."""
    torch.manual_seed(1)
    weight = torch.randn(24, 128).to(getattr(torch, kind))
    saved(tmp_path / "model.safetensors", **{f"{NAME}.weight": weight})
    found = open_checkpoint(tmp_path, CPU).nf4(NAME)
    sixteen = weight if kind == "float16" else weight.bfloat16()
    packed, state = functional.quantize_4bit(sixteen, blocksize=64, compress_statistics=True, quant_type="nf4")
    state.dtype = torch.float32
    torch.testing.assert_close(unpacked(found, 24), functional.dequantize_4bit(packed, state), rtol=1e-6, atol=1e-7)
    assert (found.absmax.dtype, found.code.dtype, found.packed.dtype) == (torch.float32, torch.float32, torch.uint8)


def prequantized(functional: Any, path: Path, weight: Any, **options: Any) -> Path:
    """Save a weight as a bnb-4bit checkpoint holds it: bytes, and their state under names of its own."""
    packed, state = functional.quantize_4bit(weight, **{"compress_statistics": True, "quant_type": "nf4", **options})
    parts = {f"{NAME}.weight.{key}": value for key, value in state.as_dict(packed=True).items()}
    return saved(path, **{f"{NAME}.weight": packed, **parts})


@pytest.mark.parametrize("nested", [True, False], ids=["double", "single"])
def test_a_weight_saved_in_nf4_is_taken_as_it_is(functional: Any, nested: bool, tmp_path: Path) -> None:
    """Not a bit of it is quantized again, whether its sizes were quantized too or not."""
    torch.manual_seed(2)
    weight = torch.randn(24, 128).bfloat16()
    prequantized(functional, tmp_path / "model.safetensors", weight, blocksize=64, compress_statistics=nested)
    found = open_checkpoint(tmp_path, CPU).nf4(NAME)
    packed, state = functional.quantize_4bit(weight, blocksize=64, compress_statistics=nested, quant_type="nf4")
    assert torch.equal(found.packed, packed.flatten())
    state.dtype = torch.float32
    torch.testing.assert_close(unpacked(found, 24), functional.dequantize_4bit(packed, state), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"quant_type": "fp4", "blocksize": 64}, "is fp4 in blocks of 64; expected nf4 in blocks of 64"),
        ({"blocksize": 128}, "is nf4 in blocks of 128; expected nf4 in blocks of 64"),
    ],
    ids=["fp4", "blocks"],
)
def test_another_form_of_four_bits_is_refused(functional: Any, options: Any, told: str, tmp_path: Path) -> None:
    """FP4, or blocks of another length, would be read as other numbers: the projection is named."""
    prequantized(functional, tmp_path / "model.safetensors", torch.randn(24, 128).bfloat16(), **options)
    with pytest.raises(InputError) as caught:
        Checkpoint(tmp_path, CPU).nf4(NAME)
    assert str(caught.value) == f"{tmp_path}: {NAME} {told}"


def test_weights_of_one_input_are_joined_below_each_other(functional: Any, tmp_path: Path) -> None:
    """Queries, keys and values, quantized apart, lie one below the other with their own sizes."""
    torch.manual_seed(3)
    parts = [torch.randn(rows, 64).bfloat16() * (rows + 1) for rows in (8, 2, 5)]
    names = [f"p{number}" for number in range(3)]
    saved(tmp_path / "m.safetensors", **{f"{name}.weight": part for name, part in zip(names, parts, strict=True)})
    checkpoint = open_checkpoint(tmp_path, CPU)
    each = [checkpoint.nf4(name) for name in names]
    together = unpacked(join(each), 15)
    apart = torch.cat([unpacked(one, part.shape[0]) for one, part in zip(each, parts, strict=True)])
    assert torch.equal(together, apart)
    assert functional is not None
