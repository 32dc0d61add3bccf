"""HTML: pairs that the page's structure names, then headings that ask, प्र./उ. paragraphs and tables."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from datakit.readers.blocks import Blocks, Line, chosen_option
from datakit.readers.document import Document, Reading, read_up_to
from datakit.readers.html_pairs import Pair, definition_lists, details, json_ld, microdata
from datakit.readers.html_text import Element, Paths, drop_invisible, leaves, parse, text_of
from datakit.readers.limits import PAGE_BYTES
from datakit.readers.markers import ANSWER, QUESTION, asks
from datakit.readers.row import Broken, Row, reject
from datakit.readers.table import Cells, is_header, table_rows
from datakit.readers.text import no_pairs

HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
OTHER_HEADING: Final = 7  # a bold paragraph or an accordion's button that asks

ASKING_CLASS: Final = re.compile(r"question|accordion|faq|toggle", re.I)

CUT: Final = Line(0, "---")
"""Ends the open answer, as a rule across the page does."""


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a page. The locator is the CSS path of the element that asks."""
    stream = document.open()
    try:
        data = read_up_to(stream, PAGE_BYTES + 1)
    finally:
        stream.close()
    if len(data) > PAGE_BYTES:
        raise Broken("row_too_large", f"found a page of more than {PAGE_BYTES:,} bytes; expected one article; split it")
    if not data.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raise Broken("empty_file", "found nothing but white space; expected a page; fetch it again")
    try:
        root = parse(data)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise Broken("unreadable_file", f"found no readable page ({error}); expected HTML; fetch it again") from None
    reading.encoding = reading.encoding or "utf-8"
    yield from _rows(root, reading)


def _rows(root: Element, reading: Reading) -> Iterator[Row]:
    seen: set[str] = set()
    paths = Paths(root)
    structured = list(json_ld(root, paths))
    drop_invisible(root)
    taken: set[Element] = set()
    found = 0
    for shape, pairs in (
        ("faq (JSON-LD)", structured),
        ("faq (microdata)", list(microdata(root, paths))),
        ("details", list(details(root, paths))),
        ("definition list", list(definition_lists(root, paths))),
    ):
        for pair in pairs:
            if isinstance(pair, Row):
                found += 1
                yield pair
                continue
            if any(above in taken for element in pair.elements for above in element.iterancestors()):
                continue
            taken.update(pair.elements)
            if (key := _key(pair.question)) not in seen:
                seen.add(key)
                reading.saw(shape)
                found += 1
                yield _row(pair)
    for row in _running(root, frozenset(taken), reading, paths):
        if (key := _key(row.question or "")) and key in seen:
            continue  # the page shows what its JSON-LD has said already
        found += 1
        yield row
    if not found:
        body = root.find("body")
        yield no_pairs("body", text_of(root if body is None else body)[:2000])


def _row(pair: Pair) -> Row:
    question, answer = QUESTION.sub("", pair.question, count=1), ANSWER.sub("", pair.answer, count=1)
    chosen = chosen_option(question or pair.question, answer or pair.answer)
    if chosen is None:
        detail = f"found answer key {answer!r}, which names none of the options; expected one of them; correct the key"
        return reject(
            pair.locator, "answer_not_among_options", detail, pair.question, question=pair.question, answer=pair.answer
        )
    return Row(pair.locator, *chosen)


def _running(root: Element, taken: frozenset[Element], reading: Reading, paths: Paths) -> Iterator[Row]:
    """Yield the pairs of tables, headings that ask, and marked paragraphs, in the order of the page."""
    tables = [table for table in root.iter("table") if not any(above in taken for above in table.iterancestors())]
    asking = {}
    for table in tables:
        cells = [
            (paths.of(row), [text_of(cell) for cell in row if cell.tag in ("td", "th")]) for row in table.iter("tr")
        ]
        if len(cells) > 1 and is_header(cells[0][1], reading):
            asking[table] = cells
    for cells in asking.values():
        yield from table_rows(list[Cells | Row](cells), reading)
    owners: list[Element] = []
    blocks = Blocks(place=lambda first, _: paths.of(owners[first]))
    scope: Element | None = None
    for owner, text in leaves(root, taken | frozenset(asking)):
        level = _level(owner, text)
        if scope is not None and scope not in (owner, *owner.iterancestors()):
            yield from blocks.feed(CUT)
            scope = None
        if level and asks(text):
            scope = _scope(owner)
        owners.append(owner)
        yield from blocks.feed(Line(len(owners) - 1, text, level, hard=True))
    yield from blocks.finish()
    if blocks.rows:
        reading.saw("blocks")


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


def _key(question: str) -> str:
    return "".join(question.split()).casefold()
