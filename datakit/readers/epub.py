"""EPUB: the chapters of a book in reading order, each a web page of its own."""

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from datakit.readers.document import Document
from datakit.readers.expansion import Budget
from datakit.readers.limits import ARCHIVE_MEMBERS, MIB
from datakit.readers.row import Broken, Row, reject
from datakit.readers.zip_archive import DAMAGE, as_document, name_of

CONTAINER: Final = "META-INF/container.xml"
ENCRYPTION: Final = "META-INF/encryption.xml"
MAX_XML_BYTES: Final = 16 * MIB
"""The list of a book's files; 5,000 chapters take 1 MB."""
PAGES: Final = ("application/xhtml+xml", "text/html")


def members(document: Document) -> Iterator[Document | Row]:
    """Yield the chapters as web pages, in the order of the book's spine; rejects for those that are not there.

    Errors: `Broken` for a book without its list of chapters, with a lock, or that unpacks to far more than its size.
    """
    with document.local() as path:
        try:
            archive = zipfile.ZipFile(path)
        except DAMAGE as error:
            detail = f"found no readable book ({error}); expected a whole .epub; fetch the file again"
            raise Broken("unreadable_file", detail) from None
        with archive:
            if len(archive.infolist()) > ARCHIVE_MEMBERS:
                detail = f"found {len(archive.infolist()):,} files; expected a book; unpack it under raw/"
                raise Broken("archive_too_large", detail)
            known = {name_of(found): found for found in archive.infolist()}
            budget = Budget(path.stat().st_size)
            package = _package(archive, known)
            locked = _locked(archive, known)
            for name in _spine(archive, known, package):
                if name not in known:
                    detail = f"found no file {name!r}, which the book lists; expected all its chapters; fetch it again"
                    yield reject(name, "unreadable_file", detail)
                elif name in locked:
                    detail = (
                        f"found the locked chapter {name!r}; expected a book without a lock (DRM); get an open copy"
                    )
                    yield reject(name, "encrypted_file", detail)
                else:
                    found = as_document(document, archive, known[name], budget)
                    yield replace(found, format="html") if isinstance(found, Document) else found


def _package(archive: zipfile.ZipFile, known: dict[str, zipfile.ZipInfo]) -> str:
    root = _xml(archive, known, CONTAINER)
    for found in root.iter("{*}rootfile"):
        if found.get("full-path"):
            return str(found.get("full-path"))
    raise Broken("unreadable_file", f"found no book in {CONTAINER}; expected a rootfile; fetch the file again")


def _spine(archive: zipfile.ZipFile, known: dict[str, zipfile.ZipInfo], package: str) -> Iterator[str]:
    root = _xml(archive, known, package)
    items = {item.get("id"): item for item in root.iter("{*}item")}
    seen = False
    for mark in root.iter("{*}itemref"):
        item = items.get(mark.get("idref"))
        if item is None or item.get("media-type") not in PAGES or "nav" in (item.get("properties") or "").split():
            continue
        seen = True
        yield posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(item.get("href") or "")))
    if not seen:
        raise Broken(
            "unreadable_file", f"found no chapter in {package}; expected a spine of pages; fetch the file again"
        )


def _locked(archive: zipfile.ZipFile, known: dict[str, zipfile.ZipInfo]) -> set[str]:
    """Return the files that a lock hides; fonts are often obscured in books that are open."""
    if ENCRYPTION not in known:
        return set()
    root = _xml(archive, known, ENCRYPTION)
    return {unquote(found.get("URI") or "") for found in root.iter("{*}CipherReference")}


def _xml(archive: zipfile.ZipFile, known: dict[str, zipfile.ZipInfo], name: str) -> Any:
    """Parse a small XML file of the book; entities are not resolved, nothing is fetched. Errors: `Broken`."""
    if name not in known:
        raise Broken("unreadable_file", f"found no {name}; expected a book with it; fetch the file again")
    try:
        with archive.open(known[name]) as stream:
            data = stream.read(MAX_XML_BYTES + 1)
        if len(data) > MAX_XML_BYTES:
            raise Broken(
                "archive_too_large", f"found more than {MAX_XML_BYTES:,} bytes in {name}; expected a list of files"
            )
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(data, parser)
    except (*DAMAGE, etree.XMLSyntaxError, EOFError) as error:
        detail = f"found no readable {name} ({error}); expected XML; fetch the file again"
        raise Broken("unreadable_file", detail) from None
