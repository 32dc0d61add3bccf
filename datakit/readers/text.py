"""Plain text with प्र./उ. blocks. Prose without questions is one reject: it is no fault of a row."""

from collections.abc import Callable, Iterator

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Document, Reading
from datakit.readers.encoding import open_text
from datakit.readers.lines import decoded
from datakit.readers.row import Row, reject


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
    """Feed lines to the machine; where it finds no pair, say so once for the whole text."""
    number, opening = 0, ""
    for item in found:
        if isinstance(item, Row):
            yield item
            continue
        number, line = item
        opening = opening or line.strip()
        yield from blocks.feed(to_line(number, line))
    yield from blocks.finish()
    if blocks.rows:
        reading.saw("blocks")
    elif number:
        reading.saw("prose")
        yield no_pairs(f"lines 1-{number}", opening)


def no_pairs(locator: str, opening: str) -> Row:
    """Build the reject of a text in which nothing is asked."""
    detail = (
        f"found text with no question and answer at {locator}; expected प्र./उ., प्रश्न:/उत्तर:, Q:/A:, or "
        "a heading that asks; "
        "mark the pairs, or take the file out"
    )
    return reject(locator, "no_question_answer_pairs", detail, opening)
