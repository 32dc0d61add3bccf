"""Split a stream into physical lines without ever holding more than one line and one chunk."""

from collections.abc import Iterator

from datakit.readers.encoding import Text
from datakit.readers.limits import CHUNK_BYTES, ROW_BYTES
from datakit.readers.row import Row, reject

Line = tuple[int, int, bytes]
"""Number from 1, offset of the first byte in the file, the bytes without the line end."""


def lines(text: Text, *, max_bytes: int = ROW_BYTES) -> Iterator[Line | Row]:
    """Yield the lines of a stream; one longer than `max_bytes` becomes a reject and is never held whole.

    Line ends are LF or CR LF; a file that begins with CR alone is split at CR.
    """
    stream = text.stream
    chunk = stream.read(CHUNK_BYTES)
    if chunk.endswith(b"\r"):
        chunk += stream.read(1)  # its line feed may stand behind it
    end = b"\r" if b"\r" in chunk and b"\n" not in chunk else b"\n"
    pending, offset, number = b"", text.start, 1
    while chunk:
        parts = chunk.split(end)
        parts[0] = pending + parts[0]
        pending = parts.pop()
        for part in parts:
            size = len(part)
            if size > max_bytes:
                yield _too_large(number, offset, offset + size, part)
            else:
                yield number, offset, part[:-1] if part.endswith(b"\r") else part
            offset += size + 1
            number += 1
        if len(pending) > max_bytes:
            start, head = offset, pending[:2048]
            offset += len(pending)
            while (chunk := stream.read(CHUNK_BYTES)) and (at := chunk.find(end)) < 0:
                offset += len(chunk)
            if not chunk:
                yield _too_large(number, start, offset, head)
                return
            offset += at
            yield _too_large(number, start, offset, head)
            offset, number, pending, chunk = offset + 1, number + 1, b"", chunk[at + 1 :] or stream.read(CHUNK_BYTES)
            continue
        chunk = stream.read(CHUNK_BYTES)
    if pending:
        yield number, offset, pending[:-1] if pending.endswith(b"\r") else pending


def _too_large(number: int, start: int, end: int, head: bytes) -> Row:
    found = (
        f"line {number}: found {end - start:,} bytes in one row, expected at most {ROW_BYTES:,}; split the row "
        "or raise its source"
    )
    return reject(f"bytes {start}-{end}", "row_too_large", found, head)


def decoded(text: Text, form: str) -> Iterator[tuple[int, str] | Row]:
    """Yield number and text of each line, a reject for a line that is no text; `form` names what the file should be."""
    for line in lines(text):
        if isinstance(line, Row):
            yield line
            continue
        number, start, data = line
        if b"\x00" in data:
            detail = f"found NUL bytes; expected text; the file was cut off or is no {form}, write it again"
            yield reject(f"line {number}", "nul_bytes", detail, data)
            continue
        found = text.decode(data, number, start)
        yield found if isinstance(found, Row) else (number, found)
