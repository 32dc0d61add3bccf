"""From a picture to a page: what Tesseract read, and whether it may be believed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from datakit.readers.ocr import OcrFailed, engine, pages_of
from datakit.readers.ocr_cache import recognise_once
from datakit.readers.page import Page

MIN_PAGE_CONFIDENCE: Final = 0.7
"""Mean over the letters of a page: 0.88 to 0.94 on 25 pages of known text (character error rate 0.002 to 0.06), 0.77 to
0.93 on nine real PDFs (benchmarks/pdf_ocr.py)."""


def read_picture(
    picture: bytes, *, number: int, dpi: int, size: tuple[float, float], version: str, cache: Path | None
) -> Page:
    """Return the page that OCR reads; its `fault` says where it cannot be believed. `size` in points."""
    return next(read_pictures(picture, first=number, dpi=dpi, size=size, version=version, cache=cache))


def read_pictures(
    picture: bytes, *, first: int, dpi: int, size: tuple[float, float] | None, version: str, cache: Path | None
) -> Iterator[Page]:
    """Yield the pages of a picture, one but in TIFF; `first` is the number of the first. Never none."""
    width, height = size or (0.0, 0.0)
    page = Page(number=first, lines=(), width=width, height=height, origin="ocr", engine=engine(version))
    try:
        found = pages_of(recognise_once(picture, dpi=dpi, version=version, cache=cache), dpi=dpi)
    except OcrFailed as error:
        yield _faulty(page, f"found a page that OCR cannot read ({error})")
        return
    if not found:
        yield _faulty(page, "found a picture in which OCR sees no word")
    for number, read in enumerate(found, start=first):
        width, height = size or (read.width, read.height)
        yield _judged(replace(page, number=number, lines=read.lines, width=width, height=height))


def _judged(page: Page) -> Page:
    confidence = page.confidence
    if confidence is None:
        return _faulty(page, "found a picture in which OCR sees no word")
    if confidence < MIN_PAGE_CONFIDENCE:
        shown = f"found OCR text of confidence {confidence:.2f}, below {MIN_PAGE_CONFIDENCE}: {page.text[:80]!r}"
        return _faulty(page, shown)
    return page


def _faulty(page: Page, found: str) -> Page:
    detail = f"{found}; expected a page of print; scan it again at 300 dpi, or take it out"
    return replace(page, lines=(), fault=("ocr_unsure", detail))
