"""JSON: an array of objects, an object that holds such lists (`data`, SQuAD), one object, or JSON Lines after all."""

from collections.abc import Iterator

import orjson

from datakit.readers import jsonl
from datakit.readers.document import Document, Prefixed, Reading, read_up_to
from datakit.readers.encoding import Text, open_text
from datakit.readers.json_scan import Element, elements, path_key
from datakit.readers.json_value import Fault, parse
from datakit.readers.limits import ROW_BYTES
from datakit.readers.row import Row, reject
from datakit.readers.shapes import Found, Recognizer
from datakit.readers.values import shown


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a JSON document; a top array of any length is read element by element."""
    text = open_text(document, reading)
    try:
        head = read_up_to(text.stream, ROW_BYTES + 1)
        kind, value = _kind(head)
        if kind == "lines":
            yield from jsonl.read(document, reading)
            return
        recognizer = Recognizer(reading)
        if kind == "object":
            yield from recognizer.stream(walk(value, "$", recognizer))
            return
        if kind == "scalar":
            detail = "found no array and no object; expected a list of objects with question and answer; mend the file"
            yield reject("$", "invalid_json", detail, head[:4096])
            return
        yield from recognizer.stream(_streamed(Prefixed(head, text.stream), text, recognizer, value))
    finally:
        text.stream.close()


def walk(value: object, path: str, recognizer: Recognizer) -> Iterator[Found | Row]:
    """Find the records below a value: an object of a known shape is one, lists and other objects are gone through."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from walk(item, f"{path}[{number}]", recognizer)
    elif isinstance(value, dict) and not recognizer.knows(value) and not _is_document(value, recognizer):
        holders = [(key, item) for key, item in value.items() if _holds_rows(item, recognizer)]
        for key, item in holders:
            yield from walk(item, path + path_key(key), recognizer)
        if not holders:
            yield recognizer.unrecognised(list(value), path, shown(value))
    else:
        yield path, value, None


def _is_document(value: dict[str, object], recognizer: Recognizer) -> bool:
    """Tell whether an object is a text of its own, and not the passage above a list of pairs."""
    return recognizer.is_document(value) and not any(_holds_pairs(item, recognizer) for item in value.values())


def _holds_pairs(value: object, recognizer: Recognizer) -> bool:
    if isinstance(value, list):
        return any(_holds_pairs(item, recognizer) for item in value)
    if not isinstance(value, dict):
        return False
    return recognizer.knows(value) or any(_holds_pairs(item, recognizer) for item in value.values())


def _holds_rows(value: object, recognizer: Recognizer) -> bool:
    """Tell whether there may be records below a value."""
    if isinstance(value, list):
        return any(isinstance(item, dict | list) for item in value)
    if not isinstance(value, dict) or not value:
        return False
    return (
        recognizer.knows(value)
        or recognizer.is_document(value)
        or any(_holds_rows(item, recognizer) for item in value.values())
    )


def _kind(head: bytes) -> tuple[str, object]:
    """Tell what a document is from its first bytes: an `object` comes with its value, the others are read later."""
    body = head.lstrip()
    if body[:1] == b"[":
        return "stream", None
    if body[:1] != b"{":
        return "scalar", None
    if len(head) <= ROW_BYTES:
        value = parse(body)
        if not isinstance(value, Fault) or value.reason == "too_deep":
            return ("object", value) if not isinstance(value, Fault) else ("stream", value)
    first, _, second = body.partition(b"\n")
    if second.lstrip()[:1] == b"{":
        try:
            orjson.loads(first)
        except orjson.JSONDecodeError:
            return "stream", None
        return "lines", None
    return "stream", None


def _streamed(stream: Prefixed, text: Text, recognizer: Recognizer, fault: object) -> Iterator[Found | Row]:
    found = 0
    for element in elements(stream, text.start):
        found += 1
        place = f"bytes {element.start}-{element.end}"
        if element.open:
            detail = (
                f"found the end of the file inside {element.path}; expected its closing brackets; fetch or "
                "write the file again"
            )
            yield reject(place, "truncated_file", detail, element.data)
        elif element.end - element.start > ROW_BYTES:
            detail = (
                f"{element.path}: found {element.end - element.start:,} bytes in one row, expected at most "
                f"{ROW_BYTES:,}; split the row"
            )
            yield reject(place, "row_too_large", detail, element.data)
        else:
            yield from _element(element, recognizer)
    if found:
        return
    if isinstance(fault, Fault):
        yield reject("$", fault.reason, fault.detail)
    else:
        detail = "found JSON without a list of rows; expected a list of objects with question and answer; mend the file"
        yield reject("$", "invalid_json", detail)


def _element(element: Element, recognizer: Recognizer) -> Iterator[Found | Row]:
    value = parse(element.data)
    if isinstance(value, Fault):
        place = f"bytes {element.start}-{element.end}" if value.reason == "invalid_utf8" else element.path
        yield reject(
            place,
            value.reason,
            f"{element.path}: {value.detail}" if place != element.path else value.detail,
            element.data,
        )
    else:
        yield from walk(value, element.path, recognizer)
