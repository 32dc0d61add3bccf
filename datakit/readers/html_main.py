"""The main text of a web page: trafilatura tells where it stands, our own walk over the page tells what it says.

Extractors lose whole lists (trafilatura keeps 0.70 of the words of 26 government summaries) or keep menus. So what one
finds is only used to find the element that holds it; of that element every visible line is taken, with its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from datakit.readers.extra import needed
from datakit.readers.html_text import Element, leaves

HOLDS: Final = 0.98
"""The element that holds this part of the extracted letters is the main one. Word F1 on 26 summaries and 5 articles is
.9989 and 1 with .97, .9996 and 1 with .98, .9998 and .9969 with .99 (benchmarks/html_text.py)."""

MIN_LETTERS: Final = 200
"""Less extracted text than this says nothing about where the main text stands; such pages are taken whole."""


@dataclass(frozen=True)
class Main:
    """The element with the main text, and its lines in the order of the page."""

    element: Element
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines, each on its own."""
        return "\n".join(self.lines)


def main_text(root: Element) -> Main:
    """Return the main text of a page from which `hide_unseen` has taken what nobody sees.

    Errors: `MissingDependencyError` without trafilatura.
    """
    body = root.find("body")
    whole = root if body is None else body
    lines = [(leaf.owner, leaf.text) for leaf in leaves(whole)]
    element = _holder(whole, lines, _extracted(root))
    if element is not whole:
        lines = [(leaf.owner, leaf.text) for leaf in leaves(element)]
    return Main(element, tuple(text for _, text in lines))


def _extracted(root: Element) -> str:
    """Return what trafilatura takes for the main text."""
    with needed("trafilatura", "the main text of web pages"):
        import trafilatura
    page = etree.tostring(root, encoding="unicode", method="html")
    return trafilatura.extract(page, include_comments=False, include_tables=True, favor_recall=False) or ""


def _holder(whole: Element, lines: Sequence[tuple[Element, str]], extracted: str) -> Element:
    """Return the deepest element that holds nearly all lines which the extractor found."""
    known = _key(extracted)
    if len(known) < MIN_LETTERS:
        return whole
    weight: dict[Element, int] = {}
    total = 0
    for owner, text in lines:
        key = _key(text)
        if not key or key not in known:
            continue
        total += len(key)
        for element in (owner, *owner.iterancestors()):
            weight[element] = weight.get(element, 0) + len(key)
            if element is whole:
                break
    if total < MIN_LETTERS:
        return whole
    best = whole
    while True:
        deeper = next((child for child in best if weight.get(child, 0) >= HOLDS * total), None)
        if deeper is None:
            return best
        best = deeper


def _key(text: str) -> str:
    return "".join(text.split())
