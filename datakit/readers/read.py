"""Read one input into batches of the record's schema."""

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from datakit.errors import InputError
from datakit.readers.columns import check_mapping
from datakit.readers.document import Document, Reading
from datakit.readers.formats import rows
from datakit.readers.ocr import Ocr
from datakit.readers.row import Row, batches
from datakit.readers.source import Input

BATCH_ROWS: Final = 4096

NOT_READ: Final = {
    "outside": (
        "outside_raw",
        "found a link that leads out of the folder, or nowhere; expected files inside; copy the file itself there",
    ),
    "not a file": ("unreadable_file", "found a pipe, socket or device; expected a file; remove it"),
}


def read(
    source: Input,
    *,
    columns: Mapping[str, str] | None = None,
    batch_rows: int = BATCH_ROWS,
    ocr: Ocr = Ocr(),  # noqa: B008 - frozen, so one default is safe
) -> Iterator[pl.DataFrame]:
    """Yield batches of at most `batch_rows` rows and about 16 MiB of text, the columns of READ_COLUMNS filled.

    `columns` maps roles (question, answer, context, …) to column names where the names do not tell. What cannot be read
    becomes a reject with its reason and place; the rest is read. `ocr` says when pictures of pages are read.
    Errors: `InputError` where the file cannot be opened at all, `UsageError` for a mapping to an unknown role,
    `MissingDependencyError` for a format whose optional package is not installed.
    """
    check_mapping(columns)
    return batches(open_rows(source, Reading(columns=columns, ocr=ocr)), batch_rows)


def open_rows(source: Input, reading: Reading) -> Iterator[tuple[str, Row]]:
    """Yield `(file, row)` for every row of an input. Errors: `InputError` where it cannot be opened."""
    if source.format in NOT_READ:
        reason, detail = NOT_READ[source.format]
        yield source.name, Row("file", reason=reason, detail=detail)
        return
    try:
        if source.format != "dataset":
            source.path.open("rb").close()
        yield from rows(_document(source), reading)
    except OSError as error:
        problem = error.strerror or str(error)
        raise InputError(
            f"{source.name}: found {problem.lower()}; expected a file to read; check its name and permissions"
        ) from error


def _document(source: Input) -> Document:
    path = source.path
    return Document(name=source.name, format=source.format, open=lambda: path.open("rb"), size=source.size, path=path)
