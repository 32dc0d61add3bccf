"""Tables on a printed page: lines whose words stand in the same columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from datakit.readers import markers
from datakit.readers.page import PageLine, Word

GAP_EM: Final = 1.2
"""White space between two cells, in heights of the line: between words it is 0.3, in justified lines up to 0.8."""

CLOSE_EM: Final = 0.45
"""The same of close-set tables; believed only where three rows or more have all their cells at the same places."""

SLACK_EM: Final = 1.0
"""How far the left edges of one column's cells may lie apart; centred cells lie further, and overlap instead."""

MIN_ROWS: Final = 2
MIN_CLOSE_ROWS: Final = 3

MAX_CELL_CHARS: Final = 160
"""Longer cells on both sides are two columns of running text that stand beside each other."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: the lines it was printed on, and its rows of cells, the first of them the header."""

    lines: tuple[PageLine, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table as Markdown."""
        shown = [[cell.replace("|", "\\|") for cell in row] for row in self.rows]
        shown.insert(1, ["---"] * len(self.rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in shown)


def split_tables(lines: Sequence[PageLine]) -> Iterator[PageLine | Table]:
    """Yield the lines in order, those of a table together as one `Table`."""
    at = 0
    while at < len(lines):
        table = _table_at(lines, at) or _close_table_at(lines, at)
        if table is None:
            yield lines[at]
            at += 1
        else:
            yield table
            at += len(table.lines)


def cells(line: PageLine, *, gap_em: float = GAP_EM) -> list[tuple[float, float, str]]:
    """Return the runs of words of a line that wide gaps set apart: left, right, text."""
    found: list[list[Word]] = []
    for word in sorted(line.words, key=lambda word: word.left):
        if found and word.left - found[-1][-1].right < gap_em * line.height:
            found[-1].append(word)
        else:
            found.append([word])
    return [(run[0].left, run[-1].right, " ".join(word.text for word in run)) for run in found]


def _table_at(lines: Sequence[PageLine], start: int) -> Table | None:
    head = cells(lines[start])
    if len(head) < 2 or _asks(head) or _is_list(head):
        return None
    columns = [(left, right) for left, right, _ in head]
    rows = [[text for _, _, text in head]]
    end = start + 1
    while end < len(lines):
        row = cells(lines[end])
        placed = _placed(row, columns, lines[end].height)
        if placed is None or _asks(row):
            break
        if len(row) == 1 and len(columns) > 1 and placed[0]:
            break  # a line that begins where the table does and has no second cell: the text goes on
        if not placed[0] and len(rows) > 1:
            rows[-1] = [f"{above} {below}".strip() for above, below in zip(rows[-1], placed, strict=True)]
        else:
            rows.append(placed)
        columns = _widened(columns, row, lines[end].height)
        end += 1
    if len(rows) < MIN_ROWS or min(max(map(len, column)) for column in zip(*rows, strict=True)) > MAX_CELL_CHARS:
        return None
    return Table(lines=tuple(lines[start:end]), rows=tuple(tuple(row) for row in rows))


def _close_table_at(lines: Sequence[PageLine], start: int) -> Table | None:
    rows = [cells(lines[start], gap_em=CLOSE_EM)]
    if len(rows[0]) < 2 or _asks(rows[0]) or _is_list(rows[0]):
        return None
    for line in lines[start + 1 :]:
        row = cells(line, gap_em=CLOSE_EM)
        same = len(row) == len(rows[0]) and not _asks(row)
        if not same or any(abs(a[0] - b[0]) > 0.3 * line.height for a, b in zip(row, rows[0], strict=True)):
            break
        rows.append(row)
    if len(rows) < MIN_CLOSE_ROWS:
        return None
    texts = tuple(tuple(text for _, _, text in row) for row in rows)
    return Table(lines=tuple(lines[start : start + len(rows)]), rows=texts)


def _placed(row: list[tuple[float, float, str]], columns: list[tuple[float, float]], height: float) -> list[str] | None:
    """Return the cells of a row by column, None where one of them fits no column or two fit the same."""
    placed = [""] * len(columns)
    for left, right, text in row:
        fits = [n for n, column in enumerate(columns) if _fits((left, right), column, height)]
        if len(fits) != 1 or placed[fits[0]]:
            return None
        placed[fits[0]] = text
    return placed


def _fits(cell: tuple[float, float], column: tuple[float, float], height: float) -> bool:
    return abs(cell[0] - column[0]) <= SLACK_EM * height or (cell[0] < column[1] and column[0] < cell[1])


def _widened(
    columns: list[tuple[float, float]], row: list[tuple[float, float, str]], height: float
) -> list[tuple[float, float]]:
    widened = []
    for column in columns:
        mine = [cell for cell in row if _fits((cell[0], cell[1]), column, height)]
        widened.append((min([column[0], *(c[0] for c in mine)]), max([column[1], *(c[1] for c in mine)])))
    return widened


def _asks(row: list[tuple[float, float, str]]) -> bool:
    """Tell whether cells are questions, answers, or options, which the machine for blocks reads."""
    return any(
        pattern.match(text) for _, _, text in row for pattern in (markers.OPTION, markers.QUESTION, markers.ANSWER)
    )


def _is_list(head: list[tuple[float, float, str]]) -> bool:
    """Tell a list whose numbers stand apart, `१.    शिवनेरी`, from a table: its first line begins with no word."""
    return not any(char.isalpha() for char in head[0][2])
