"""Cut a large JSON document into its elements without holding more than one of them.

The scanner knows brackets and strings, nothing else: an element that is no valid JSON does not stop the next one.
"""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from datakit.readers.document import Stream
from datakit.readers.limits import CHUNK_BYTES, ROW_BYTES

TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+("|\Z|\\\Z)|[\[\]{},]', re.S)
"""A whole string, a bracket or a comma; group 1 is empty where the buffer ends inside the string."""

INSIDE: Final = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.S)
"""All that lies between two brackets, whole strings among it: inside an element nothing else matters."""

STRING_END: Final = re.compile(rb'(?:[^"\\]++|\\.)*+("|\Z|\\\Z)', re.S)

KEEP: Final = 2048  # of an element that is too large: enough for the reject's excerpt

NEVER_ROWS: Final = frozenset(
    ("conversations", "conversation", "messages", "options", "choices", "answers", "tags", "features")
)
"""Lists in the top object that belong to one record: a document of a single conversation is read whole."""


class Element(NamedTuple):
    """One element: its place and bytes. `data` is cut where it is too large; `open`: the file stops inside it."""

    path: str
    start: int
    end: int
    data: bytes
    open: bool = False


def elements(stream: Stream, start: int = 0, *, max_bytes: int = ROW_BYTES) -> Iterator[Element]:
    """Yield the elements of a top array as `$[0]`, or those of each array in a top object as `$.data[0]`.

    The last thing yielded is an element marked `open` where the document ends before its brackets are closed.
    """
    scan = _Scan(start, max_bytes)
    buffer, at, in_string = b"", 0, False
    while chunk := stream.read(CHUNK_BYTES):
        # What lies before the element being read is not needed again.
        buffer, at = scan.shrink(buffer, at)
        buffer += chunk
        if in_string:
            match = STRING_END.match(buffer, at)
            assert match is not None
            if not match[1].startswith(b'"'):
                at = match.end() - len(match[1])
                continue
            at, in_string = match.end(), False
        while True:
            if scan.begin >= 0 and scan.depth > scan.array and (passed := INSIDE.match(buffer, at)) is not None:
                at = passed.end()
            if (found := TOKEN.search(buffer, at)) is None:
                at = len(buffer)
                break
            token = found[0]
            if token[:1] == b'"':
                scan.string(buffer, found.start(), found.end())
                if found[1] != b'"':
                    at, in_string = found.end() - len(found[1]), True
                    break
            elif (element := scan.mark(token, buffer, found.start())) is not None:
                yield element
            at = found.end()
    last = scan.rest(buffer)
    if last is not None:
        yield last


class _Scan:
    """Where the scanner stands: the depth, the array whose elements are wanted, the element that is open."""

    def __init__(self, offset: int, max_bytes: int) -> None:
        self.offset = offset  # of the buffer's first byte in the document
        self.max_bytes = max_bytes
        self.depth = 0
        self.array = 0  # depth of the array whose elements are wanted; 0: none is open
        self.path = "$"
        self.key: bytes = b""
        self.index = 0
        self.begin = -1  # offset of the open element, -1: none
        self.gap = 0  # offset after the last comma: where a number or null would begin
        self.head: bytes | None = None  # first bytes of an element grown too large
        self.closed = False

    def shrink(self, buffer: bytes, at: int) -> tuple[bytes, int]:
        """Drop what is read, and all but the head of an element that is too large."""
        first = self.begin if self.begin >= 0 else self.gap if self.array else self.offset + at
        start = min(at, first - self.offset) if self.head is None else at
        if self.begin < 0 and at - start > KEEP:  # white space without end
            start = at
        if self.begin >= 0 and self.head is None and at - start > self.max_bytes:
            self.head = buffer[start : start + KEEP]
            start = at
        self.offset += start
        return buffer[start:], at - start

    def string(self, buffer: bytes, start: int, end: int) -> None:
        """Take note of a string: it may be a key of the top object, or begin an element."""
        if self.depth == 1 and not self.array:
            self.key = buffer[start:end]
        elif self.begin < 0 and self.array == self.depth:
            self.begin = self.offset + start

    def mark(self, token: bytes, buffer: bytes, at: int) -> Element | None:
        """Take note of a bracket or comma; return the element that it ends."""
        if token == b",":
            return self._end(buffer, at) if self.array == self.depth and self.array else None
        if token in (b"[", b"{"):
            if self.array and self.begin < 0 and self.array == self.depth:
                self.begin = self.offset + at
            self.depth += 1
            if not self.array and token == b"[" and (self.depth == 1 or (self.depth == 2 and self._wanted())):
                self.array, self.index = self.depth, 0
                self.path = "$" if self.depth == 1 else f"${path_key(self._key())}"
                self.begin, self.gap = -1, self.offset + at + 1
            return None
        element = self._end(buffer, at) if self.array and self.array == self.depth and token == b"]" else None
        if self.array == self.depth and self.array:
            self.array = 0
        self.depth = max(0, self.depth - 1)
        self.closed = self.depth == 0
        return element

    def rest(self, buffer: bytes) -> Element | None:
        """Return what is left open at the end of the document."""
        if self.depth == 0 and self.closed:
            return None
        start = self.begin if self.begin >= 0 else self.offset + len(buffer)
        data = self.head or buffer[max(0, start - self.offset) :][:KEEP]
        return Element(f"{self.path}[{self.index}]", start, self.offset + len(buffer), data, open=True)

    def _end(self, buffer: bytes, at: int) -> Element | None:
        """Close the element that ends before `at`; a number begins after the last comma, where nothing was opened."""
        if self.begin < 0:
            bare = buffer[max(0, self.gap - self.offset) : at]
            if not bare.strip():
                self.gap = self.offset + at + 1
                return None
            self.begin = self.offset + at - len(bare.lstrip())
        end = self.offset + at
        data = self.head if self.head is not None else buffer[self.begin - self.offset : at].rstrip()
        element = Element(f"{self.path}[{self.index}]", self.begin, end, data)
        self.begin, self.head, self.gap = -1, None, end + 1
        self.index += 1
        return element

    def _wanted(self) -> bool:
        return self._key() not in NEVER_ROWS

    def _key(self) -> str:
        try:
            return str(json.loads(self.key))
        except ValueError:
            return self.key.decode("utf-8", "backslashreplace")


def path_key(key: str) -> str:
    """Return a step of a JSON path: `.data`, or `["two words"]`."""
    return f".{key}" if key.isidentifier() else f"[{json.dumps(key, ensure_ascii=False)}]"
