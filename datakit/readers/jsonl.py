"""JSON Lines: one object a line. A bad line is rejected with its place and the next line is read."""

from collections.abc import Iterator

from datakit.readers.document import Document, Reading
from datakit.readers.encoding import Text, open_text
from datakit.readers.json_value import Fault, parse
from datakit.readers.lines import lines
from datakit.readers.row import Row, reject
from datakit.readers.shapes import Found, Recognizer


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a JSONL document, one line in memory at a time."""
    text = open_text(document, reading)
    try:
        yield from Recognizer(reading).stream(_objects(text))
    finally:
        text.stream.close()


def _objects(text: Text) -> Iterator[Found | Row]:
    for line in lines(text):
        if isinstance(line, Row):
            yield line
            continue
        number, start, data = line
        if not data or data.isspace():
            continue
        place = f"line {number}"
        value = parse(data)
        if not isinstance(value, Fault):
            yield place, value, data
        elif value.reason == "invalid_utf8":
            bad = text.decode(data, number, start)
            yield bad if isinstance(bad, Row) else reject(place, "invalid_json", value.detail, data)
        else:
            yield reject(place, value.reason, value.detail, data)
