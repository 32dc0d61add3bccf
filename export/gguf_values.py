"""Keys of a GGUF with their types, as bytes and back: version 3, little-endian, as ggml's gguf.md describes it."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datakit.errors import InputError

MAGIC: Final = b"GGUF"
VERSION: Final = 3
ALIGNMENT: Final = 32
"""Bytes; tensors begin at multiples of it unless `general.alignment` says otherwise."""

_CODES: Final = {
    "u8": (0, "B"),
    "i8": (1, "b"),
    "u16": (2, "H"),
    "i16": (3, "h"),
    "u32": (4, "I"),
    "i32": (5, "i"),
    "f32": (6, "f"),
    "bool": (7, "?"),
    "u64": (10, "Q"),
    "i64": (11, "q"),
    "f64": (12, "d"),
}
_STRING: Final = 8
_ARRAY: Final = 9
_BY_CODE: Final = {code: (name, letter) for name, (code, letter) in _CODES.items()}


@dataclass(frozen=True)
class Value:
    """A value and its type: `u32`, `f32`, `bool`, `str`, ..., or `[str]` for a list."""

    type: str
    value: Any


def u32(value: int) -> Value:
    """Return an unsigned number, the type that llama.cpp expects of counts."""
    return Value("u32", int(value))


def f32(value: float) -> Value:
    """Return a 32-bit float."""
    return Value("f32", float(value))


def text(value: str) -> Value:
    """Return a string."""
    return Value("str", value)


def flag(value: bool) -> Value:
    """Return a boolean."""
    return Value("bool", bool(value))


def encode(keys: Mapping[str, Value]) -> bytes:
    """Return the bytes of keys and values, in their order."""
    out = bytearray()
    for name, value in keys.items():
        out += _string(name)
        if value.type.startswith("["):
            out += struct.pack("<I", _ARRAY)
            out += _array(value.type[1:-1], value.value)
        elif value.type == "str":
            out += struct.pack("<I", _STRING) + _string(value.value)
        else:
            code, letter = _CODES[value.type]
            out += struct.pack("<I" + letter, code, value.value)
    return bytes(out)


def _string(value: str | bytes) -> bytes:
    raw = value.encode("utf-8", errors="surrogateescape") if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def _array(kind: str, values: Sequence[Any]) -> bytes:
    if kind == "str":
        return struct.pack("<IQ", _STRING, len(values)) + b"".join(map(_string, values))
    code, letter = _CODES[kind]
    return struct.pack("<IQ", code, len(values)) + struct.pack(f"<{len(values)}{letter}", *values)


class Cursor:
    """Reads values one after the other; `take` returns that many bytes or raises."""

    def __init__(self, where: str, take: Callable[[int], bytes]) -> None:
        self._where = where
        self._take = take

    def number(self, letter: str) -> Any:
        """Return one number of a `struct` letter."""
        return struct.unpack("<" + letter, self._take(struct.calcsize("<" + letter)))[0]

    def string(self) -> str:
        """Return a string. Broken UTF-8, as some vocabularies hold, comes back as surrogates and goes out as it was."""
        return self._take(self.number("Q")).decode("utf-8", errors="surrogateescape")

    def value(self) -> Value:
        """Return a value with its type. Errors: `InputError` for a type that GGUF does not have."""
        code = self.number("I")
        if code == _STRING:
            return Value("str", self.string())
        if code != _ARRAY:
            name, letter = self._known(code)
            return Value(name, self.number(letter))
        inner, count = self.number("I"), self.number("Q")
        if inner == _STRING:
            return Value("[str]", [self.string() for _ in range(count)])
        name, letter = self._known(inner)
        raw = self._take(count * struct.calcsize("<" + letter))
        return Value(f"[{name}]", list(struct.unpack(f"<{count}{letter}", raw)))

    def _known(self, code: int) -> tuple[str, str]:
        if code not in _BY_CODE:
            raise InputError(f"{self._where}: a key has value type {code}, which GGUF version {VERSION} does not know")
        return _BY_CODE[code]
