"""Pictures of pages for OCR: drawn by PDFium, cleaned of watermarks, written as grey PGM."""

from typing import Any, Final

import numpy as np

from datakit.readers.ocr import DPI

MAX_PIXELS: Final = 40_000_000
"""A3 at 300 dpi has 17 million; a larger page is drawn coarser."""

PAPER: Final = 144
"""Grey level, 0 black: what is paler may be a watermark."""

MARK_SHARE: Final = 0.003
MARK_PEAK: Final = 4
"""A watermark is one pale grey on this part of the page, so many times as frequent as the greys beside it; those of
a noisy or faint scan have no such peak. With it a page of Answers.pdf reads (1.76) for (1776), without it right;
cutting pale greys out of every page raised the error rate of noisy scans from 0.030 to 0.043."""

BLANK_SHARE: Final = 0.0002
"""Less ink than this on a page is dust: a line of eight letters has 0.0005."""


def drawn(page: Any) -> tuple[Any, int]:
    """Return a page of pypdfium2 as a grey array (height, width) and its dots per inch."""
    width, height = page.get_size()
    dpi = DPI
    while dpi > 72 and width * height * (dpi / 72) ** 2 > MAX_PIXELS:
        dpi = max(72, dpi * 2 // 3)
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    grey = bitmap.to_numpy()
    return grey.reshape(grey.shape[:2]).copy(), dpi


def is_blank(grey: Any) -> bool:
    """Tell whether a picture has no ink that could be a letter."""
    return bool((grey < 200).mean() < BLANK_SHARE)


def without_watermark(grey: Any) -> Any:
    """Return the picture with a watermark, one pale grey that stands out from the others, made white."""
    counts = np.bincount(grey.ravel() >> 4, minlength=16)[PAPER >> 4 : 15]
    peak = counts.max()
    if peak < MARK_SHARE * grey.size or peak < MARK_PEAK * np.median(counts):
        return grey
    return np.where(grey >= PAPER, np.uint8(255), grey)


def pgm(grey: Any) -> bytes:
    """Return a grey picture in the simplest format that Tesseract reads."""
    height, width = grey.shape
    return b"P5\n%d %d\n255\n" % (width, height) + np.ascontiguousarray(grey).tobytes()
