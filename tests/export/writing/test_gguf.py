"""The format: what is written is what every reader of GGUF reads, and what is read back is what was there."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError, UsageError
from export.ggml_types import FILE_TYPES, TYPES, file_type
from export.gguf_reader import open_gguf
from export.gguf_values import Cursor, Value, encode
from export.layout import lay_out, padded
from export.sixteen_bits import bf16_to_f16, bf16_to_f32, f32_to_bf16
from export.source import Source, open_source
from export.write import write_gguf

NUMBERS = st.one_of(
    st.integers(0, 2**32 - 1).map(lambda n: Value("u32", n)),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: Value("i64", n)),
    st.integers(0, 255).map(lambda n: Value("u8", n)),
    st.booleans().map(lambda b: Value("bool", b)),
    st.floats(width=32, allow_nan=False).map(lambda f: Value("f32", f)),
)
TEXTS = st.text(max_size=40) | st.sampled_from(["शिवाजी", "ऱ्हास", "र्\u200dया", '"""', "\x00"])
VALUES = st.one_of(
    NUMBERS,
    TEXTS.map(lambda t: Value("str", t)),
    st.lists(TEXTS, max_size=5).map(lambda items: Value("[str]", items)),
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5).map(lambda items: Value("[i32]", items)),
)


@given(st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=8))
def test_keys_come_back_as_they_went(keys: dict[str, Value]) -> None:
    """Any keys, texts in any script and lists of both kinds survive writing and reading, in their order."""
    raw = encode(keys)
    place = 0

    def take(count: int) -> bytes:
        nonlocal place
        place += count
        return raw[place - count : place]

    cursor = Cursor("test", take)
    assert [(cursor.string(), cursor.value()) for _ in keys] == list(keys.items())
    assert place == len(raw)


def test_bytes_that_are_no_text_survive() -> None:
    """A token that is broken UTF-8, as some vocabularies hold, goes out as the bytes that came in."""
    broken = struct.pack("<Q", 3) + b"\xe0\xa4x"
    place = 0

    def take(count: int) -> bytes:
        nonlocal place
        place += count
        return broken[place - count : place]

    token = Cursor("test", take).string()
    assert encode({"k": Value("str", token)}).endswith(broken)


def test_the_package_gguf_reads_the_file(llama: Source, tmp_path: Path) -> None:
    """Another reader finds the same keys and tensors, each at a multiple of 32 bytes."""
    out = tmp_path / "out.gguf"
    write_gguf(llama, out, type="q4_k_m", metadata={"general.name": "मराठी", "aurora.format": 1})
    reader, ours = GGUFReader(out), open_gguf(out)
    assert {tensor.name for tensor in reader.tensors} == set(ours.tensors)
    for tensor in reader.tensors:
        placed = ours.tensors[tensor.name]
        assert (tensor.data_offset, tensor.data_offset % 32) == (placed.offset, 0)
        assert [int(size) for size in reversed(tensor.shape)] == list(placed.shape)
    name = reader.get_field("general.name")
    assert name is not None
    assert name.contents() == "मराठी"
    assert {field for field in reader.fields if not field.startswith("GGUF.")} == set(ours.keys)


@pytest.mark.parametrize("keep", [0, 3, 4, 30, 200, -40])
def test_a_gguf_cut_at_any_place_is_refused(keep: int, llama: Source, tmp_path: Path) -> None:
    """A base that was cut off in its head or its last tensor is refused with its path."""
    out = tmp_path / "out.gguf"
    write_gguf(llama, out, type="f16", metadata={})
    (tmp_path / "cut.gguf").write_bytes(out.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"cut\.gguf: .*(not a GGUF|cut off)"):
        open_source(tmp_path / "cut.gguf")


def test_what_is_no_gguf_is_said(tmp_path: Path) -> None:
    """A missing file, another format and another architecture are told apart."""
    with pytest.raises(InputError, match=r"cannot be read \(No such file"):
        open_source(tmp_path / "none.gguf")
    (tmp_path / "x.gguf").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(InputError, match="not a GGUF: expected it to begin with GGUF"):
        open_source(tmp_path / "x.gguf")
    keys = {"general.architecture": Value("str", "phi3")}
    (tmp_path / "y.gguf").write_bytes(lay_out(keys, [], {}).head)
    with pytest.raises(InputError, match=r"architecture 'phi3' cannot be exported; known: llama, qwen2, qwen3, gemma3"):
        open_source(tmp_path / "y.gguf")


def test_a_layout_is_what_it_says() -> None:
    """The total counts head, tensors and the padding after each."""
    layout = lay_out({}, [("a", (3,)), ("b", (2, 32))], {"a": "F32", "b": "Q8_0"})
    assert layout.sizes == {"a": 12, "b": 68}
    assert len(layout.head) % 32 == 0
    assert layout.total == len(layout.head) + padded(12) + padded(68) == len(layout.head) + 32 + 96


@pytest.mark.parametrize("name", ["q4_k", "Q5-K-M", "iq4_xs"])
def test_an_unknown_type_is_refused_with_the_known_ones(name: str) -> None:
    """The message lists every type and the nearest."""
    with pytest.raises(UsageError) as caught:
        file_type(name)
    assert f"type {name!r} is not one that can be written" in str(caught.value)
    assert ", ".join(FILE_TYPES) in str(caught.value)


def test_types_are_those_of_the_package_gguf() -> None:
    """Ids, block sizes and file type numbers agree with the tables of the package gguf."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType

    for kind in TYPES.values():
        assert GGML_QUANT_SIZES[GGMLQuantizationType[kind.name]] == (kind.block, kind.bytes)
        assert GGMLQuantizationType[kind.name] == kind.id
    for wanted in FILE_TYPES.values():
        full = "ALL_F32" if wanted.name == "f32" else f"MOSTLY_{wanted.name.upper()}"
        full = full.replace("_K_", "_K_") if full in LlamaFileType.__members__ else full
        assert LlamaFileType[full] == wanted.id


def test_every_bfloat16_becomes_the_half_that_numpy_makes_of_it() -> None:
    """For all 65,536 patterns the short way gives numpy's own bits, NaN and infinities included."""
    every = np.arange(1 << 16, dtype=np.uint32).astype(np.uint16)
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = (every.astype(np.uint32) << 16).view(np.float32).astype(np.float16).view(np.uint16)
    lost = np.isinf(wanted.view(np.float16)) & np.isfinite((every.astype(np.uint32) << 16).view(np.float32))
    assert np.array_equal(bf16_to_f16(every[~lost]), wanted[~lost])
    for pattern in every[lost][::97]:
        with pytest.raises(OverflowError):
            bf16_to_f16(np.array([[0, pattern]], np.uint16))
    assert np.array_equal(bf16_to_f32(every).view(np.uint32), every.astype(np.uint32) << 16)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=32, max_size=32))
def test_bfloat16_is_rounded_as_the_package_gguf_rounds(bits: list[int]) -> None:
    """Any float32, by its bits, becomes the bfloat16 that llama.cpp's own package makes of it."""
    from gguf.constants import GGMLQuantizationType
    from gguf.quants import quantize

    numbers: Any = np.array([bits], np.uint32).view(np.float32)
    assert np.array_equal(f32_to_bf16(numbers), quantize(numbers, GGMLQuantizationType.BF16).view(np.uint16))
