"""Tables of a page: of questions and answers, with a header or without one, and answer keys."""

from collections.abc import Sequence
from typing import Final

from datakit.readers.answer_key import ANSWERS, TITLE, lettered, worded
from datakit.readers.document import Reading
from datakit.readers.html_text import Element, Places, text_of
from datakit.readers.markers import BLANK, asks
from datakit.readers.table import Cells, is_header

NUMBER_CHARS: Final = 4
"""`१२.` before a question in a table."""

GAP_ANSWER_CHARS: Final = 60
"""What fills a gap is a word or a few."""


def rows_of(table: Element, places: Places, reading: Reading) -> list[Cells] | None:
    """Return the header and the rows of a table of questions and answers; None where it is none."""
    cells = [
        (places.of(row) + places.span(row), [text_of(cell) for cell in row if cell.tag in ("td", "th")])
        for row in table.iter("tr")
    ]
    if len(cells) < 2:
        return None
    if any(is_header(row, reading) for _, row in cells[:2]):
        return list[Cells](cells)
    if all(_asks_and_answers(row) for _, row in cells):
        body = cells
    elif len(cells) > 2 and not any(map(asks, cells[0][1])) and all(_asks_and_answers(row) for _, row in cells[1:]):
        body = cells[1:]  # a header in words of its own
    else:
        return None
    return [("", ["प्रश्न", "उत्तर"]), *((place, row[-2:]) for place, row in body)]


def key_lines(table: Element) -> dict[Element, str]:
    """Return the rows of a table that holds an answer key, as `१-ब`; none where a row is anything else.

    A header may stand above them. Rows may hold several entries side by side.
    """
    found: dict[Element, str] = {}
    for at, row in enumerate(table.iter("tr")):
        cells = [text_of(cell) for cell in row if cell.tag in ("td", "th")]
        line = _entries(cells)
        if line is None and at:
            return {}
        found[row] = line or ""
    return found if any(found.values()) else {}


def is_key_title(text: str) -> bool:
    """Tell whether a line says that an answer key follows."""
    match = TITLE.match(text) or ANSWERS.match(text)
    return match is not None and not text[match.end() :].strip()


def _entries(cells: Sequence[str]) -> str | None:
    """Return `१-ब, २-क` of a row whose cells are numbers and answers by turns."""
    if len(cells) < 2 or len(cells) % 2 or not all(cells):
        return None
    pairs = []
    for number, answer in zip(cells[::2], cells[1::2], strict=True):
        sign = "-" if len(answer) < NUMBER_CHARS else ") "  # a letter, or words
        pairs.append(f"{number.strip(' .)(')}{sign}{answer}")
    line = ", ".join(pairs)
    return line if lettered(line) or (len(pairs) == 1 and worded(line)) else None


def _asks_and_answers(row: Sequence[str]) -> bool:
    """Tell whether a row of a table without a header is a question and its answer, a number before them or not."""
    if len(row) not in (2, 3) or (len(row) == 3 and len(row[0]) > NUMBER_CHARS):
        return False
    gap = BLANK.search(row[-2]) is not None and len(row[-1]) <= GAP_ANSWER_CHARS
    return (asks(row[-2]) or gap) and bool(row[-1]) and not asks(row[-1])
