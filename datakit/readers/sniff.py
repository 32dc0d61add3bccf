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
    ".zip": "zip",
    ".gz": "gz",
    ".zst": "zst",
    ".zstd": "zst",
}

UNSUPPORTED: Final = {
    ".pdf": "a PDF extractor that keeps Marathi letters (check its text: many turn विषय into ववषय)",
    ".docx": "a word processor: save it as .txt or .html",
    ".doc": "a word processor: save it as .txt or .html",
    ".odt": "a word processor: save it as .txt or .html",
    ".rtf": "a word processor: save it as .txt or .html",
    ".epub": "an unzip tool: the chapters inside are .html pages that are read here",
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
    (b"%PDF-", ".pdf"),
)

WORKBOOK_PARTS: Final = (b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/")
"""The first member of a workbook; its name stands 30 bytes into a zip archive."""

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
        return "xlsx" if named == "xlsx" else suffix or ".xls"
    if head.startswith(b"PK\x03\x04"):
        if suffix in UNSUPPORTED:
            return suffix
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
