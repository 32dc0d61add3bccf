"""Plain text with प्र./उ. blocks. Prose without questions comes as passages: it is no fault of a row."""

from collections.abc import Callable, Iterator

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Document, Reading
from datakit.readers.encoding import open_text
from datakit.readers.lines import decoded
from datakit.readers.passage import Prose
from datakit.readers.row import Row


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a text document. The locator is `lines 12-15`."""
    text = open_text(document, reading)
    try:
        yield from block_rows(decoded(text, "text"), Blocks(), lambda number, line: Line(number, line), reading)
    finally:
        text.stream.close()


def block_rows(
    found: Iterator[tuple[int, str] | Row], blocks: Blocks, to_line: Callable[[int, str], Line], reading: Reading
) -> Iterator[Row]:
    """Feed lines to the machine; text in which nothing is asked comes as passages."""
    prose = Prose(blocks)
    empty = True
    for item in found:
        if isinstance(item, Row):
            yield item
            continue
        empty = False
        yield from prose.feed(to_line(*item))
    yield from prose.finish()
    if not empty:
        reading.saw("blocks" if blocks.rows else "prose")
