"""Running text of a page: tables, headings that ask, प्र./उ. paragraphs, options of which one is marked."""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import Final

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Reading
from datakit.readers.html_options import is_marked, without_mark
from datakit.readers.html_text import Element, Leaf, Places, leaves, text_of
from datakit.readers.markers import ANSWER, BLANK, NUMBERED, OPTION, QUESTION, asks
from datakit.readers.row import Row
from datakit.readers.table import Cells, is_header, table_rows

HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
OTHER_HEADING: Final = 7  # a bold paragraph or an accordion's button that asks

ASKING_CLASS: Final = re.compile(r"question|accordion|faq|toggle", re.I)

NUMBER_CHARS: Final = 4
"""`१२.` before a question in a table."""

SHOW: Final = re.compile(
    r"^(?:(?:योग्य\s+)?उत्तर\s*(?:पहा|पाहा|बघा|दाखवा|तपासा)|(?:show|view|see|check)\s+(?:the\s+)?answer|(?:सविस्तर|अधिक)\s+वाचा"
    r"|read\s+more)\W*$",
    re.I,
)
"""What a button says; it is neither question nor answer."""

CUT: Final = Line(0, "---")
"""Ends the open answer, as a rule across the page does."""


def running(root: Element, taken: frozenset[Element], reading: Reading, places: Places) -> Iterator[Row]:
    """Yield the pairs of tables, headings that ask, and marked paragraphs, in the order of the page."""
    tables = [table for table in root.iter("table") if not any(above in taken for above in table.iterancestors())]
    asking = {}
    for table in tables:
        cells = [
            (places.of(row) + places.span(row), [text_of(cell) for cell in row if cell.tag in ("td", "th")])
            for row in table.iter("tr")
        ]
        if len(cells) > 1 and all(_asks_and_answers(row) for _, row in cells):
            asking[table] = [("", ["प्रश्न", "उत्तर"]), *((place, row[-2:]) for place, row in cells)]
        elif len(cells) > 1 and any(is_header(row, reading) for _, row in cells[:2]):
            asking[table] = cells
    for cells in asking.values():
        reading.saw("table")
        yield from table_rows(list[Cells | Row](cells), reading)
    found = [leaf for leaf in leaves(root, taken | frozenset(asking)) if not SHOW.match(leaf.text)]
    rules = sorted(places.offset(rule) for rule in root.iter("hr"))
    yield from _blocks(found, rules, reading, places)


def _asks_and_answers(row: Sequence[str]) -> bool:
    """Tell whether a row of a table without a header is a question and its answer, a number before them or not."""
    if len(row) not in (2, 3) or (len(row) == 3 and len(row[0]) > NUMBER_CHARS):
        return False
    return asks(row[-2]) and bool(row[-1]) and not asks(row[-1])


def _blocks(found: Sequence[Leaf], rules: Sequence[int], reading: Reading, places: Places) -> Iterator[Row]:
    def place(first: int, last: int) -> str:
        return places.of(found[first].owner) + places.between(found[first], found[last])

    blocks = Blocks(place=place)
    scope: Element | None = None
    marks = marked_options(found)
    for at, leaf in enumerate(found):
        level = _level(leaf.owner, leaf.text)
        if at and bisect(rules, places.offset(leaf)) > bisect(rules, places.offset(found[at - 1])):
            yield from blocks.feed(CUT)
            scope = None
        if scope is not None and scope not in (leaf.owner, *leaf.owner.iterancestors()):
            yield from blocks.feed(CUT)
            scope = None
        if level and asks(leaf.text):
            scope = _scope(leaf.owner)
        text, answer = marks.get(at, (leaf.text, None))
        yield from blocks.feed(Line(at, text, level, hard=True))
        if answer is not None:
            yield from blocks.feed(Line(at, f"उत्तर: {answer}", 0, hard=True))
    yield from blocks.finish()
    if blocks.rows:
        reading.saw("blocks")


def marked_options(found: Sequence[Leaf]) -> dict[int, tuple[str, str | None]]:
    """Return the lines of options of which exactly one is marked as the answer: their text without the mark.

    Beside the last of each run stands the answer. A run that an answer follows, or in which none or several are
    marked, is left as it is.
    """
    changed: dict[int, tuple[str, str | None]] = {}
    at = 0
    while at < len(found):
        end = at
        while end < len(found) and OPTION.match(found[end].text):
            end += 1
        run = range(at, end)
        answered = end < len(found) and ANSWER.match(found[end].text)
        if len(run) >= 2 and not answered and at > 0 and _stem(found[at - 1].text):
            marked = [number for number in run if is_marked(found[number])]
            if len(marked) == 1:
                changed |= {number: (without_mark(found[number].text), None) for number in run}
                changed[end - 1] = (changed[end - 1][0], without_mark(found[marked[0]].text))
        at = max(end, at + 1)
    return changed


def _stem(text: str) -> bool:
    return bool(asks(text) or BLANK.search(text) or QUESTION.match(text) or NUMBERED.match(text))


def _level(owner: Element, text: str) -> int:
    """Return the level of a heading; a bold paragraph or an accordion's title that asks is one too."""
    for element in (owner, *owner.iterancestors()):
        if element.tag in HEADINGS:
            return HEADINGS[element.tag]
        if element.tag in ("td", "li", "section", "article", "main", "body"):
            break
    if not asks(text) or QUESTION.match(text):
        return 0
    bold = "".join("".join(part.itertext()) for part in owner.iter("b", "strong", "button"))
    if "".join(bold.split()) == "".join(text.split()) or ASKING_CLASS.search(owner.get("class") or ""):
        return OTHER_HEADING
    return 0


def _scope(heading: Element) -> Element:
    """Return the part of the page that a heading rules: the first element around it that holds more than it."""
    length = len("".join("".join(heading.itertext()).split()))
    for element in heading.iterancestors():
        if len("".join("".join(element.itertext()).split())) > length:
            return element
    return heading
