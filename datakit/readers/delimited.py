"""CSV and TSV: the delimiter is told from the text; a quote that is never closed costs one line, not the whole file."""

import csv
from collections.abc import Iterator, Sequence
from typing import Final

from datakit.readers.columns import has_pair, resolve, unique
from datakit.readers.document import Document, Reading
from datakit.readers.encoding import Text, open_text
from datakit.readers.limits import HEAD_BYTES, ROW_BYTES
from datakit.readers.lines import decoded
from datakit.readers.row import Row, reject
from datakit.readers.table import Cells, table_rows

DELIMITERS: Final = (",", ";", "\t", "|")

MAX_QUOTED_LINES: Final = 1000
"""A longer quoted field is a quote that was never closed: the longest of 84,002 real answers has 11 lines."""

SNIFF_LINES: Final = 20


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a delimited document. The locator is the physical line where the row begins."""
    csv.field_size_limit(ROW_BYTES)  # the module's own limit of 128 KiB is below a long answer
    head = document.head(HEAD_BYTES)
    text = open_text(document, reading)
    try:
        delimiter, skip = sniff(head, text.encoding.name, reading)
        yield from table_rows(_records(text, delimiter, skip), reading)
    finally:
        text.stream.close()


def sniff(head: bytes, encoding: str, reading: Reading) -> tuple[str, int]:
    """Return the delimiter, and 1 where the first line is Excel's `sep=;`, which is no row.

    The delimiter under which a line of the opening names question and answer wins; otherwise the one that cuts most
    lines into the same number of fields.
    """
    opening = [
        line for line in head.decode(encoding, "replace").lstrip("\ufeff").splitlines()[:SNIFF_LINES] if line.strip()
    ]
    if opening and opening[0].casefold().startswith("sep=") and len(opening[0].strip()) == 5:
        return opening[0].strip()[4], 1
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = [_fields(line, delimiter) or [] for line in opening]
        if any(has_pair(resolve(unique(row), reading.columns)) for row in rows):
            return delimiter, 0
        widths = [len(row) for row in rows if len(row) > 1]
        common = max(set(widths), key=widths.count, default=0)
        score = widths.count(common) + common / 1000
        if widths and score > best_score:
            best, best_score = delimiter, score
    return best, 0


def _records(text: Text, delimiter: str, skip: int) -> Iterator[Cells | Row]:
    """Put physical lines together to records; where a quote stays open, reject its first line and go on behind it."""
    waiting: list[tuple[int, str] | Row] = []  # what is read again after a quote that was never closed, the next last
    source = decoded(text, "table")
    while True:
        item = waiting.pop() if waiting else next(source, None)
        if item is None:
            return
        if isinstance(item, Row):
            yield item
            continue
        number, line = item
        if number <= skip:
            continue
        fields = _fields(line, delimiter)
        if fields is not None:
            yield f"line {number}", fields
            continue
        held, size = [item], len(line)
        while fields is None and len(held) < MAX_QUOTED_LINES and size < ROW_BYTES // 4:
            more = waiting.pop() if waiting else next(source, None)
            if more is None:
                break
            if isinstance(more, Row):
                waiting.append(more)
                break
            held.append(more)
            size += len(more[1])
            if '"' in more[1]:
                fields = _fields("\n".join(part for _, part in held), delimiter)
        if fields is not None:
            yield f"line {number}", fields
            continue
        detail = (
            f"found a double quote opened on line {number} and not closed in the {len(held)} lines from there; "
            "expected its end"
        )
        yield reject(
            f"line {number}", "unclosed_quote", f"{detail}; close it, or double a quote that belongs to the text", line
        )
        waiting.extend(reversed(held[1:]))


def _fields(record: str, delimiter: str) -> Sequence[str] | None:
    """Return the fields of a record, None where a quote is still open at its end."""
    if '"' not in record:
        return record.split(delimiter)
    try:
        return next(csv.reader([record], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
    try:  # a quote inside a field that does not begin with one is text
        return next(csv.reader([record], delimiter=delimiter), [])
    except csv.Error:
        return None
