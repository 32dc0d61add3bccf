"""Open a GGUF: its keys with their types, and where each tensor lies. No tensor is read here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from datakit.errors import InputError
from export.checkpoint import read_into
from export.ggml_types import BY_ID, GgmlType
from export.gguf_values import ALIGNMENT, MAGIC, VERSION, Cursor, Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_DIMENSIONS: Final = 4
"""GGML_MAX_DIMS of ggml.h."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A tensor in a GGUF; `shape` has the length of a row last, as in numpy."""

    file: Path
    type: GgmlType
    shape: tuple[int, ...]
    offset: int

    def read(self, start: int, stop: int) -> "NDArray[np.uint8]":
        """Return rows `start` to `stop` as they lie there: uint8, shape (rows, bytes of a row)."""
        import numpy as np

        width = self.type.size((self.shape[-1],))
        out = np.empty((stop - start, width), np.uint8)
        read_into(self.file, self.offset + start * width, memoryview(out.data).cast("B"))
        return out


@dataclass(frozen=True, kw_only=True)
class Gguf:
    """An opened file."""

    path: Path
    keys: Mapping[str, Value]
    tensors: Mapping[str, Placed]
    data_offset: int


def open_gguf(path: Path) -> Gguf:
    """Read the head of a GGUF.

    Errors: `InputError` for a file that is no GGUF, is cut off, is split, or has formats that are not known here.
    """
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a .gguf file") from error
    with stream:
        size = os.fstat(stream.fileno()).st_size

        def take(count: int) -> bytes:
            if count > size - stream.tell():
                raise InputError(f"{path}: its head ends at byte {size}; the file was cut off: fetch it again")
            return stream.read(count)

        if take(min(4, size)) != MAGIC:
            raise InputError(f"{path}: not a GGUF: expected it to begin with {MAGIC.decode()}")
        cursor = Cursor(str(path), take)
        version = cursor.number("I")
        if version not in (2, VERSION):
            raise InputError(f"{path}: GGUF version {version}; expected 2 or {VERSION}, little-endian")
        n_tensors, n_keys = cursor.number("Q"), cursor.number("Q")
        keys = {cursor.string(): cursor.value() for _ in range(n_keys)}
        infos = [_info(path, cursor) for _ in range(n_tensors)]
        alignment = _whole(path, keys, "general.alignment", default=ALIGNMENT)
        data = -(-stream.tell() // alignment) * alignment
    tensors: dict[str, Placed] = {}
    for name, shape, code, offset in infos:
        if code not in BY_ID:
            raise InputError(
                f"{path}: tensor {name} has GGML format {code}; known here: {', '.join(t.name for t in BY_ID.values())}"
            )
        kind = BY_ID[code]
        if shape[-1] % kind.block or data + offset + kind.size(shape) > size:
            raise InputError(
                f"{path}: tensor {name} {list(shape)} {kind.name} does not fit into {size} bytes; the file was cut off "
                "or changed: fetch it again"
            )
        tensors[name] = Placed(file=path, type=kind, shape=shape, offset=data + offset)
    if (parts := _whole(path, keys, "split.count", default=1)) > 1:
        raise InputError(f"{path}: one part of {parts}; join them with llama-gguf-split --merge")
    return Gguf(path=path, keys=keys, tensors=tensors, data_offset=data)


def _whole(path: Path, keys: Mapping[str, Value], name: str, *, default: int) -> int:
    value = keys[name].value if name in keys else default
    if type(value) is not int or (value < 1 and name == "general.alignment"):
        raise InputError(f"{path}: {name} is {value!r}, expected a whole number from 1; the file is damaged")
    return value


def _info(where: Path, cursor: Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = cursor.string()
    dims = [cursor.number("Q") for _ in range(cursor.number("I"))]
    if not 1 <= len(dims) <= _MOST_DIMENSIONS or 0 in dims:
        raise InputError(
            f"{where}: tensor {name} has the shape {dims[:8]}; expected 1 to {_MOST_DIMENSIONS} lengths from 1:"
            " fetch the file again"
        )
    return name, tuple(reversed(dims)), cursor.number("I"), cursor.number("Q")
