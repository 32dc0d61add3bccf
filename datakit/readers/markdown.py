"""Markdown: the blocks of plain text, headings that ask, bold marks, and tables of questions and answers."""

import re
from collections.abc import Iterator
from typing import Final

from datakit.readers.blocks import Blocks, Line
from datakit.readers.document import Document, Reading
from datakit.readers.encoding import open_text
from datakit.readers.lines import decoded
from datakit.readers.markers import HEADING
from datakit.readers.row import Row
from datakit.readers.table import Cells, is_header, table_rows
from datakit.readers.text import block_rows

FENCE: Final = re.compile(r"^\s*(?:```|~~~)")
COMMENT: Final = re.compile(r"<!--.*?-->", re.S)
IMAGE: Final = re.compile(r"!\[[^\]]*\]\([^)]*\)")
LINK: Final = re.compile(r"\[([^\]]+)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
STRONG: Final = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
EMPHASIS: Final = re.compile(
    r"(?<![\w*\\])\*(?=\S)([^*]+?)(?<=[^\s\\])\*(?![\w*])|(?<![\w_])_(?=\S)([^_]+?)(?<=\S)_(?![\w_])"
)
CODE: Final = re.compile(r"`([^`]+)`")
BULLET: Final = re.compile(r"^\s*(?:>\s?)*(?:[-*+]\s+(?:\[[ xX]\]\s+)?)?(?=\*\*|__|\(|[^\W\d_]|[0-9०-९]+[).:])")
QUOTE: Final = re.compile(r"^\s{0,3}(?:>\s?)+")
ESCAPE: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>])")
TABLE_RULE: Final = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
TAG: Final = re.compile(r"</?(?:b|i|u|em|strong|br|p|div|span|sup|sub|details|summary)\b[^>]*>", re.I)


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a Markdown document. The locator is `lines 12-15`."""
    text = open_text(document, reading)
    tables: list[Row] = []
    blocks = Blocks(soft_wraps=True)
    try:
        found = _outside_tables(_visible(decoded(text, "text")), reading, tables, blocks)
        for row in block_rows(found, blocks, to_line, reading):
            yield from tables
            tables.clear()
            yield row
        yield from tables
    finally:
        text.stream.close()


def to_line(number: int, text: str) -> Line:
    """Return a line without its marks: `## प्र. १` is a heading, `- **उत्तर:** …` an answer."""
    heading = HEADING.match(text)
    level = len(heading[1]) if heading else 0
    body = heading[2] if heading else QUOTE.sub("", text)
    hard = body.endswith(("  ", "\\")) or body.rstrip().endswith(("<br>", "<br/>"))
    return Line(number, plain(body.removesuffix("\\")), level, hard)


def plain(text: str) -> str:
    """Return text without inline marks; a list's bullet stays, so that its items stay on lines of their own."""
    text = TAG.sub("", IMAGE.sub("", text))
    text = CODE.sub(r"\1", LINK.sub(r"\1", text))
    text = STRONG.sub(r"\2", text)
    text = EMPHASIS.sub(lambda match: match[1] or match[2], text)
    bare = re.sub(
        r"^\s*[-*+]\s+(?:\[[ xX]\]\s+)?(?=(?:प्र|उ|Q|A|Ans|उत्तर|प्रश्न|स्पष्टीकरण)[\s.:0-9०-९]|\(?[0-9०-९अआबकडइa-dA-D]\))",
        "",
        text,
    )
    return ESCAPE.sub(r"\1", bare)


def _visible(found: Iterator[tuple[int, str] | Row]) -> Iterator[tuple[int, str] | Row]:
    """Leave out the header block, comments and fenced code; the numbers of the lines stay."""
    header = fence = comment = False
    for item in found:
        if isinstance(item, Row):
            yield item
            continue
        number, line = item
        if number == 1 and line.strip() == "---":
            header = True
        elif header:
            header = line.strip() not in ("---", "...")
        elif comment:
            comment = "-->" not in line
        elif FENCE.match(line):
            fence = not fence
        elif not fence:
            line = COMMENT.sub("", line)
            if "<!--" in line:
                line, comment = line[: line.index("<!--")], True
            yield number, line


def _outside_tables(
    found: Iterator[tuple[int, str] | Row], reading: Reading, rows: list[Row], blocks: Blocks
) -> Iterator[tuple[int, str] | Row]:
    """Pass lines on; those of a table that names question and answer become rows at once."""
    table: list[tuple[int, str]] = []
    for item in found:
        if not isinstance(item, Row) and item[1].count("|") >= 2:
            table.append(item)
            continue
        yield from _table(table, reading, rows, blocks)
        table = []
        yield item
    yield from _table(table, reading, rows, blocks)


def _table(
    table: list[tuple[int, str]], reading: Reading, rows: list[Row], blocks: Blocks
) -> Iterator[tuple[int, str]]:
    cells: list[Cells] = [(f"line {number}", split_cells(line)) for number, line in table if not TABLE_RULE.match(line)]
    if len(cells) > 1 and is_header(cells[0][1], reading):
        made = list(table_rows(cells, reading))
        rows.extend(made)
        blocks.rows += len(made)
    else:
        yield from table


def split_cells(line: str) -> list[str]:
    """Return the cells of one line of a table, `\\|` taken as a bar."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [
        plain(cell.replace("\x00", "|").replace("<br>", "\n")).strip()
        for cell in inner.replace("\\|", "\x00").split("|")
    ]
