"""Rows on their way into a file: turned, merged, one added, a chunk at a time, against the plain way over the whole."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from datakit.errors import InputError
from export.adapter import Lora, as_f32
from export.checkpoint import Stored, read_header, read_into
from export.ggml_types import TYPES
from export.gguf_reader import Placed
from export.layout import lay_out, padded
from export.tensors import Tensor, interleave, plain_to_f32
from tests.export.writing.checkpoints import encode, write_safetensors

Numbers = NDArray[Any]


def turned(rows: Numbers, heads: int) -> Numbers:
    """llama.cpp's order, row by row: of each head, row i of the first half and then row i of the second."""
    count = len(rows) // heads
    order = [
        head * count + half * (count // 2) + place
        for head in range(heads)
        for place in range(count // 2)
        for half in range(2)
    ]
    return rows[order]


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 4))
def test_rows_change_places_within_their_head(heads: int, half: int, columns: int) -> None:
    """Each head's two halves are taken in turn; no row leaves its head and none is lost."""
    rows = np.arange(heads * half * 2 * columns, dtype=np.float32).reshape(-1, columns)
    found = interleave(rows, heads)
    assert np.array_equal(found, turned(rows, heads))
    assert sorted(map(tuple, found)) == sorted(map(tuple, rows))


def stored(folder: Path, name: str, numbers: Numbers, dtype: str) -> Stored:
    """Write numbers as a checkpoint has them."""
    write_safetensors(folder / f"{name}.safetensors", {"x": numbers}, dtype=dtype)
    return read_header(folder / f"{name}.safetensors")["x"]


@settings(max_examples=60)
@given(
    heads=st.integers(0, 3),
    half=st.integers(1, 4),
    columns=st.integers(1, 5),
    dtype=st.sampled_from(["F32", "F16", "BF16"]),
    adapted=st.booleans(),
    plus_one=st.booleans(),
    chunk=st.sampled_from([1, 7, 64, 1 << 20]),
)
def test_what_is_written_is_what_the_whole_gives(
    heads: int, half: int, columns: int, dtype: str, adapted: bool, plus_one: bool, chunk: int
) -> None:
    """Base, adapter, one added and rows turned: in whatever chunks, the numbers are those of the plain computation."""
    rows = max(1, heads) * half * 2
    random = np.random.RandomState(rows * columns)
    numbers = random.standard_normal((rows, columns)).astype(np.float32)
    with TemporaryDirectory() as name:
        folder = Path(name)
        base = stored(folder, "base", numbers, dtype)
        change = None
        if adapted:
            a, b = (random.standard_normal(shape).astype(np.float32) for shape in ((2, columns), (rows, 2)))
            change = Lora(module="m", a=stored(folder, "a", a, "F32"), b=stored(folder, "b", b, "F32"), scale=0.5)
        tensor = Tensor(name="t", shape=(rows, columns), stored=base, lora=change, heads=heads, plus_one=plus_one)
        found = list(tensor.f32(chunk=chunk))
        wanted = as_f32(base, 0, rows)
        if adapted:
            wanted = wanted + np.float32(0.5) * (b @ a)
        wanted = wanted + 1 if plus_one else wanted
        assert np.allclose(np.concatenate(found), turned(wanted, heads) if heads else wanted, atol=1e-6)
        unit = rows // heads if heads else 1
        assert all(len(part) <= max(unit, chunk // columns) for part in found), "no more at a time than was asked for"
        assert tensor.untouched is not (adapted or plus_one)
        if tensor.untouched:
            raw = np.concatenate(list(tensor.raw(chunk=chunk)))
            as_it_lies = np.frombuffer(encode(numbers, dtype), raw.dtype).reshape(rows, columns)
            assert np.array_equal(raw, turned(as_it_lies, heads) if heads else as_it_lies)
        assert (tensor.verbatim is not None) is (tensor.untouched and not heads)


def test_a_base_in_its_new_places_is_not_turned_again(tmp_path: Path) -> None:
    """In a GGUF the rows lie turned already: only the adapter's rows are turned before they are added."""
    random = np.random.RandomState(1)
    numbers, a, b = (random.standard_normal(shape).astype(np.float32) for shape in ((8, 3), (2, 3), (8, 2)))
    (tmp_path / "x").write_bytes(b"head" + numbers.tobytes())
    placed = Placed(file=tmp_path / "x", type=TYPES["F32"], shape=(8, 3), offset=4)
    lora = Lora(module="m", a=stored(tmp_path, "a", a, "F32"), b=stored(tmp_path, "b", b, "F32"), scale=2.0)
    tensor = Tensor(name="t", shape=(8, 3), stored=placed, lora=lora, heads=2, base_interleaved=True)
    assert np.allclose(np.concatenate(list(tensor.f32(chunk=5))), numbers + 2 * turned(b @ a, 2), atol=1e-6)
    bare = Tensor(name="t", shape=(8, 3), stored=placed, heads=2, base_interleaved=True)
    assert bare.verbatim == (tmp_path / "x", 4)
    assert np.array_equal(np.concatenate(list(bare.raw(chunk=5))), numbers)


@pytest.mark.parametrize(("heads", "wanted"), [(0, [0, 1, 2, 3, 4, 5, 6, 7]), (2, [0, 2, 1, 3, 4, 6, 5, 7])])
def test_a_vector_is_turned_as_its_rows_are(heads: int, wanted: list[int]) -> None:
    """A bias has a number for each row of its weight, and changes places with it."""
    numbers = np.arange(8, dtype=np.float32)
    tensor = Tensor(name="t", shape=(8,), stored=numbers, heads=heads)
    (found,) = tensor.f32(chunk=3)
    assert found.reshape(-1).tolist() == wanted
    assert (tensor.format, tensor.numbers, tensor.verbatim) == ("F32", 8, None)


def test_plain_formats_are_widened_exactly() -> None:
    """Half precision, bfloat16 and 32 bits give the numbers that they hold."""
    numbers = np.array([[0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-14]], np.float32)
    for form, width in (("F32", np.float32), ("F16", np.uint16), ("BF16", np.uint16)):
        rows = np.frombuffer(encode(numbers, form), width).reshape(1, -1)
        wanted = np.float32(65280.0) if form == "BF16" else np.float32(65504.0)
        found = plain_to_f32(rows, form)
        assert found.dtype == np.dtype(np.float32)
        assert found[0, 4] == wanted
        assert np.array_equal(np.delete(found, 4), np.delete(numbers, 4))


@pytest.mark.parametrize("part", ["a", "b"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_matrix_that_is_not_finite_is_named(part: str, value: float, tmp_path: Path) -> None:
    """One number of either matrix is enough: the module and the file are told, and what to do."""
    halves = {"a": np.ones((2, 3), np.float32), "b": np.ones((4, 2), np.float32)}
    halves[part][1, 1] = value
    a, b = (stored(tmp_path, name, numbers, "F32") for name, numbers in halves.items())
    tensor = Tensor(
        name="t", shape=(4, 3), stored=np.ones((4, 3), np.float32), lora=Lora(module="m.q", a=a, b=b, scale=1.0)
    )
    with pytest.raises(
        InputError, match=rf"{part}\.safetensors: the adapter of m\.q holds numbers .* lower learning rate"
    ):
        list(tensor.f32())


@given(st.binary(max_size=60), st.integers(0, 70), st.integers(0, 70))
def test_a_place_in_a_file_is_read_or_told(content: bytes, offset: int, size: int) -> None:
    """Bytes of a place come back as they lie there; where the file ends before, both places are in the message."""
    with TemporaryDirectory() as name:
        path = Path(name, "x")
        path.write_bytes(content)
        buffer = bytearray(size)
        if offset + size <= len(content) or size == 0:
            read_into(path, offset, memoryview(buffer))
            assert bytes(buffer) == content[offset : offset + size]
        else:
            with pytest.raises(
                InputError, match=rf"x: ends at byte {max(offset, len(content))}, expected at least {offset + size};"
            ):
                read_into(path, offset, memoryview(buffer))


SHAPES = st.dictionaries(
    st.text(min_size=1, max_size=12),
    st.tuples(st.sampled_from(["F32", "F16", "Q8_0", "Q4_K"]), st.integers(1, 4), st.integers(1, 3)),
    max_size=6,
)


@given(SHAPES)
def test_tensors_lie_one_after_the_other(shapes: dict[str, tuple[str, int, int]]) -> None:
    """Each tensor begins where the one before ends, rounded up to 32 bytes, and the total is the end of the last."""
    tensors = [(name, (rows, blocks * 256)) for name, (_, rows, blocks) in shapes.items()]
    layout = lay_out({}, tensors, {name: kind for name, (kind, _, _) in shapes.items()})
    place, seen = 0, layout.head
    for name, shape in tensors:
        raw = name.encode()
        begin = seen.index(len(raw).to_bytes(8, "little") + raw) + 8 + len(raw)
        assert int.from_bytes(seen[begin : begin + 4], "little") == 2
        dims = [int.from_bytes(seen[begin + 4 + 8 * n : begin + 12 + 8 * n], "little") for n in range(2)]
        assert dims == [shape[1], shape[0]], "the length of a row comes first in the file"
        assert int.from_bytes(seen[begin + 24 : begin + 32], "little") == place
        place += padded(layout.sizes[name])
        seen = seen[begin + 32 :]
    assert layout.total == len(layout.head) + place
    assert len(layout.head) % 32 == 0
    assert [padded(size) for size in (0, 1, 31, 32, 33)] == [0, 32, 32, 32, 64]
