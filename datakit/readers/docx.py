"""DOCX: paragraphs with their list numbers, headings and tables, through python-docx."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Document, Reading
from datakit.readers.docx_numbers import Numbers
from datakit.readers.expansion import Budget
from datakit.readers.extra import needed
from datakit.readers.limits import ARCHIVE_MEMBERS, ROW_BYTES
from datakit.readers.passage import passage_row
from datakit.readers.row import Broken, Row
from datakit.readers.sniff import OLE
from datakit.readers.table import Cells, is_header, table_rows

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

MAX_BYTES: Final = 1 << 30
"""python-docx holds the unpacked document; a book of 1,500 pages with pictures unpacks to 0.2 GB."""

TITLE_CHARS: Final = 100
"""Text before the first question that is no longer than a title and a class is no document."""

PASSAGE_CHARS: Final = 2_000
"""Text in which nothing is asked is told in pieces of about a page."""


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a document. The locator is `paragraphs 12-14` or `table 2 row 3`, as they stand in the file.

    Errors: `MissingDependencyError` without python-docx.
    """
    with needed("python-docx", "DOCX files"):
        import docx
    if document.head(8) == OLE:
        detail = "found a document with a password, or an old .doc; expected an open .docx; save it again without it"
        raise Broken("encrypted_file", detail)
    with document.local() as path:
        check_archive(path)
        try:
            opened = docx.Document(str(path))
            body = list(opened.element.body)
            numbers = Numbers(opened)
        except Exception as error:  # python-docx raises whatever its parsing meets: KeyError, XMLSyntaxError, …
            detail = f"found no readable document ({_first_line(error)}); expected a .docx; open and save it again"
            raise Broken("unreadable_file", detail) from None
    yield from _rows(body, numbers, reading)


def check_archive(path: Path) -> None:
    """Refuse an archive that is damaged, locked or unpacks to far more than its size. Errors: `Broken`."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        detail = f"found no readable archive ({error}); expected a whole file; fetch it again"
        raise Broken("unreadable_file", detail) from None
    if any(member.flag_bits & 1 for member in found):
        raise Broken("encrypted_file", "found an encrypted part; expected an open file; save it without its password")
    if len(found) > ARCHIVE_MEMBERS:
        raise Broken(
            "archive_too_large", f"found {len(found):,} parts; expected a document; make a new one from its text"
        )
    budget = Budget(path.stat().st_size)
    budget.limit = min(budget.limit, MAX_BYTES)
    budget.spend(sum(member.file_size for member in found))  # zipfile never gives more than a member claims


def _rows(body: list[Any], numbers: Numbers, reading: Reading) -> Iterator[Row]:
    blocks = Blocks(place=_place)
    prose: list[str] = []
    prose_first = number = tables = size = 0
    for element in body:
        if element.tag == f"{W}tbl":
            tables += 1
            cells = table_cells(element, tables)
            if len(cells) > 1 and is_header(cells[0][1], reading):
                yield from blocks.finish()
                reading.saw("table")
                blocks.rows += len(cells) - 1
                yield from table_rows(list[Cells | Row](cells), reading)
                continue
            text, level = as_markdown(cells), 0
        elif element.tag == f"{W}p":
            number += 1
            level, label = numbers.heading(element), numbers.label(element)
            text = f"{label} {paragraph_text(element)}".strip() if label else paragraph_text(element).strip()
        else:
            continue
        before = blocks.rows
        for line in text.split("\n"):
            yield from blocks.feed(Line(number, line, level, hard=True))
        if blocks.open_since is not None or blocks.rows > before:
            if size >= TITLE_CHARS and blocks.rows == 0:
                yield passage_row(_place(prose_first, number), "\n".join(prose))
            prose, size = [], 0
            continue
        if text:
            prose_first = prose_first if prose else number
            prose.append(text)
            size += len(text)
        if size > PASSAGE_CHARS:
            yield passage_row(_place(prose_first, number), "\n".join(prose))
            prose, size = [], 0
    yield from blocks.finish()
    if prose and sum(map(len, prose)) > (PASSAGE_CHARS // 4 if blocks.rows else 0):
        yield passage_row(_place(prose_first, number), "\n".join(prose))
    reading.saw("blocks" if blocks.rows else "prose")
    if not number and not tables:
        raise Broken("empty_file", "found a document without a paragraph; expected text; remove the file or fill it")


def paragraph_text(paragraph: Any) -> str:
    """Return what a reader sees of a paragraph: not deletions and hidden runs; breaks are lines."""
    parts: list[str] = []
    for node in paragraph.iter():
        if node.tag == f"{W}t" and _visible(node, paragraph):
            parts.append(node.text or "")
        elif node.tag in (f"{W}br", f"{W}cr") and _visible(node, paragraph):
            parts.append("\n")
        elif node.tag == f"{W}tab" and node.getparent().tag == f"{W}r":
            parts.append(" ")
        elif node.tag == f"{W}noBreakHyphen":
            parts.append("-")
    return "".join(parts)[: ROW_BYTES // 4]


def _visible(node: Any, paragraph: Any) -> bool:
    for above in node.iterancestors():
        if above is paragraph:
            return True
        if above.tag in (f"{W}del", f"{W}moveFrom", FALLBACK):
            return False
        if above.tag == f"{W}r" and above.find(f"{W}rPr/{W}vanish") is not None:
            return False
    return True


def table_cells(table: Any, number: int) -> list[Cells]:
    """Return the rows of a table with their places; a cell that spans columns stands in each of them."""
    found: list[Cells] = []
    for at, row in enumerate(table.iterchildren(f"{W}tr"), start=1):
        cells: list[object] = []
        for cell in row.iterchildren(f"{W}tc"):
            text = "\n".join(paragraph_text(part) for part in cell.iter(f"{W}p")).strip()
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            wide = span.get(f"{W}val") if span is not None else "1"
            cells += [text] * (min(int(wide), 100) if wide and wide.isdecimal() else 1)
        found.append((f"table {number} row {at}", cells))
    return found


def as_markdown(cells: list[Cells]) -> str:
    """Return a table as Markdown; one of a single cell is a frame around text."""
    rows = [[str(cell).replace("\n", " ").replace("|", "\\|") for cell in row] for _, row in cells if row]
    if len(rows) == 1 and len(rows[0]) == 1:
        return str(cells[0][1][0])
    shown = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*shown[:1], f"|{' --- |' * len(rows[0])}", *shown[1:]] if rows else [])


def _place(first: int, last: int) -> str:
    return f"paragraph {first}" if first == last else f"paragraphs {first}-{last}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:120] or type(error).__name__
