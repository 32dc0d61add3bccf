"""Parquet and Arrow: read in slices, so that a file of any size takes the memory of one."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import polars as pl

from datakit.readers.document import Document, Reading, Stream, read_up_to
from datakit.readers.limits import MIB
from datakit.readers.row import Broken, Row
from datakit.readers.shapes import Found, Recognizer

SLICE_ROWS: Final = 4096

MESSAGE_BYTES: Final = 512 * MIB
"""A record batch larger than this is refused; `datasets` writes 1,000 rows a batch."""

FILE_MAGIC: Final = b"ARROW1\x00\x00"
CONTINUATION: Final = b"\xff\xff\xff\xff"
FAULTS: Final = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # damaged footers make the library panic; the run must go on
    OSError,
    ValueError,
    LookupError,
    struct.error,
)

END: Final = CONTINUATION + bytes(4)
DICTIONARY: Final = 2  # header types of Arrow's Message table, format/Message.fbs
BATCH: Final = 3


def read_parquet(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a Parquet document. The locator is `row 5`, counted from 1."""
    yield from _scanned(document, reading, lambda path: pl.scan_parquet(path, glob=False), "Parquet")


def read_arrow(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of an Arrow IPC document, file (Feather 2) or stream (what `save_to_disk` writes)."""
    if document.head(len(FILE_MAGIC)) == FILE_MAGIC:
        yield from _scanned(document, reading, pl.scan_ipc, "Arrow IPC")
        return
    stream = document.open()
    try:
        yield from Recognizer(reading).stream(_objects(_record_batches(stream)))
    except FAULTS as error:
        raise _unreadable("Arrow IPC", error) from None
    finally:
        stream.close()


def _scanned(document: Document, reading: Reading, scan: Callable[[Path], pl.LazyFrame], what: str) -> Iterator[Row]:
    """Read a file whose footer says where its parts are, in slices."""
    with document.local() as path:
        try:
            lazy = scan(path)
            names = _text_columns(lazy.collect_schema())
            slices = lazy.select(names).collect_batches(chunk_size=SLICE_ROWS, maintain_order=True)
            yield from Recognizer(reading).stream(_objects(slices))
        except FAULTS as error:
            raise _unreadable(what, error) from None


def _objects(frames: Iterator[pl.DataFrame]) -> Iterator[Found | Row]:
    number = 0
    for frame in frames:
        for at in range(0, frame.height, SLICE_ROWS):
            for value in frame.slice(at, SLICE_ROWS).iter_rows(named=True):
                number += 1
                yield f"row {number}", value, None
    if not number:
        raise Broken("empty_file", "found no rows; expected at least one; remove the file or write it again")


def _text_columns(schema: pl.Schema) -> list[str]:
    """Leave out pictures and sound: they are no part of a record, and large."""
    return [name for name, dtype in schema.items() if dtype not in (pl.Binary, pl.Object)]


def _record_batches(stream: Stream) -> Iterator[pl.DataFrame]:
    """Read the messages of the IPC format one by one, and let polars decode each batch behind the schema alone."""
    opening = read_up_to(stream, 8)
    preamble = b""
    while (message := _message(stream, opening)) is not None:
        kind, data = message
        if kind == BATCH:
            frame = pl.read_ipc_stream(preamble + data + END)
            yield frame.select(_text_columns(frame.schema))
        else:
            preamble += data  # the schema, then dictionaries, which a later batch needs
            if len(preamble) > MESSAGE_BYTES:
                raise Broken(
                    "unreadable_file",
                    f"found dictionaries of {len(preamble):,} bytes; expected less than {MESSAGE_BYTES:,}",
                )
        opening = read_up_to(stream, 8)


def _message(stream: Stream, opening: bytes) -> tuple[int, bytes] | None:
    """Return the kind and bytes of one encapsulated message, None at the end of the stream."""
    if opening in (b"", END):
        return None
    if opening[:4] != CONTINUATION or len(opening) < 8:
        raise Broken("unreadable_file", "found no Arrow message; expected the IPC format; write the file again")
    (size,) = struct.unpack_from("<i", opening, 4)
    if not 0 < size <= MESSAGE_BYTES:
        raise Broken(
            "unreadable_file",
            f"found an Arrow header of {size:,} bytes; expected less than {MESSAGE_BYTES:,}; write the file again",
        )
    header = read_up_to(stream, size)
    kind, length = _header(header)
    if length > MESSAGE_BYTES:
        step = "write it again with smaller batches"
        raise Broken(
            "unreadable_file", f"found an Arrow batch of {length:,} bytes; expected at most {MESSAGE_BYTES:,}; {step}"
        )
    body = read_up_to(stream, length)
    if len(header) < size or len(body) < length:
        raise Broken(
            "truncated_file", "found the end of the file inside an Arrow batch; expected its rest; fetch the file again"
        )
    return kind, opening + header + body


def _header(data: bytes) -> tuple[int, int]:
    """Return header type and body length of a flatbuffer Message: version, header_type, header, bodyLength."""
    (table,) = struct.unpack_from("<I", data, 0)
    (back,) = struct.unpack_from("<i", data, table)
    vtable = table - back
    (width,) = struct.unpack_from("<H", data, vtable)
    kind_at, length_at = (
        struct.unpack_from("<H", data, vtable + 4 + 2 * n)[0] if width >= 6 + 2 * n else 0 for n in (1, 3)
    )
    kind = data[table + kind_at] if kind_at else 0
    length = struct.unpack_from("<q", data, table + length_at)[0] if length_at else 0
    return kind, max(0, length)


def _unreadable(what: str, error: BaseException) -> Broken:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Broken(
        "unreadable_file", f"found no readable {what} ({first[:200]}); expected a whole file; fetch or write it again"
    )
