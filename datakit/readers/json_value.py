"""Parse one JSON text, and say what is wrong with it where it cannot be parsed."""

import json
import re
from dataclasses import dataclass
from typing import Final

import orjson

from datakit.readers.limits import JSON_DEPTH

_CONTAINERS: Final = frozenset({dict, list})
OPENING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.S)


@dataclass(frozen=True)
class Fault:
    """Why a text is no JSON value that can be taken."""

    reason: str
    detail: str


def parse(data: bytes) -> object:
    """Return the value, or a `Fault`. NaN and Infinity, which Python writes though JSON has none, become null."""
    try:
        value = orjson.loads(data)  # which gives up 1,024 levels deep
        if _is_flat(value) or not _is_too_deep(data):
            return value
    except orjson.JSONDecodeError as error:
        message = str(error)
    if _is_too_deep(data):
        detail = (
            f"found JSON nested more than {JSON_DEPTH} deep; expected a flat object of question and answer; "
            "flatten the row"
        )
        return Fault("too_deep", detail)
    if b"NaN" in data or b"Infinity" in data:
        try:
            value = json.loads(data, parse_constant=lambda _: None)
            json.dumps(value, ensure_ascii=False).encode()  # it lets half a character pass, which no text can hold
            return value
        except (ValueError, RecursionError):
            pass
    if b"\x00" in data:
        at = data.index(b"\x00")
        detail = (
            f"found a NUL byte at byte {at} of the row; expected text; the file was cut off or written as "
            "UTF-16, write it again"
        )
        return Fault("nul_bytes", detail)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        detail = (
            f"found byte 0x{data[error.start]:02X} at byte {error.start} of the row, expected UTF-8; mend or "
            "remove the row"
        )
        return Fault("invalid_utf8", detail)
    return Fault("invalid_json", f"found no JSON ({message}); expected one object; mend or remove the row")


def _is_flat(value: object) -> bool:
    return type(value) is dict and _CONTAINERS.isdisjoint(map(type, value.values()))


def _is_too_deep(data: bytes) -> bool:
    # Counting is far cheaper than measuring: only a text with many brackets can be deep.
    return data.count(b"[") + data.count(b"{") > JSON_DEPTH and depth(data) > JSON_DEPTH


def depth(data: bytes) -> int:
    """Return how deep the brackets nest, those inside strings left out."""
    deepest = level = 0
    for match in OPENING.finditer(data):
        token = match[0]
        if token in (b"[", b"{"):
            level += 1
            deepest = max(deepest, level)
        elif token in (b"]", b"}"):
            level -= 1
    return deepest
