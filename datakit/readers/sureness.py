"""How sure OCR was of what a row says: a pair with a doubtful number, or many doubtful words, is rejected."""

import re
from dataclasses import dataclass, field
from typing import Final

import orjson

from datakit.readers.page import Page
from datakit.readers.row import Row, canonical

SURE_NUMBER: Final = 0.8
"""Confidence of a word with a digit: of 11 wrong ones among 137, the 8 above it were ३ read as 3, which is no
other number; the 3 below it were other numbers (१८९७ for १८१७). See benchmarks/pdf_ocr.py."""

SURE_WORD: Final = 0.7
"""Below it half of the words are wrong, from 0.9 on one in a hundred (the same 25 pages, 4,668 words)."""

MAX_DOUBTFUL: Final = 0.15
"""Share of letters in doubtful words: 0.06 on the average page; at 0.15 every tenth word is wrong."""

PLACES: Final = re.compile(r"page (\d+) lines? (\d+)(?:-(\d+)| to page (\d+) line (\d+))?")
DIGIT: Final = re.compile(r"[0-9०-९]")


@dataclass
class _Line:
    letters: int = 0
    doubtful: int = 0
    sum: float = 0.0
    number: str | None = None  # the first word with a digit that is doubtful


@dataclass
class Sureness:
    """What OCR was sure of, line by line; pages with a text layer leave nothing here."""

    _lines: dict[int, dict[int, _Line]] = field(default_factory=dict)
    _engines: dict[int, tuple[str, str]] = field(default_factory=dict)

    def learn(self, page: Page) -> None:
        """Note a page."""
        if page.engine is not None:
            self._engines[page.number] = (page.origin, page.engine)
        if page.origin != "ocr":
            return
        noted = self._lines[page.number] = {}
        for line in page.lines:
            seen = noted[line.number] = _Line()
            for word in line.words:
                sure = 1.0 if word.confidence is None else word.confidence
                seen.letters += len(word.text)
                seen.sum += sure * len(word.text)
                seen.doubtful += len(word.text) * (sure < SURE_WORD)
                if seen.number is None and sure < SURE_NUMBER and DIGIT.search(word.text):
                    seen.number = f"{word.text} ({sure:.2f})"

    def judged(self, row: Row) -> Row:
        """Return the row with what read it in its meta; one that OCR was not sure of as a reject."""
        lines = self._of(row.locator)
        meta = self.meta(row.locator, row.meta)
        if row.reason is not None or not lines:
            return row._replace(meta=meta)
        letters = sum(line.letters for line in lines) or 1
        number = next((line.number for line in lines if line.number is not None), None)
        share = sum(line.doubtful for line in lines) / letters
        if number is None and share <= MAX_DOUBTFUL:
            return row._replace(meta=meta)
        doubt = f"the number {number}" if number is not None else f"{share:.0%} of its letters"
        detail = (
            f"found OCR in doubt about {doubt}; expected confidence {SURE_NUMBER} for numbers, {SURE_WORD} for words; "
            "correct it by hand from the page, or scan it again at 300 dpi"
        )
        return row._replace(meta=meta, reason="ocr_unsure", detail=detail)

    def meta(self, locator: str, known: str | None = None) -> str | None:
        """Return a row's meta with how its text was read: `read_by`, `ocr_confidence`."""
        page = re.match(r"page (\d+)", locator)
        engine = self._engines.get(int(page[1])) if page else None
        if engine is None:
            return known
        more: dict[str, object] = {"read_by": engine[1], "text_from": engine[0]}
        lines = self._of(locator) or list(self._lines.get(int(page[1]), {}).values() if page else ())
        if lines:
            more["ocr_confidence"] = (
                f"{sum(line.sum for line in lines) / (sum(line.letters for line in lines) or 1):.3f}"
            )
        return canonical({**(orjson.loads(known) if known else {}), **more})

    def _of(self, locator: str) -> list[_Line]:
        """Return what is known of the lines that a locator names."""
        found = []
        for match in PLACES.finditer(locator):
            page, first = int(match[1]), int(match[2])
            end_page, last = (int(match[4]), int(match[5])) if match[4] else (page, int(match[3] or first))
            for number in range(page, end_page + 1):
                low, high = first if number == page else 0, last if number == end_page else 1 << 30
                found += [line for at, line in self._lines.get(number, {}).items() if low <= at <= high]
        return found
