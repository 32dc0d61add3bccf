"""Rows of a table, wherever it stands: find the header, name the columns, refuse ragged rows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from datakit.readers.columns import has_pair, resolve, unique
from datakit.readers.document import Reading
from datakit.readers.row import Row, reject
from datakit.readers.shapes import Found, Recognizer

HEADER_ROWS: Final = 10
"""A title, a school's name and an empty line may stand above the header of a spreadsheet; more has not been seen."""

Cells = tuple[str, Sequence[object]]
"""A place and the cells of one row."""


def table_rows(cells: Iterable[Cells | Row], reading: Reading) -> Iterator[Row]:
    """Yield the rows below the header: the first of ten rows that names question and answer, else the first row."""
    recognizer = Recognizer(reading)
    yield from recognizer.stream(_objects(iter(cells), reading))


def _objects(cells: Iterator[Cells | Row], reading: Reading) -> Iterator[Found | Row]:
    opening: list[Cells] = []
    for item in cells:
        if isinstance(item, Row):
            yield item
        elif any(_filled(cell) for cell in item[1]):
            opening.append(item)
            if len(opening) == HEADER_ROWS or is_header(item[1], reading):
                break
    if not opening:
        return
    at = next((n for n, (_, row) in enumerate(opening) if is_header(row, reading)), 0)
    names = unique([_name(cell) for cell in opening[at][1]])
    while len(names) > 1 and names[-1] == f"column {len(names)}":
        names.pop()  # a delimiter at the end of every line
    for item in chain(opening[at + 1 :], cells):
        if isinstance(item, Row):
            yield item
            continue
        place, row = item
        if not any(_filled(cell) for cell in row):
            continue
        if len(row) == len(names):
            yield place, dict(zip(names, row, strict=True)), None
        elif len(row) > len(names) and not any(_filled(cell) for cell in row[len(names) :]):
            yield place, dict(zip(names, row, strict=False)), None
        else:
            yield _ragged(place, names, row)


def is_header(row: Sequence[object], reading: Reading) -> bool:
    """Tell whether a row of cells names a question and an answer."""
    if not all(cell is None or isinstance(cell, str) for cell in row):
        return False
    return has_pair(resolve(unique([_name(cell) for cell in row]), reading.columns))


def _ragged(place: str, names: Sequence[str], row: Sequence[object]) -> Row:
    detail = (
        f"found {len(row)} fields, expected {len(names)} as in the header ({', '.join(names[:6])}); "
        "put fields that hold the delimiter or a line break in double quotes"
    )
    return reject(place, "ragged_row", detail, " | ".join("" if cell is None else str(cell) for cell in row))


def _filled(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _name(cell: object) -> str | None:
    return None if cell is None else " ".join(str(cell).split())
