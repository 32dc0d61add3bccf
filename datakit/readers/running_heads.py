"""Running heads: headers, footers and page numbers, told by their place and by the pages beside them."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from datakit.readers import markers
from datakit.readers.page import Page, PageLine

EDGE: Final = 0.12
"""Part of the page's height, above and below, in which running heads stand: margins of A4 take 0.05 to 0.1."""

MAX_CHARS: Final = 120
"""A longer line at the edge is text."""

NEIGHBOURS: Final = 2
"""Pages before and after: left and right pages may have heads of their own, so the next but one counts too."""

DIGIT_RUNS: Final = re.compile(r"[0-9०-९]+")

PAGE_NUMBER: Final = re.compile(
    r"^[\s\-–—|.()\[\]~*•]*(?:(?:पान|पृष्ठ|पृ|page|pg)\s*(?:क्र|क्रमांक|no)?\s*[.:]*\s*)?"
    r"(?:[0-9०-९]{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of|पैकी)\s*[0-9०-९]{1,4})?[\s\-–—|.()\[\]~*•]*$",
    re.I,
)


def without_heads(pages: Iterable[Page]) -> Iterator[Page]:
    """Yield the pages without their running heads; at most five are held at a time."""
    window: deque[tuple[Page, frozenset[str]]] = deque()
    at = 0  # of the page in the window that comes next
    for page in pages:
        window.append((page, _edge_keys(page)))
        if len(window) - at > NEIGHBOURS:
            yield _cleared(window, at)
            at += 1
            if at > NEIGHBOURS:
                window.popleft()
                at -= 1
    while at < len(window):
        yield _cleared(window, at)
        at += 1


def _cleared(window: deque[tuple[Page, frozenset[str]]], at: int) -> Page:
    page = window[at][0]
    beside = set[str]().union(
        *(keys for place, (_, keys) in enumerate(window) if place != at and abs(place - at) <= NEIGHBOURS)
    )
    kept = tuple(line for line in page.lines if not _is_head(page, line, beside))
    return page if len(kept) == len(page.lines) else replace(page, lines=kept)


def _is_head(page: Page, line: PageLine, beside: set[str]) -> bool:
    if not at_edge(page, line):
        return False
    return PAGE_NUMBER.match(line.text) is not None or _key(line.text) in beside


def at_edge(page: Page, line: PageLine) -> bool:
    """Tell whether a line stands in the upper or lower margin and may be a running head."""
    text = line.text
    if len(text) > MAX_CHARS or page.height <= 0:
        return False
    asked = markers.QUESTION.match(text) or markers.ANSWER.match(text) or markers.NUMBERED.match(text)
    if asked and PAGE_NUMBER.match(text) is None:
        return False
    return line.bottom <= EDGE * page.height or line.top >= (1 - EDGE) * page.height


def _edge_keys(page: Page) -> frozenset[str]:
    return frozenset(_key(line.text) for line in page.lines if at_edge(page, line))


def _key(text: str) -> str:
    return DIGIT_RUNS.sub("#", " ".join(text.split()).casefold())
