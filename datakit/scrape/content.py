"""What kind of document an answer is, and the file name it gets."""

from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

HEAD_BYTES: Final = 4096

SUFFIX: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/epub+zip": ".epub",
    "application/json": ".json",
    "application/ld+json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
}
"""Media types that some reader of `datakit curate` takes."""

VAGUE: Final = (
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/force-download",
    "application/download",
)
"""Types that say nothing: the bytes and the URL decide."""

XML: Final = ("application/xml", "text/xml", "application/gzip", "application/x-gzip", "application/rss+xml")
"""Types of sitemaps."""

UNREAD: Final = frozenset({
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".ico", ".bmp", ".tif", ".tiff", ".css", ".js", ".mjs", ".map",
    ".woff", ".woff2", ".ttf", ".otf", ".mp3", ".mp4", ".ogg", ".wav", ".webm", ".avi", ".mov", ".m4a", ".m4v", ".exe",
    ".apk", ".dmg", ".iso", ".rar", ".7z", ".swf",
})  # fmt: skip
"""Names of links that are not followed, for no reader would take what they lead to."""


def media_type(header: str) -> str:
    """Return the media type of a Content-Type header, without its parameters."""
    return header.partition(";")[0].strip().lower()


def is_wanted(header: str) -> bool:
    """Tell from its header whether a document may be one that a reader takes."""
    kind = media_type(header)
    return kind in SUFFIX or kind in VAGUE


def leads_nowhere(url: str) -> bool:
    """Tell from its name that a link leads to a picture, a film or a program."""
    return _suffix(url) in UNREAD


def suffix_of(header: str, head: bytes, url: str) -> str | None:
    """Return the suffix of a document's file, None if no reader takes it: its bytes tell, then its header, its URL."""
    named = SUFFIX.get(media_type(header))
    in_url = _suffix(url)
    if head.startswith(b"%PDF-"):
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        if b"application/epub+zip" in head[:100]:
            return ".epub"
        return (
            named if named in (".docx", ".xlsx", ".epub") else in_url if in_url in (".docx", ".xlsx", ".epub") else None
        )
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    if start.startswith((b"<!doctype html", b"<html")) or (named in (None, ".txt") and b"<html" in start):
        return ".html"
    if named == ".txt" and in_url in (".md", ".csv", ".tsv", ".jsonl"):
        return in_url  # servers name text/plain what they do not know
    if named in (".pdf", ".docx", ".xlsx", ".epub") or (
        b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        return None  # the bytes are not what the header says
    if named is None and in_url in (*SUFFIX.values(), ".htm", ".markdown") and in_url != ".pdf":
        return in_url
    return named


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path.rpartition("/")[2]).suffix.lower()
