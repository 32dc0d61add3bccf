"""The formats: what yields rows, what yields further documents, and how an input is read through both."""

from collections.abc import Callable, Iterator
from typing import Final

from datakit.errors import MissingDependencyError
from datakit.readers import (
    columnar,
    dataset_folder,
    delimited,
    docx,
    epub,
    gz,
    html,
    json_document,
    jsonl,
    markdown,
    pdf,
    scan,
    text,
    xlsx,
    zip_archive,
    zst,
)
from datakit.readers.document import Document, Reading
from datakit.readers.row import Broken, Row
from datakit.readers.sniff import EXTENSIONS, UNSUPPORTED

READERS: Final[dict[str, Callable[[Document, Reading], Iterator[Row]]]] = {
    "jsonl": jsonl.read,
    "json": json_document.read,
    "csv": delimited.read,
    "xlsx": xlsx.read,
    "parquet": columnar.read_parquet,
    "arrow": columnar.read_arrow,
    "markdown": markdown.read,
    "text": text.read,
    "html": html.read,
    "pdf": pdf.read,
    "docx": docx.read,
    "picture": scan.read,
}

CONTAINERS: Final[dict[str, Callable[[Document], Iterator[Document | Row]]]] = {
    "zip": zip_archive.members,
    "gz": gz.members,
    "zst": zst.members,
    "epub": epub.members,
    "dataset": dataset_folder.members,
}

EMPTY: Final = "found a file of 0 bytes; expected rows; remove the file or fetch it again"

MAX_ARCHIVES: Final = 2
"""An archive inside an archive is read, one more level is not."""


def rows(document: Document, reading: Reading) -> Iterator[tuple[str, Row]]:
    """Yield `(file, row)` for every row of a document, whatever packs it. A damaged part ends that part only."""
    try:
        if document.size == 0 and document.format != "dataset":
            yield document.name, Row("file", reason="empty_file", detail=EMPTY)
        elif (read := READERS.get(document.format)) is not None:
            for row in read(document, reading):
                yield document.name, row
        elif (unpack := CONTAINERS.get(document.format)) is None:
            yield document.name, _unsupported(document.format)
        elif document.archives >= MAX_ARCHIVES:
            detail = (
                "found an archive inside an archive inside an archive; expected one level at most; unpack it under raw/"
            )
            yield document.name, Row("file", reason="nested_archive", detail=detail)
        else:
            for found in unpack(document):
                if isinstance(found, Row):
                    yield document.name, found
                else:
                    yield from rows(found, reading)
    except MissingDependencyError as error:
        told = str(error)
        raise (
            error if told.startswith(document.name) else MissingDependencyError(f"{document.name}: {told}")
        ) from error
    except Broken as broken:
        yield document.name, broken.row()


def _unsupported(kind: str) -> Row:
    known = ", ".join(sorted(EXTENSIONS))
    step = (
        f"what reads it today: {UNSUPPORTED[kind]}"
        if kind in UNSUPPORTED
        else "convert it, or remove it from the folder"
    )
    return Row("file", reason="unsupported_format", detail=f"found {kind}; expected one of {known}; {step}")
