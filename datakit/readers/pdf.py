"""PDF: page by page the text layer where it is right, else a legacy font turned into Unicode, else OCR.

A page that none of them reads is rejected with what is wrong with it. Pages are drawn one by one and read by OCR
side by side; at most two for each core are in flight, so that memory follows neither pages nor size.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from datakit.readers.document import Document, Reading
from datakit.readers.extra import needed
from datakit.readers.legacy_text import legacy_code, to_unicode
from datakit.readers.ocr import INSTALL, Ocr, require_tesseract, tesseract_version
from datakit.readers.page import Page, PageLine, Word
from datakit.readers.page_damage import Damage, page_damage
from datakit.readers.page_rows import page_rows
from datakit.readers.pdf_text import TooManyLetters, text_page
from datakit.readers.pictures import drawn, is_blank, pgm, without_watermark
from datakit.readers.read_picture import read_picture
from datakit.readers.row import Broken, Row

MAX_PAGES: Final = 20_000
"""The largest volumes of the Bombay gazetteer have 1,500; more is a file made to be endless."""

REOPEN_PAGES: Final = 500
"""PDFium keeps what it has read of a document: 11 kB for each page of text, until the document is closed."""

AHEAD: Final = 2
"""Pictures in flight for each core: nine megabytes each."""


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a PDF. The locator is `page 12 lines 3-5`.

    Errors: `MissingDependencyError` without pypdfium2, or without Tesseract where OCR is always asked for.
    """
    yield from page_rows(pages(document, reading.ocr), reading)


def pages(document: Document, ocr: Ocr) -> Iterator[Page]:
    """Yield every page in order, with its text or with the fault that says why it has none."""
    with needed("pypdfium2", "PDF files"):
        import pypdfium2  # type: ignore[import-untyped]  # it ships no types
    version = require_tesseract() if ocr.mode == "always" else tesseract_version() if ocr.mode == "auto" else None
    with document.local() as path:
        try:
            file = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            raise _unopened(error) from None
        try:
            count = len(file)
        finally:
            file.close()
        if count > MAX_PAGES:
            raise Broken("too_many_pages", f"found {count:,} pages; expected at most {MAX_PAGES:,}; split the file")
        if count == 0:
            raise Broken("unreadable_file", "found a PDF without pages; expected at least one; fetch it again")
        yield from _in_order(path, count, ocr, version)


def _unopened(error: Exception) -> Broken:
    told = str(error)
    if "password" in told.casefold() or "security" in told.casefold():
        detail = "found a PDF that needs a password; expected an open one; save it without its password"
        return Broken("encrypted_file", detail)
    return Broken(
        "unreadable_file", f"found no readable PDF ({told.rstrip('.')}); expected a whole one; fetch it again"
    )


def _in_order(path: Path, count: int, ocr: Ocr, version: str | None) -> Iterator[Page]:
    import pypdfium2

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    flying: deque[Page | Future[Page]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        for start in range(0, count, REOPEN_PAGES):
            file = pypdfium2.PdfDocument(path)
            try:
                for at in range(start, min(count, start + REOPEN_PAGES)):
                    flying.append(_page(file, at, ocr, version, pool))
                    while flying and (isinstance(flying[0], Page) or flying[0].done() or len(flying) > AHEAD * cores):
                        yield _finished(flying.popleft())
            finally:
                file.close()
        while flying:
            yield _finished(flying.popleft())


def _finished(page: Page | Future[Page]) -> Page:
    return page if isinstance(page, Page) else page.result()


def _page(file: Any, at: int, ocr: Ocr, version: str | None, pool: ThreadPoolExecutor) -> Page | Future[Page]:
    import pypdfium2

    blank = Page(number=at + 1, lines=(), width=0, height=0)
    try:
        page = file[at]
    except pypdfium2.PdfiumError as error:
        detail = f"found a page that cannot be opened ({error}); expected a whole PDF; fetch the file again"
        return replace(blank, fault=("unreadable_page", detail))
    try:
        found, damage = _layer(page, at + 1, ocr)
        if damage is None:
            return found
        if version is None and ocr.mode != "always":
            if damage.kind == "no text" and is_blank(drawn(page)[0]):
                return _empty(found)
            return replace(found, lines=(), fault=("needs_ocr", _needs(damage, found, ocr)))
        grey, dpi = drawn(page)
        if is_blank(grey):
            return _empty(found)
        picture = pgm(without_watermark(grey))
        return pool.submit(
            read_picture, picture, number=at + 1, dpi=dpi, size=(found.width, found.height),
            version=version or "", cache=ocr.cache,
        )  # fmt: skip
    except (pypdfium2.PdfiumError, TooManyLetters, MemoryError, ValueError) as error:
        detail = f"found a page that cannot be read ({error}); expected a page of print; save it again from its source"
        return replace(blank, fault=("unreadable_page", detail))
    finally:
        page.close()


def _layer(page: Any, number: int, ocr: Ocr) -> tuple[Page, Damage | None]:
    """Return the page of the text layer, and what is wrong with it."""
    found = text_page(page, number)
    if ocr.mode == "always":
        return found, Damage("no text", "")
    damage = page_damage(found.text)
    if damage is not None and damage.kind == "legacy font" and (code := legacy_code(found.fonts)) is not None:
        turned = replace(
            found,
            lines=tuple(_turned(line, code) for line in found.lines),
            origin="legacy font",
            engine=f"hinlegacy {code}",
        )
        if page_damage(turned.text) is None:
            return turned, None
    return found, damage


def _turned(line: PageLine, code: str) -> PageLine:
    texts = to_unicode(line.text, code).split()
    if len(texts) == len(line.words):
        words = tuple(replace(word, text=text) for word, text in zip(line.words, texts, strict=True))
    else:
        words = (Word(text=" ".join(texts), left=line.left, right=line.right),)
    return replace(line, words=words)


def _empty(page: Page) -> Page:
    detail = "found a page without a letter; expected text; nothing is lost, or scan it again"
    return replace(page, lines=(), fault=("blank_page", detail))


def _needs(damage: Damage, page: Page, ocr: Ocr) -> str:
    font = f" in the font {page.fonts[0]}" if damage.kind == "legacy font" and page.fonts else ""
    step = (
        "run again with --ocr auto"
        if ocr.mode == "never"
        else f"to read it from its picture, install Tesseract: {INSTALL}"
    )
    return f"found {damage.told()}{font}; expected text in Unicode; {step}"
