"""Guess the format of a file: its first bytes first, its name where they do not tell."""

from pathlib import PurePosixPath
from typing import Final

import orjson

EXTENSIONS: Final = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
    ".png": "picture",
    ".jpg": "picture",
    ".jpeg": "picture",
    ".tif": "picture",
    ".tiff": "picture",
    ".zip": "zip",
    ".gz": "gz",
    ".zst": "zst",
    ".zstd": "zst",
}

UNSUPPORTED: Final = {
    ".doc": "a word processor: save it as .docx",
    ".odt": "a word processor: save it as .docx",
    ".rtf": "a word processor: save it as .docx",
    ".xls": "a spreadsheet: save it as .xlsx or as CSV in UTF-8",
    ".ods": "a spreadsheet: save it as .xlsx or as CSV in UTF-8",
    ".tar": "tar: unpack it and put the files under raw/",
    ".tgz": "tar: unpack it and put the files under raw/",
    ".bz2": "bzip2: unpack it, or pack it as .zst",
    ".xz": "xz: unpack it, or pack it as .zst",
    ".7z": "7-Zip: unpack it and put the files under raw/",
    ".rar": "an unrar tool: unpack it and put the files under raw/",
    ".sqlite": "sqlite3: export the table as CSV",
    ".db": "sqlite3: export the table as CSV",
    ".xml": "a script of your own: write question and answer as JSON Lines",
    ".yaml": "a script of your own: write question and answer as JSON Lines",
    ".yml": "a script of your own: write question and answer as JSON Lines",
}
"""What opens the formats that have no reader here: part of the reject's next step."""

BINARY: Final = (
    (b"PAR1", "parquet"),
    (b"ARROW1\x00\x00", "arrow"),
    (b"\x1f\x8b", "gz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
)

WORKBOOK_PARTS: Final = (b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/")
"""The first member of a workbook; its name stands 30 bytes into a zip archive."""

BOOK: Final = b"mimetypeapplication/epub+zip"
"""The first member of an EPUB, unpacked, as its format asks."""

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""A workbook with a password, an old .xls or .doc."""


def guess(name: str, head: bytes) -> str:
    """Return the format of a file from its name and first bytes, or its extension where no reader takes it."""
    suffix = PurePosixPath(name).suffix.casefold()
    named = EXTENSIONS.get(suffix)
    for magic, found in BINARY:
        if head.startswith(magic):
            return found
    if head.startswith(OLE):
        return named if named in ("xlsx", "docx") else suffix or ".xls"
    if head.startswith(b"PK\x03\x04"):
        if suffix in UNSUPPORTED:
            return suffix
        if named in ("docx", "epub") or head[30:].startswith(BOOK):
            return "docx" if named == "docx" else "epub"
        return "xlsx" if named == "xlsx" or (named != "zip" and head[30:].startswith(WORKBOOK_PARTS)) else "zip"
    if named == "jsonl":
        return "json" if _begins_array(head) else "jsonl"
    if named in ("csv", "text") or (named is None and suffix not in UNSUPPORTED):
        return _by_text(head) or named or suffix or "no extension"
    return named or suffix


def _begins_array(head: bytes) -> bool:
    """Whether a document named JSON Lines is one array over several lines."""
    body = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    first, newline, _ = body.partition(b"\n")
    if not body.startswith(b"[") or not newline:
        return body.startswith(b"[{")
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        return True
    return False


def _by_text(head: bytes) -> str | None:
    """Tell JSON and HTML that carry the name of a table, of text, or none."""
    body = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    low = body[:256].lower()
    if low.startswith((b"<!doctype html", b"<html")):
        return "html"
    first, newline, _ = body.partition(b"\n")
    if body.startswith(b"{") and newline:
        try:
            return "jsonl" if isinstance(orjson.loads(first), dict) else None
        except orjson.JSONDecodeError:
            pass
    return "json" if low.startswith((b'[{"', b'{"')) or low.split(None, 2)[:2] == [b"[", b"{"] else None
