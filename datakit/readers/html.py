"""HTML: pairs that the page's structure names, then headings that ask, प्र./उ. paragraphs and tables."""

from collections.abc import Iterator

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from datakit.errors import MissingDependencyError
from datakit.readers.blocks import chosen_option
from datakit.readers.document import Document, Reading, read_up_to
from datakit.readers.html_main import main_text
from datakit.readers.html_options import ICON, option_lists
from datakit.readers.html_pairs import Pair, definition_lists, details, json_ld, microdata
from datakit.readers.html_running import running
from datakit.readers.html_text import Element, Places, hide_unseen, parse
from datakit.readers.limits import PAGE_BYTES
from datakit.readers.markers import ANSWER, QUESTION
from datakit.readers.passage import passage_row
from datakit.readers.row import Broken, Row, reject


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a page. The locator is the CSS path of what asks, and the range of characters in the body.

    A page that asks nothing is a passage; without trafilatura it is a reject that says what to install.
    """
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
    places = Places(root)
    structured = list(json_ld(root, places))
    hide_unseen(root)
    taken: set[Element] = set()
    found = 0
    for shape, pairs in (
        ("faq (JSON-LD)", structured),
        ("faq (microdata)", list(microdata(root, places))),
        ("details", list(details(root, places))),
        ("definition list", list(definition_lists(root, places))),
        ("options", list(option_lists(root, places))),
    ):
        before = frozenset(taken)
        for pair in pairs:
            if isinstance(pair, Row):
                found += 1
                yield pair
                continue
            inside = any(above in taken for element in pair.elements for above in element.iterancestors())
            if inside or not before.isdisjoint(pair.elements):
                continue
            taken.update(pair.elements)
            if (key := _key(pair.question)) not in seen:
                seen.add(key)
                reading.saw(shape)
                found += 1
                yield _row(pair)
    for row in running(root, frozenset(taken), reading, places):
        if row.question and row.reason is None:
            row = row._replace(question=ICON.sub("", row.question, count=1))
        if (key := _key(row.question or "")) and key in seen:
            continue  # the page shows what its JSON-LD has said already
        found += 1
        yield row
    if not found:
        yield _prose(root, places)


def _prose(root: Element, places: Places) -> Row:
    """Return a page that asks nothing as a passage; without trafilatura, which finds its text, it is only named."""
    try:
        main = main_text(root)
    except MissingDependencyError as error:
        detail = f"found a page that asks nothing; expected its main text, but {error}, and run the same command again"
        return reject("body", "needs_extra", detail)
    return passage_row(places.of(main.element) + places.span(main.element), main.text)


def _row(pair: Pair) -> Row:
    question = QUESTION.sub("", ICON.sub("", pair.question, count=1), count=1)
    answer = ANSWER.sub("", pair.answer, count=1)
    chosen = chosen_option(question or pair.question, answer or pair.answer)
    if chosen is None:
        detail = f"found answer key {answer!r}, which names none of the options; expected one of them; correct the key"
        return reject(
            pair.locator, "answer_not_among_options", detail, pair.question, question=pair.question, answer=pair.answer
        )
    return Row(pair.locator, *chosen)


def _key(question: str) -> str:
    return "".join(question.split()).casefold()
