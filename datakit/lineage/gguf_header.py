"""The keys of a GGUF file, read with the standard library alone: what a bare model says about where it comes from.

The layout is that of llama.cpp's `docs/gguf.md`, versions 2 and 3, in either byte order. Only the head of the file is
read, and nothing that it claims is believed: a length is compared with what is left of the file before a byte is read.
"""

import struct
from pathlib import Path
from typing import Any, BinaryIO, Final

from datakit.errors import InputError, IntegrityError

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
MAX_KEYS: Final = 65_536
MAX_KEY_BYTES: Final = 65_535
"""The longest key that the format allows."""
MAX_TEXT_BYTES: Final = 16 << 20
"""The longest text, 1,000 times the longest chat template in common use."""
MAX_ITEMS: Final = 8_000_000
"""Items of all arrays together: a vocabulary of 262,144 tokens (Gemma 3) brings some 1,300,000 with its merges."""
MAX_HEAD_BYTES: Final = 256 << 20
"""All keys and values together; the head of a model with 262,144 tokens has some 10 MiB."""
MAX_DEPTH: Final = 4
"""Arrays within arrays; no model in use has more than one level."""

_TEXT: Final = 8
_ARRAY: Final = 9
_BOOL: Final = 7
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", _BOOL: "B", 10: "Q", 11: "q", 12: "d"}
_LEAST_BYTES: Final = {
    **{kind: struct.calcsize(f"={code}") for kind, code in _SCALARS.items()},
    _TEXT: 8,
    _ARRAY: 12,
}
"""The fewest bytes that one value of a type can take in the file."""


def read_gguf_keys(path: Path) -> dict[str, Any]:
    """Return every key of a GGUF file with its value, in the order of the file.

    Values are `str`, `int`, `float`, `bool` and lists of them. Memory is bounded by the head of the file (at most
    MAX_HEAD_BYTES and MAX_ITEMS), never by its tensors. Errors: `InputError` where the file cannot be read, is no GGUF
    or has a version that is not known; `IntegrityError` where it ends early or contradicts itself, with the byte.
    """
    try:
        with path.open("rb") as stream:
            return _Head(path, stream).keys()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a GGUF file") from error


class _Head:
    """One pass over the head of a file: every read goes through `take`, which knows what is left."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self._path = path
        self._stream = stream
        self._size = path.stat().st_size
        self._at = 0
        self._items = 0
        self._order = "<"

    def keys(self) -> dict[str, Any]:
        magic = self._stream.read(4)
        self._at = 4
        if magic != MAGIC:
            raise InputError(f"{self._path}: not a GGUF file; found {magic!r} at its beginning, expected {MAGIC!r}")
        version = self._number("I", "the version")
        if version not in VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
            if swapped not in VERSIONS:
                raise InputError(
                    f"{self._path}: GGUF version {version}; expected 2 or 3. Convert the model again with a newer tool"
                )
            self._order = ">"
        self._number("Q", "the number of tensors")
        count = self._number("Q", "the number of keys")
        if count > MAX_KEYS:
            raise self._broken(f"{count:,} keys are claimed, expected {MAX_KEYS:,} at most")
        found: dict[str, Any] = {}
        for number in range(count):
            place = f"key {number + 1} of {count}"
            name = self._text(place, MAX_KEY_BYTES)
            if name in found:
                raise self._broken(f"{place}: {name!r} stands there twice")
            found[name] = self._value(self._number("I", f"the type of {name!r}"), name, 0)
        return found

    def _value(self, kind: int, name: str, depth: int) -> Any:
        if kind == _TEXT:
            return self._text(repr(name), MAX_TEXT_BYTES)
        if kind == _ARRAY:
            return self._array(name, depth)
        if kind not in _SCALARS:
            raise self._broken(f"{name!r} has the type {kind}; expected 0 to 12")
        (value,) = struct.unpack(self._order + _SCALARS[kind], self._take(_LEAST_BYTES[kind], repr(name)))
        return self._truth(value, name) if kind == _BOOL else value

    def _array(self, name: str, depth: int) -> list[Any]:
        kind = self._number("I", f"the item type of {name!r}")
        count = self._number("Q", f"the length of {name!r}")
        if kind not in _LEAST_BYTES:
            raise self._broken(f"{name!r} has items of the type {kind}; expected 0 to 12")
        if depth >= MAX_DEPTH:
            raise self._broken(f"{name!r} nests arrays deeper than {MAX_DEPTH}")
        self._items += count
        if self._items > MAX_ITEMS:
            raise self._broken(f"{name!r} claims {count:,} items; expected {MAX_ITEMS:,} at most in the whole head")
        if kind in _SCALARS:
            packed = self._take(count * _LEAST_BYTES[kind], repr(name))
            values = list(struct.unpack(f"{self._order}{count}{_SCALARS[kind]}", packed))
            return [self._truth(value, name) for value in values] if kind == _BOOL else values
        self._fits(count * _LEAST_BYTES[kind], repr(name))
        return [self._value(kind, name, depth + 1) for _ in range(count)]

    def _text(self, what: str, longest: int) -> str:
        length = self._number("Q", f"the length of {what}")
        if length > longest:
            raise self._broken(f"{what} claims {length:,} bytes of text; expected {longest:,} at most")
        # Tokenizers of bytes hold pieces that are no UTF-8 on their own: kept, as marks that are told apart.
        return self._take(length, what).decode("utf-8", errors="surrogateescape")

    def _truth(self, value: int, name: str) -> bool:
        if value not in (0, 1):
            raise self._broken(f"{name!r} is {value}; expected 0 or 1, since it is a truth value")
        return bool(value)

    def _number(self, code: str, what: str) -> int:
        (value,) = struct.unpack(self._order + code, self._take(struct.calcsize("=" + code), what))
        return int(value)

    def _take(self, count: int, what: str) -> bytes:
        self._fits(count, what)
        found = self._stream.read(count)
        if len(found) != count:
            raise self._broken(f"the file ends within {what}: {len(found)} of {count} bytes are there")
        self._at += count
        return found

    def _fits(self, count: int, what: str) -> None:
        if count > self._size - self._at:
            raise self._broken(
                f"{what} needs {count:,} bytes and {self._size - self._at:,} are left of the file;"
                " it is cut short: copy or export it again"
            )
        if count > MAX_HEAD_BYTES - self._at:
            raise self._broken(f"{what} makes the head larger than {MAX_HEAD_BYTES:,} bytes")

    def _broken(self, message: str) -> IntegrityError:
        return IntegrityError(f"{self._path}: byte {self._at}: {message}")
