"""Printed lines put together to paragraphs: a line that fills its column runs on into the next."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from datakit.readers import markers
from datakit.readers.page import PageLine
from datakit.readers.page_tables import Table
from datakit.screening.known_words import WORD, known_words

FULL: Final = 0.86
"""A line that reaches this part of its column's width was broken to fit; the last of a paragraph ends before."""

GAP: Final = 1.0
"""White space above a line, in heights of a line, that begins a paragraph; inside one it is 0.2 to 0.7."""

TALL: Final = 1.3
"""A line this much taller than the page's middle one is a heading; superscripts and matras make 1.15."""

BULLET: Final = re.compile(r"^\s*(?:[•▪●○■◆➢✓*·–—-]\s|\(?(?:[0-9०-९]{1,3}|[ivx]{1,4}|अ|आ|ब|क|ड|इ|ई|[a-dA-D])[).]\s*\S)")
ENDS: Final = re.compile(r"[.?!।॥:;]['\"”’)\]]*$")
BROKEN: Final = re.compile(r"(\S*[^\W\d_\u200d]|\S*[\u0900-\u0963])[-\u00ad\u2010]$")
_WHOLE_WORD: Final = re.compile(WORD)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: its text, the numbers of its first and last line, the level of its heading (0: none)."""

    text: str
    first: int
    last: int
    lines: tuple[PageLine, ...] = ()
    heading: int = 0
    table: Table | None = None


def paragraphs(parts: Iterable[PageLine | Table]) -> Iterator[Paragraph]:
    """Yield the paragraphs of a page; a table is one of its own, as Markdown."""
    found = list(parts)
    lines = [part for part in found if isinstance(part, PageLine)]
    usual = median(line.height for line in lines) if lines else 0.0
    open_lines: list[PageLine] = []
    for part in found:
        if open_lines and (isinstance(part, Table) or not _runs_on(open_lines, part, lines, usual)):
            yield _paragraph(open_lines, usual)
            open_lines = []
        if isinstance(part, Table):
            rows = part.lines
            yield Paragraph(part.markdown(), rows[0].number, rows[-1].number, rows, table=part)
        else:
            open_lines.append(part)
    if open_lines:
        yield _paragraph(open_lines, usual)


def joined(lines: Sequence[str]) -> str:
    """Return lines as one text; a word that a hyphen broke at the line's end is whole again."""
    text = ""
    for line in lines:
        match = BROKEN.search(text)
        if not text:
            text = line
        elif match is None or not line[:1].isalpha():
            text = f"{text} {line}"
        else:
            first, second = match[1], line.split(maxsplit=1)[0]
            text = text[:-1] + line if _is_one_word(text[-1], first, second) else text + line
    return text


def _is_one_word(hyphen: str, first: str, second: str) -> bool:
    """Tell a word broken at the line's end from one that is written with a hyphen (आई-वडील)."""
    if hyphen == "\u00ad" or (first.isascii() and second[:1].islower()):
        return True
    known = known_words()
    left, right = (_WHOLE_WORD.findall(word) for word in (first, second))
    if not left or not right:
        return False
    whole = known.get(left[-1] + right[0], 0)
    return whole > min(known.get(left[-1], 0), known.get(right[0], 0)) or (whole > 0 and right[0] not in known)


def _runs_on(above: list[PageLine], line: PageLine, lines: list[PageLine], usual: float) -> bool:
    last = above[-1]
    if last.block != line.block or line.top - last.bottom > GAP * usual or line.top < last.top - usual:
        return False
    if _is_tall(last, usual) != _is_tall(line, usual):
        return False
    text = line.text
    marks = (markers.QUESTION, markers.ANSWER, markers.MAYBE, markers.PASSAGE, markers.EXPLANATION, BULLET)
    if any(mark.match(text) for mark in marks):
        return False
    if BROKEN.search(last.text):
        return True
    left = min(one.left for one in lines if one.block == line.block)
    right = max(one.right for one in lines if one.block == line.block)
    width = right - left
    if width <= 0 or (last.right - left) < FULL * width:
        return False
    return not (ENDS.search(last.text) and line.left - left > 0.02 * width)  # an indented line begins a paragraph


def _paragraph(lines: list[PageLine], usual: float) -> Paragraph:
    text = joined([line.text for line in lines])
    tall = all(_is_tall(line, usual) for line in lines)
    return Paragraph(text, lines[0].number, lines[-1].number, tuple(lines), 2 if tall and len(text) < 200 else 0)


def _is_tall(line: PageLine, usual: float) -> bool:
    return line.height > TALL * usual
