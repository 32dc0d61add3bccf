"""A folder of safetensors, read a few rows at a time with plain reads: nothing is mapped, nothing stays in memory."""

import json
import os
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from datakit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTHS: Final = {"F32": 4, "F16": 2, "BF16": 2}
"""Bytes of a number, by the name that safetensors gives its type."""
_INDEX: Final = "model.safetensors.index.json"
_MAX_HEADER: Final = 100_000_000  # the bound that the safetensors library itself puts on a header


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Where a tensor lies: `offset` bytes into `file`, rows one after the other."""

    file: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int

    @property
    def columns(self) -> int:
        """The length of a row; a vector is one row."""
        return self.shape[-1] if self.shape else 1

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return prod(self.shape[:-1])

    def read(self, start: int, stop: int) -> "NDArray[Any]":
        """Return rows `start` to `stop` as stored: uint16 for the 16-bit types, float32 else; shape (rows, columns)."""
        import numpy as np

        width = WIDTHS[self.dtype]
        out = np.empty((stop - start, self.columns), np.float32 if width == 4 else np.uint16)
        read_into(self.file, self.offset + start * self.columns * width, memoryview(out.data).cast("B"))
        return out


def read_into(path: Path, offset: int, buffer: memoryview) -> None:
    """Fill a buffer from a place in a file. Errors: `InputError` where the file ends early or cannot be read."""
    done = 0
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            while done < len(buffer):
                count = os.preadv(descriptor, [buffer[done:]], offset + done)
                if count == 0:
                    raise InputError(
                        f"{path}: ends at byte {offset + done}, expected at least {offset + len(buffer)}; "
                        "the file was cut off or changed: fetch it again"
                    )
                done += count
        finally:
            os.close(descriptor)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def open_checkpoint(folder: Path) -> dict[str, Stored]:
    """Return every tensor of a folder's safetensors, one file or many, by name and in the order of the files.

    Errors: `InputError` for no weights, a torn header, a shard that is missing, or an index that does not fit.
    """
    index = folder / _INDEX
    promised: dict[str, str] = {}
    if index.is_file():
        promised = _weight_map(index)
        names = sorted(set(promised.values()))
    else:
        names = sorted(path.name for path in folder.glob("model*.safetensors"))
    if not names:
        raise InputError(
            f"{folder}: no weights here; expected model.safetensors, or {_INDEX} with its shards. Pickled weights "
            "(pytorch_model.bin) are not read: save the model with safe_serialization=True"
        )
    tensors: dict[str, Stored] = {}
    for name in names:
        if not (folder / name).is_file():
            lost = sum(file == name for file in promised.values())
            raise InputError(f"{folder / name}: missing; {_INDEX} puts {lost} tensors there. Fetch the file again")
        tensors |= read_header(folder / name)
    if promised and (gone := sorted(promised.keys() - tensors.keys())):
        raise InputError(f"{index}: names {len(gone)} tensors that no shard holds, the first is {gone[0]}")
    return tensors


def read_header(path: Path) -> dict[str, Stored]:
    """Return the tensors of one safetensors file. Errors: `InputError` with what is wrong in its header."""
    size = path.stat().st_size
    lead = bytearray(8)
    read_into(path, 0, memoryview(lead))
    (length,) = struct.unpack("<Q", lead)
    if length > min(size - 8, _MAX_HEADER):
        raise InputError(
            f"{path}: not safetensors: its first 8 bytes promise a header of {length} bytes in {size}. Is it a "
            "pointer of Git LFS, or a download that stopped?"
        )
    body = bytearray(length)
    read_into(path, 8, memoryview(body))
    try:
        header = json.loads(body)
    except ValueError as error:
        raise InputError(f"{path}: the header is not JSON ({error})") from error
    except RecursionError as error:
        raise InputError(f"{path}: the header is nested too deeply to be one") from error
    if not isinstance(header, dict):
        raise InputError(f"{path}: the header is a {type(header).__name__}, expected an object of tensors")
    header.pop("__metadata__", None)
    tensors: dict[str, Stored] = {}
    for name, entry in header.items():
        dtype, shape, begin, end = _entry(path, name, entry)
        if dtype not in WIDTHS:
            raise InputError(
                f"{path}: tensor {name} is {dtype}; expected {', '.join(WIDTHS)}. An export merges on the 16-bit base, "
                "never on a quantized one: give the folder of the original weights"
            )
        if end - begin != prod(shape) * WIDTHS[dtype] or 8 + length + end > size:
            raise InputError(
                f"{path}: tensor {name} {list(shape)} {dtype} claims bytes {begin} to {end} of {size - 8 - length}; "
                "the file was cut off or changed: fetch it again"
            )
        tensors[name] = Stored(file=path, dtype=dtype, shape=shape, offset=8 + length + begin)
    return tensors


def _entry(path: Path, name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Return type, shape and place of a tensor as a header has them."""
    if isinstance(entry, dict):
        dtype, shape, place = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
        if isinstance(dtype, str) and _sizes(shape) and _sizes(place) and len(place) == 2:
            return dtype, tuple(shape), place[0], place[1]
    raise InputError(
        f"{path}: tensor {name} is {str(entry)[:80]}; expected dtype, shape and two data_offsets. Fetch the file again"
    )


def _sizes(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(number) is int and number >= 0 for number in value)


def _weight_map(index: Path) -> dict[str, str]:
    """Return which file of the folder holds which tensor."""
    found = read_json(index).get("weight_map", {})
    if not isinstance(found, dict):
        raise InputError(f"{index}: weight_map is a {type(found).__name__}, expected an object of tensors and files")
    for tensor, file in found.items():
        if not isinstance(file, str) or Path(file).name != file:
            raise InputError(f"{index}: puts {tensor} into {file!r}; expected the name of a file beside the index")
    return found


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object. Errors: `InputError` where it is missing, torn or no object."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); a model folder holds this file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(value).__name__}")
    return value
