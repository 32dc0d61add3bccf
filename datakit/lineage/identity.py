"""Identity: what two machines must agree on byte for byte.

Canonical JSON holds strings (NFC), integers, booleans, null, lists and objects with sorted keys, as UTF-8 without
spaces. Floats are refused: their text differs between writers. Parquet bytes are never hashed for identity, since they
change with the writer's version and compression.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, Final

_CHUNK_BYTES: Final = 1 << 20


def canonical_json(value: Any) -> bytes:
    """Return the one JSON text of a value, as UTF-8 bytes.

    Errors: `TypeError` for a float, a key that is no string, or any other type; the message holds the place.
    """
    text = json.dumps(
        _canonical(value, "$"), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8", errors="surrogatepass")


def _canonical(value: Any, place: str) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{place}: expected text as key, found {type(key).__name__}")
        return {unicodedata.normalize("NFC", key): _canonical(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item, f"{place}[{number}]") for number, item in enumerate(value)]
    raise TypeError(f"{place}: expected text, integer, boolean, null, list or object, found {type(value).__name__}")


def sha256_text(text: str) -> str:
    """Return the sha256 of a text's UTF-8 bytes, in hex."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex, reading one MiB at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def row_id(messages: Sequence[Mapping[str, str]]) -> str:
    """Return the id of a row: the sha256 of what the trainer will see, and of nothing else.

    `messages` are `{"role", "content"}` objects in order. Provenance is not in the id: one pair found in two books is
    one row with two sources.
    """
    return hashlib.sha256(_plain_turns(messages) or canonical_json({"messages": list(messages)})).hexdigest()


def _plain_turns(messages: Sequence[Mapping[str, str]]) -> bytes | None:
    """Return what `canonical_json` makes of turns, three times as fast; None for turns of another shape."""
    turns = []
    for turn in messages:
        role, content = turn.get("role"), turn.get("content")
        if len(turn) != 2 or type(role) is not str or type(content) is not str:
            return None
        turns.append(f'{{"content":{_quoted(content)},"role":{_quoted(role)}}}')
    return f'{{"messages":[{",".join(turns)}]}}'.encode("utf-8", errors="surrogatepass")


def _quoted(text: str) -> str:
    return encode_basestring(unicodedata.normalize("NFC", text))


def content_root(digests: Iterable[str]) -> str:
    """Return one sha256 over many hex digests, whatever their order; repeats count."""
    root = hashlib.sha256()
    for digest in sorted(digests):
        root.update(digest.encode("ascii"))
        root.update(b"\n")
    return root.hexdigest()
