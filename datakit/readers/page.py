"""One printed page as a reader sees it: words with their places, lines of words, and where the text came from."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

Origin = Literal["text layer", "legacy font", "ocr"]

DEVANAGARI_FIRST: Final = "\u0900"
DEVANAGARI_LAST: Final = "\u097f"


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word: `left` and `right` in points from the left edge, `confidence` 0 to 1 where OCR read it."""

    text: str
    left: float
    right: float
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class PageLine:
    """A printed line: `number` counts from 1 down the page, `top` and `bottom` are points from the upper edge.

    `block` is the number of the column or paragraph that OCR put it in; a text layer knows none (0).
    """

    number: int
    words: tuple[Word, ...]
    top: float
    bottom: float
    block: int = 0

    @cached_property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def left(self) -> float:
        """Where the line begins, in points."""
        return min((word.left for word in self.words), default=0.0)

    @property
    def right(self) -> float:
        """Where the line ends, in points."""
        return max((word.right for word in self.words), default=0.0)

    @property
    def height(self) -> float:
        """Points from the top of the highest letter to the bottom of the lowest."""
        return self.bottom - self.top


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page: `number` from 1, `width` and `height` in points, `fonts` the names of its fonts, the most used first.

    `engine` names what read the letters where the text layer did not: `Tesseract 5.3.0 mar+eng`, `hinlegacy krutidev`.
    """

    number: int
    lines: tuple[PageLine, ...]
    width: float
    height: float
    origin: Origin = "text layer"
    fonts: tuple[str, ...] = ()
    engine: str | None = None
    fault: tuple[str, str] | None = None
    """Reason and detail of a page that cannot be read."""

    @cached_property
    def text(self) -> str:
        """The text, a line for each printed one."""
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float | None:
        """The mean confidence of OCR over the letters of the page, 0 to 1; None where nothing was read by OCR."""
        letters = sure = 0.0
        for line in self.lines:
            for word in line.words:
                if word.confidence is not None:
                    letters += len(word.text)
                    sure += len(word.text) * word.confidence
        return sure / letters if letters else None
