"""The same bytes as llama.cpp's own converter and quantizer, tensor by tensor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export.ggml_types import FILE_TYPES
from export.gguf_reader import open_gguf
from export.source import open_source
from export.write import write_gguf
from tests.export.writing.checkpoints import SHAPES
from tests.export.writing.reading import digests

CASES = [
    (shape, type) for shape in SHAPES for type in ("f16", "bf16", "q8_0", "q4_k_m") if shape not in ("odd", "deep")
]


@pytest.mark.parametrize(("shape", "type"), CASES, ids="-".join)
def test_every_tensor_has_the_peers_bytes(
    shape: str, type: str, tiny: Callable[[str], Path], golden: dict[str, Any], tmp_path: Path
) -> None:
    """A file of each family and type holds the tensors that llama.cpp writes: same names, formats and bytes."""
    write_gguf(open_source(tiny(shape)), tmp_path / "out.gguf", type=type, metadata={})
    assert digests(tmp_path / "out.gguf") == golden["tensors"][shape][type]


@pytest.mark.parametrize("type", [name for name in FILE_TYPES if name != "f32"])
def test_every_mix_is_the_peers(type: str, tiny: Callable[[str], Path], golden: dict[str, Any], tmp_path: Path) -> None:
    """In a model of twenty layers each type gives every tensor the format, and the bytes, that llama.cpp gives it."""
    write_gguf(open_source(tiny("deep")), tmp_path / "out.gguf", type=type, metadata={})
    assert digests(tmp_path / "out.gguf") == golden["tensors"]["deep"][type]


def test_rows_that_no_block_fits_fall_back_as_the_peers(
    tiny: Callable[[str], Path], golden: dict[str, Any], tmp_path: Path
) -> None:
    """Rows of 80 numbers fit no block of 32, so that Q8_0 becomes F16 there, as in llama.cpp's converter."""
    write_gguf(open_source(tiny("odd")), tmp_path / "out.gguf", type="q8_0", metadata={})
    found = digests(tmp_path / "out.gguf")
    assert found == golden["tensors"]["odd"]["q8_0"]
    assert found["token_embd.weight"].startswith("F16 ")


@pytest.mark.parametrize("shape", SHAPES)
def test_keys_are_the_peers(shape: str, tiny: Callable[[str], Path], golden: dict[str, Any], tmp_path: Path) -> None:
    """Every key that llama.cpp's converter writes about network and tokenizer is there with its type and value."""
    written = tmp_path / "out.gguf"
    write_gguf(open_source(tiny(shape)), written, type="f16", metadata={})
    found = {key: [value.type, value.value] for key, value in open_gguf(written).keys.items()}
    wanted = golden["keys"][shape]
    assert {key: found.get(key) for key in wanted} == wanted
    beyond = {key for key in found if not key.startswith(("general.", "aurora.")) and not found[key][0].startswith("[")}
    assert beyond - set(wanted) <= {"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token"}


def test_shards_change_nothing(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    """A checkpoint in three shards gives the file that it gives in one, to the last byte."""
    from tests.export.writing.checkpoints import build

    whole = write_gguf(open_source(tiny("qwen2")), tmp_path / "whole.gguf", type="bf16", metadata={})
    parts = write_gguf(
        open_source(build("qwen2", tmp_path / "parts", shards=3)), tmp_path / "parts.gguf", type="bf16", metadata={}
    )
    assert whole.sha256 == parts.sha256


@pytest.mark.parametrize("chunk", [64, 4096, 100_000])
def test_the_size_of_a_chunk_changes_nothing(chunk: int, tiny: Callable[[str], Path]) -> None:
    """However few rows are read at a time, the numbers are those of the whole tensor read at once."""
    import numpy as np

    for tensor in open_source(tiny("llama31")).tensors:
        whole = np.concatenate(list(tensor.f32(chunk=1 << 30)))
        assert np.array_equal(np.concatenate(list(tensor.f32(chunk=chunk))), whole), tensor.name
