"""Running text of a page: tables, headings that ask, प्र./उ. paragraphs, options, and what its classes name."""

import re
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Reading
from datakit.readers.html_groups import Group, groups, letters
from datakit.readers.html_levels import level, scope
from datakit.readers.html_named import Named, named_parts
from datakit.readers.html_names import is_note
from datakit.readers.html_options import ICON, SHOW, SHOW_ANSWER, right_ones, without_mark
from datakit.readers.html_runs import Lines, marked_options, numbered_items, one_liners
from datakit.readers.html_tables import is_key_title, key_lines, rows_of
from datakit.readers.html_text import Element, Leaf, Places, leaves
from datakit.readers.markers import ANSWER, EXPLANATION, NUMBERED, OPTION, QUESTION, asks, number_in
from datakit.readers.row import Row
from datakit.readers.table import table_rows

CUT: Final = Line(0, "---")
"""Ends the open answer, as a rule across the page does."""

CALL: Final = re.compile(
    r"^(?:(?:आम्हाला|आमच्याशी|येथे|इथे|आजच)\s+\S+(?:\s+\S+){0,3}|सदस्य\s+व्हा|संपर्क\s+(?:करा|साधा)|नोंदणी\s+करा|सबस्क्राईब\s+करा"
    r"|फॉलो\s+करा|subscribe|contact\s+us|sign\s+up|log\s*in|click\s+here)\W*$",
    re.I,
)
"""What a page asks of its reader where an answer would stand."""


@dataclass
class _Page:
    """What is known of a page beside its lines."""

    named: Named
    rules: Sequence[int]
    key_rows: Mapping[Element, str]
    groups: Mapping[Element, tuple[Group, int]]
    places: Places


def running(root: Element, taken: frozenset[Element], reading: Reading, places: Places) -> Iterator[Row]:
    """Yield the pairs of tables, headings that ask, and marked paragraphs, in the order of the page."""
    tables = [table for table in root.iter("table") if not any(above in taken for above in table.iterancestors())]
    asking = {table: rows for table in tables if (rows := rows_of(table, places, reading)) is not None}
    for cells in asking.values():
        reading.saw("table")
        yield from table_rows(cells, reading)
    skip = taken | frozenset(asking)
    sure = [group for group in groups(root) if group.sure]
    options = frozenset(item for group in sure for item in group.items)
    named = named_parts(root, skip, options)
    page = _Page(
        named,
        sorted(places.offset(rule) for rule in root.iter("hr")),
        {row: line for table in tables if table not in asking for row, line in key_lines(table).items()},
        {item: (group, at) for group in sure for at, item in enumerate(group.items)},
        places,
    )
    found = [
        leaf
        for leaf in leaves(root, skip | named.notes | _labels(sure), named.roles)
        if not is_note(leaf.owner, beside=False) and not (CALL.match(leaf.text) and not asks(leaf.text))
    ]
    if any(is_key_title(leaf.text) for leaf in found):
        found = list(numbered_items(found))
    yield from _blocks(_shown(found), page, reading)


def _labels(sure: Sequence[Group]) -> frozenset[Element]:
    """Return the elements that hold nothing but an option's letter."""
    return frozenset(label for group in sure for label in group.labels if label is not None)


def _shown(found: Sequence[Leaf]) -> list[Leaf]:
    """Turn a button that shows the answer into the answer's mark, where the answer has none of its own."""
    shown: list[Leaf] = []
    for at, leaf in enumerate(found):
        if not SHOW.match(leaf.text):
            shown.append(leaf)
        elif SHOW_ANSWER.match(leaf.text) and at + 1 < len(found) and _may_answer(found[at + 1].text):
            shown.append(leaf._replace(text="उत्तर:"))
    return shown


def _may_answer(text: str) -> bool:
    marked = any(mark.match(text) for mark in (SHOW, ANSWER, QUESTION, NUMBERED, OPTION, CALL))
    return not marked and not asks(text)


def _blocks(found: Sequence[Leaf], page: _Page, reading: Reading) -> Iterator[Row]:
    places = page.places

    def place(first: int, last: int) -> str:
        return places.of(found[first].owner) + places.between(found[first], found[last])

    blocks = Blocks(place=place)
    ruled: tuple[Element, ...] = ()
    part: Element | None = None
    asked = False  # in a question whose answer the page names further down
    marks = {**marked_options(found), **_sure_options(found, page), **_keys(found, page), **one_liners(found)}
    for at, leaf in enumerate(found):
        around = (leaf.owner, *leaf.owner.iterancestors())
        of_row = page.named.of(leaf.owner)
        ended = part is not None and part not in around and not EXPLANATION.match(leaf.text)
        crossed = at > 0 and bisect(page.rules, places.offset(leaf)) > bisect(page.rules, places.offset(found[at - 1]))
        if crossed or ended or (ruled and not any(element in around for element in ruled)):
            yield from blocks.feed(CUT)
            ruled, part = (), None
        if of_row is not None:
            element, role = of_row
            for text in _named_lines(leaf, role, first=at == 0 or page.named.of(found[at - 1].owner) != of_row):
                yield from blocks.feed(Line(at, text, 0, hard=True))
            part = element if role == "answer" else None
            asked = role == "question"
            ruled = ()
            continue
        lines = marks.get(at, (leaf.text,))
        heading = 0 if at in marks else level(leaf.owner, leaf.text)
        if heading and asked:
            continue  # `2 उत्तरे` between a question and its answers
        if heading and asks(leaf.text):
            ruled = scope(leaf.owner)
        for number, text in enumerate(lines):
            yield from blocks.feed(Line(at, text, heading if not number else 0, hard=True))
    yield from blocks.finish()
    if blocks.rows:
        reading.saw("blocks")


def _named_lines(leaf: Leaf, role: str, *, first: bool) -> tuple[str, ...]:
    """Return a line of a part that is a question or an answer by name, with the mark it then needs."""
    text = leaf.text
    if role == "answer":
        return (text if not first or ANSWER.match(text) else f"उत्तर: {text}",)
    text = ICON.sub("", text, count=1)
    if not first or QUESTION.match(text):
        return (text,)
    match = NUMBERED.match(text)
    return (f"प्रश्न {number_in(match[0])}: {text[match.end() :]}" if match else f"प्रश्न: {text}",)


def _sure_options(found: Sequence[Leaf], page: _Page) -> Lines:
    """Return the lines of what the page calls options, each with a letter; below the last the one that is marked."""
    changed: Lines = {}
    for at, leaf in enumerate(found):
        item = next((above for above in (leaf.owner, *leaf.owner.iterancestors()) if above in page.groups), None)
        if item is None:
            continue
        group, number = page.groups[item]
        text, letter = without_mark(leaf.text), letters(group)[number]
        changed[at] = (text if OPTION.match(text) else f"({letter}) {text}",)
        marked = right_ones(group)
        if number == len(group.items) - 1 and len(marked) == 1:
            changed[at] += (f"उत्तर: {without_mark(group.lines[marked[0]].text)}",)
    return changed


def _keys(found: Sequence[Leaf], page: _Page) -> Lines:
    """Return the cells of answer keys: those of a row as one line, where a title says that a key follows."""

    def row_of(item: tuple[int, Leaf]) -> Element | None:
        owner = item[1].owner
        return next((above for above in (owner, *owner.iterancestors()) if above in page.key_rows), None)

    changed: Lines = {}
    in_key, table = False, None
    for row, cells in groupby(enumerate(found), row_of):
        listed = list(cells)
        if row is None:
            in_key, table = is_key_title(listed[-1][1].text), None
            continue
        mine = next(row.iterancestors("table"), None)
        in_key = in_key and table in (None, mine)
        table = mine
        if in_key:
            changed |= {at: () for at, _ in listed}
            changed[listed[0][0]] = (page.key_rows[row],) if page.key_rows[row] else ()
    return changed
