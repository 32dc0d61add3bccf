"""Pages to rows: question and answer blocks across pages, tables, and what OCR was not sure of.

A page in which nothing is asked gives one reject whose context is its text: it is a document, whose questions are still
to be written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Reading
from datakit.readers.page import Page
from datakit.readers.page_tables import Table, split_tables
from datakit.readers.paragraphs import paragraphs
from datakit.readers.passage import passage_row
from datakit.readers.row import Row, reject
from datakit.readers.running_heads import without_heads
from datakit.readers.sureness import Sureness
from datakit.readers.table import Cells, is_header, table_rows

PAGE_STEP: Final = 10_000_000
LINE_STEP: Final = 1_000
"""A paragraph's number holds its page, its first line and how many lines follow, so that no list of places is kept."""


def page_rows(pages: Iterable[Page], reading: Reading) -> Iterator[Row]:
    """Yield the rows of a document of pages, in order."""
    machine = _Machine(reading)
    for page in without_heads(pages):
        yield from machine.take(page)
    yield from machine.finish()


def place(first: int, last: int) -> str:
    """Return the locator of a run of paragraphs: `page 3 lines 4-6`, `page 3 line 40 to page 4 line 2`."""
    page, from_line, _ = _parts(first)
    end_page, start, more = _parts(last)
    to_line = start + more
    if page != end_page:
        return f"page {page} line {from_line} to page {end_page} line {to_line}"
    return f"page {page} line {from_line}" if from_line == to_line else f"page {page} lines {from_line}-{to_line}"


def _parts(number: int) -> tuple[int, int, int]:
    page, rest = divmod(number, PAGE_STEP)
    return page, *divmod(rest, LINE_STEP)


@dataclass
class _Machine:
    """The state across pages: the blocks, the pages whose text is still to be told, and the doubts of OCR."""

    reading: Reading
    blocks: Blocks = field(init=False)
    sureness: Sureness = field(default_factory=Sureness)
    touched: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)  # pages of the blocks that the last line closed
    waiting: list[tuple[Page, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.blocks = Blocks(place=self._place)

    def take(self, page: Page) -> Iterator[Row]:
        """Take the next page."""
        if page.fault is not None:
            self.reading.saw(f"page ({page.fault[0]})")
            yield reject(f"page {page.number}", *page.fault)
            return
        self.reading.saw(f"page ({page.origin})")
        self.sureness.learn(page)
        texts = []
        for part in paragraphs(split_tables(page.lines)):
            texts.append(part.text)
            if part.table is not None and (rows := self._table(page, part.table)) is not None:
                yield from rows
                continue
            step = PAGE_STEP * page.number + LINE_STEP * part.first
            number = step + min(part.last - part.first, LINE_STEP - 1)
            for text in part.text.split("\n"):
                yield from self._heard(self.blocks.feed(Line(number, text, part.heading, hard=True)))
        self.waiting.append((page, "\n".join(texts)))
        yield from self._settled()

    def finish(self) -> Iterator[Row]:
        """Give what is open at the end."""
        yield from self._heard(self.blocks.finish())
        yield from self._settled()

    def _heard(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Pass on the rows that a line completes; pages of a block that counts as a question are no documents."""
        before = self.blocks.rows
        self.named.clear()
        for row in rows:
            yield self.sureness.judged(row)
        if self.blocks.rows > before:
            self.touched |= self.named

    def _place(self, first: int, last: int) -> str:
        self.named.update(range(first // PAGE_STEP, last // PAGE_STEP + 1))
        return place(first, last)

    def _settled(self) -> Iterator[Row]:
        """Give the pages whose questions are all told, and in which none was found."""
        since = self.blocks.open_since
        before = None if since is None else since // PAGE_STEP
        while self.waiting and (before is None or self.waiting[0][0].number < before):
            page, text = self.waiting.pop(0)
            if page.number in self.touched:
                self.touched.discard(page.number)
            elif text.strip():
                yield passage_row(f"page {page.number}", text, self.sureness.meta(f"page {page.number}"))

    def _table(self, page: Page, table: Table) -> list[Row] | None:
        first = table.lines[0].number
        cells: list[Cells | Row] = [
            (f"page {page.number} line {first} row {number}", list(row)) for number, row in enumerate(table.rows)
        ]
        if not is_header(table.rows[0], self.reading):
            return None
        self.touched.add(page.number)
        return [self.sureness.judged(row) for row in table_rows(cells, self.reading)]
