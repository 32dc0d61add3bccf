"""Pictures of pages (PNG, JPEG, TIFF, …): every page of the file is read by OCR."""

import re
from collections.abc import Iterator
from typing import Final

from datakit.readers.document import Document, Reading, read_up_to
from datakit.readers.limits import PAGE_BYTES
from datakit.readers.ocr import DPI, INSTALL, require_tesseract, tesseract_version
from datakit.readers.page import Page
from datakit.readers.page_rows import page_rows
from datakit.readers.read_picture import read_pictures
from datakit.readers.row import Broken, Row

SIZE: Final = re.compile(rb"\x89PNG\r\n\x1a\n....IHDR(....)(....)", re.S)

MAX_PIXELS: Final = 200_000_000
"""A newspaper page at 600 dpi has 180 million; a PNG of a kilobyte may claim many more."""


def read(document: Document, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a scan. The locator is `page 1 lines 3-5`; only TIFF has more than one page.

    Errors: `MissingDependencyError` without Tesseract where OCR is always asked for.
    """
    stream = document.open()
    try:
        data = read_up_to(stream, PAGE_BYTES + 1)
    finally:
        stream.close()
    if len(data) > PAGE_BYTES:
        detail = f"found a picture of more than {PAGE_BYTES:,} bytes; expected one page; scan it at 300 dpi"
        raise Broken("row_too_large", detail)
    size = SIZE.match(data)
    if size is not None and int.from_bytes(size[1]) * int.from_bytes(size[2]) > MAX_PIXELS:
        detail = f"found a picture of more than {MAX_PIXELS:,} points; expected one page; scan it at 300 dpi"
        raise Broken("row_too_large", detail)
    yield from page_rows(_pages(data, reading), reading)


def _pages(data: bytes, reading: Reading) -> Iterator[Page]:
    mode = reading.ocr.mode
    version = require_tesseract() if mode == "always" else tesseract_version() if mode == "auto" else None
    if version is None:
        step = "run again with --ocr auto" if mode == "never" else f"to read it, install Tesseract: {INSTALL}"
        fault = ("needs_ocr", f"found a picture of a page; expected text in Unicode; {step}")
        yield Page(number=1, lines=(), width=0, height=0, fault=fault)
        return
    yield from read_pictures(data, first=1, dpi=DPI, size=None, version=version, cache=reading.ocr.cache)
