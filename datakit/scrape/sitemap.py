"""Sitemaps (sitemaps.org 0.9): lists of pages and indexes of lists, as XML or as text, packed or not."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from datakit.scrape.url import normalize

MAX_ENTRIES: Final = 50_000
"""In one sitemap; the protocol's own limit."""

MAX_BYTES: Final = 50 << 20
"""Of one sitemap, unpacked; the protocol's own limit."""

MAX_SITEMAPS: Final = 500
"""Of one source, indexes included: 25 million pages, more than any source here has."""


class BadSitemap(Exception):  # noqa: N818 - a fault of one file, recorded in the ledger
    """A file that is no sitemap, or that stops in the middle; what was read of it before counts."""


@dataclass(frozen=True)
class Entry:
    """One line of a sitemap; `index` says that it leads to another sitemap."""

    url: str
    index: bool


def entries(path: Path, url: str) -> Iterator[Entry]:
    """Yield the entries of a sitemap, in its order and in one spelling, at most 50,000 of at most 50 MiB.

    Entities are not resolved and nothing is fetched. Errors: `BadSitemap`, after the entries that could be read.
    """
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if packed else path.open("rb") as stream:
        source = _Capped(stream)
        try:
            head = source.peek()
            found = _xml(source) if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _text(source)
            for count, (text, index) in enumerate(found):
                if count == MAX_ENTRIES:
                    raise BadSitemap(f"found more than {MAX_ENTRIES:,} entries; the rest is not read")
                link = normalize(text, url)
                if link is not None:
                    yield Entry(link, index)
        except (OSError, EOFError, zlib.error, etree.XMLSyntaxError) as error:
            raise BadSitemap(f"found no whole sitemap ({error})") from None


class _Capped(io.RawIOBase):
    """Bytes up to the limit: a packed sitemap may be a bomb."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile) -> None:
        self._source = source
        self._head = b""
        self._left = MAX_BYTES

    def peek(self) -> bytes:
        self._head = self._source.read(512)
        return self._head

    def read(self, size: int = -1) -> bytes:
        if self._head:
            data, self._head = self._head, b""
        else:
            data = self._source.read(65536 if size < 0 else min(size, 65536))
        self._left -= len(data)
        if self._left < 0:
            raise BadSitemap(f"found more than {MAX_BYTES:,} bytes; the rest is not read")
        return data


def _xml(source: _Capped) -> Iterator[tuple[str, bool]]:
    parser = etree.iterparse(
        source, events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    for _, element in parser:
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if name in ("url", "sitemap"):
            place = next((child for child in element if _local(child) == "loc"), None)
            if place is not None and place.text:
                yield place.text.strip(), name == "sitemap"
            element.clear()
            while element.getprevious() is not None:  # or the tree would hold every entry that was read
                del element.getparent()[0]


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(source: _Capped) -> Iterator[tuple[str, bool]]:
    rest = b""
    while data := source.read():
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > 65536:
            raise BadSitemap("found a line of more than 65,536 bytes; expected one URL a line")
        for line in lines:
            if line.strip():
                yield line.decode("utf-8-sig", "replace").strip(), False
    if rest.strip():
        yield rest.decode("utf-8-sig", "replace").strip(), False
