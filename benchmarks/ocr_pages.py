"""Pages of known Marathi text as pictures: set by a browser, then clean, coarse, skewed, noisy or faint.

The text is the project's own sample below raw/. Chromium (Debian's package) sets it, PDFium draws it.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

RAW: Final = Path(__file__).parents[1] / "raw"
FONTS: Final = ("Noto Serif Devanagari", "Noto Sans Devanagari", "Lohit Devanagari")
PAGE_CHARS: Final = 1500
CONDITIONS: Final = ("clean 300 dpi", "150 dpi", "skewed 2 degrees", "noisy", "faint")
STYLE: Final = "@page{size:A4;margin:20mm}p{margin:0 0 8px;font-size:16px;line-height:1.6}div{page-break-after:always}"


@dataclass(frozen=True)
class Drawn:
    """A page's known text and its picture in one condition, as grey PGM."""

    page: int
    condition: str
    dpi: int
    text: str
    picture: bytes


def texts(count: int) -> list[list[str]]:
    """Return the paragraphs of `count` pages."""
    lines = (RAW / "मराठेशाहीचा-अस्त.txt").read_text(encoding="utf-8").splitlines()
    pages: list[list[str]] = [[]]
    for line in filter(None, (line.strip() for line in lines)):
        if sum(map(len, pages[-1])) + len(line) > PAGE_CHARS and pages[-1]:
            pages.append([])
        pages[-1].append(line)
    return pages[:count]


def set_pages(count: int, folder: Path) -> tuple[Path, list[str]]:
    """Set the pages into one PDF; return it with the text of each page."""
    pages = texts(count)
    body = "".join(
        f"<div style=\"font-family:'{FONTS[number % len(FONTS)]}'\">" + "".join(f"<p>{p}</p>" for p in page) + "</div>"
        for number, page in enumerate(pages)
    )
    (folder / "pages.html").write_text(
        f"<!DOCTYPE html><html lang=mr><meta charset=utf-8><style>{STYLE}</style><body>{body}", encoding="utf-8"
    )
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    target = folder / "pages.pdf"
    subprocess.run(
        [*command, f"--print-to-pdf={target}", str(folder / "pages.html")], check=True, capture_output=True, timeout=120
    )
    return target, ["\n".join(page) for page in pages]


def drawn(count: int) -> Iterator[Drawn]:
    """Yield every page in every condition."""
    import pypdfium2  # type: ignore[import-untyped]  # it ships no types

    with tempfile.TemporaryDirectory() as name:
        path, known = set_pages(count, Path(name))
        document = pypdfium2.PdfDocument(path)
        for number, text in enumerate(known):
            for condition in CONDITIONS:
                dpi = 150 if condition == "150 dpi" else 300
                grey = document[number].render(scale=dpi / 72, grayscale=True).to_numpy()
                picture = degraded(grey.reshape(grey.shape[:2]), condition, seed=number)
                yield Drawn(number + 1, condition, dpi, text, pgm(picture))
        document.close()


def degraded(grey: Any, condition: str, *, seed: int) -> Any:
    """Return a picture as a scanner might give it: turned by two degrees, with speckles, or with pale ink."""
    noise = np.random.default_rng(seed)
    if condition.startswith("skewed"):
        return turned(grey, 2.0 if seed % 2 else -2.0)
    if condition == "noisy":
        speckled = grey.astype(np.int16) + noise.normal(0, 40, grey.shape).astype(np.int16)
        speckled[noise.random(grey.shape) < 0.005] = 0
        return speckled.clip(0, 255).astype(np.uint8)
    if condition == "faint":
        pale = 235 - (255 - grey.astype(np.int16)) * 0.35 + noise.normal(0, 8, grey.shape)
        return pale.clip(0, 255).astype(np.uint8)
    return grey


def turned(grey: Any, degrees: float) -> Any:
    """Return the picture turned about its middle, white where nothing was."""
    height, width = grey.shape
    angle = np.deg2rad(degrees)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y - height / 2, x - width / 2
    from_x = np.rint(np.cos(angle) * x + np.sin(angle) * y + width / 2).astype(np.int32)
    from_y = np.rint(np.cos(angle) * y - np.sin(angle) * x + height / 2).astype(np.int32)
    inside = (from_x >= 0) & (from_x < width) & (from_y >= 0) & (from_y < height)
    result = np.full_like(grey, 255)
    result[inside] = grey[from_y[inside], from_x[inside]]
    return result


def pgm(grey: Any) -> bytes:
    """Return a grey picture in the simplest format there is."""
    height, width = grey.shape
    return b"P5\n%d %d\n255\n" % (width, height) + np.ascontiguousarray(grey).tobytes()
