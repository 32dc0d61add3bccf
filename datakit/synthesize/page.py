"""A page: a piece of text to ask about, with its source and place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from datakit.lineage import sha256_text

PAGE_CHARS: Final = 3_000
"""Characters of the longest page: a printed page of Marathi has 1,800 to 2,800; with the prompt and eight pairs it fits
a context of 8,192 tokens even where a tokenizer spends a token a character."""
MIN_CHARS: Final = 80
"""A shorter text holds no sentence to ask about with its answer."""
CHARS_A_QUESTION: Final = 300
"""Two to three sentences; a full page then has 5 to 8 questions, as in the project's first data set."""
FEWEST: Final = 5
MOST: Final = 8
KINDS: Final = ("factual", "reasoning", "application", "visual")
_SHOWS: Final = re.compile(
    r"^\s*\|.*\|\s*$|(?:चित्र|आकृती|आकृति|तक्ता|कोष्टक|नकाशा|छायाचित्र|सारणी)\s*(?:क्र\.?|क्रमांक)?\s*[0-9०-९]*(?:\.[0-9०-९]+)?\s*[:：–—-]"
    r"|^\s*(?:Figure|Fig\.|Table)\s*\d",
    re.MULTILINE,
)
_BREAKS: Final = ("\n\n", "\n", "। ", ". ", "? ", "! ", " ")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A text of at most PAGE_CHARS characters; `locator` says where it stands in `file` (a path below raw/)."""

    text: str
    source_id: str
    licence: str | None
    file: str
    locator: str
    row_group: str | None = None
    """The group of the row whose context the text is, or is a piece of."""

    @property
    def group(self) -> str:
        """Return what the pairs of this page share: a question on a page shows what the others ask about it."""
        return self.row_group or self.sha256[:16]

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the text alone: the same words on two pages are asked about once."""
        return sha256_text(self.text)

    @property
    def bounds(self) -> tuple[int, int]:
        """Return how many questions to ask for at least and at most: 5 to 8 of a full page, fewer of a short one."""
        most = min(MOST, max(1, len(self.text) // CHARS_A_QUESTION))
        return max(1, most * FEWEST // MOST), most

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of question to ask for: `visual` only where there is a table or a caption."""
        return KINDS if _SHOWS.search(self.text) else KINDS[:-1]


def cut(text: str, *, max_chars: int = PAGE_CHARS) -> Iterator[tuple[int, str]]:
    """Yield `(offset, piece)` of at most `max_chars` characters, cut at a paragraph, else a sentence, else a word.

    The pieces are equal to the text at their offsets; only white space between them is left out.
    """
    at = 0
    while at < len(text):
        end = len(text) if len(text) - at <= max_chars else _break(text, at, at + max_chars)
        piece = text[at:end]
        stripped = piece.strip()
        if stripped:
            yield at + len(piece) - len(piece.lstrip()), stripped
        at = end


def _break(text: str, start: int, limit: int) -> int:
    half = start + (limit - start) // 2  # a shorter piece is a worse page than a cut sentence
    for mark in _BREAKS:
        found = text.rfind(mark, half, limit)
        if found >= 0:
            return found + len(mark)
    return limit
