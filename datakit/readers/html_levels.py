"""What of a page's text is a heading that asks, and which part of the page it rules."""

import re
from typing import Final

from datakit.readers.html_names import names, words
from datakit.readers.html_text import PANEL, Element
from datakit.readers.markers import QUESTION, asks

HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
OTHER_HEADING: Final = 7
"""A bold paragraph, an accordion's title or the front of a card that asks."""

TITLES: Final = frozenset({
    "question", "accordion", "faq", "faqs", "toggle", "collapsible", "accordian", "expander", "flip", "flashcard",
})  # fmt: skip
"""Words in class names of what a click opens or turns."""

TITLE_WORDS: Final = frozenset({"title", "header", "heading", "head", "trigger"})
"""Last words of class names of what holds a title and the signs beside it."""

OPENS: Final = ("aria-controls", "aria-expanded", "data-toggle", "data-bs-toggle", "data-target", "data-bs-target")

OFFER: Final = re.compile(
    r"(?:शंका|प्रश्न|अडचण|अडचणी|सूचना|मदत|लेख|माहिती|अंक|तक्रार|पुस्तक|पुस्तके)\S*\s+(?:आहेत?|हवेत?|हव्यात?|हवी|हवीत|हवा|आवडलेत?|आवडला|आवडली)\s*का\s*\W*$"
    r"|^(?:any|more|have|got)\b.*\bquestions?\s*\?|need\s+(?:more\s+)?help|didn.t\s+find|was\s+this\s+(?:page|article|post)?",
    re.I,
)
"""A page that speaks of itself to its reader asks nothing: `काही शंका आहे का?`, `नवीन लेख हवेत का?`."""


def level(owner: Element, text: str) -> int:
    """Return the level of a heading; a bold paragraph or an accordion's title that asks is one too, 0: none."""
    for element in (owner, *owner.iterancestors()):
        if element.tag in HEADINGS:
            return 0 if asks(text) and OFFER.search(text) else HEADINGS[element.tag]
        if element.tag in ("td", "li", "section", "article", "main", "body"):
            break
    if not asks(text) or QUESTION.match(text) or OFFER.search(text):
        return 0
    bold = "".join("".join(part.itertext()) for part in owner.iter("b", "strong", "button"))
    return OTHER_HEADING if _packed(bold) == _packed(text) or _opens(owner, _packed(text)) else 0


def scope(heading: Element) -> tuple[Element, ...]:
    """Return the parts of the page that a heading rules: itself and the panel behind it, else what is around both."""
    outer = heading
    for element in heading.iterancestors():
        if _is_title(element):
            outer = element
    length = _length(outer)
    for element in outer.iterancestors():
        if _length(element) > length:
            after = outer.getnext()
            if after is not None and isinstance(after.tag, str) and PANEL.search(after.get("class") or ""):
                return outer, after
            return (element,)
        outer = element
    return (heading,)


def _is_title(element: Element) -> bool:
    if element.tag in ("a", "button"):
        return True
    return any(parts[-1] in TITLE_WORDS for name in names(element) if (parts := words(name)))


def _opens(owner: Element, text: str) -> bool:
    """Tell whether an element, or one around or inside it with the same words, is the title of a part that opens."""
    same = [part for part in owner.iterdescendants() if _packed("".join(part.itertext())) == text]
    around = owner
    while around is not None and around.tag not in ("body", "main") and _packed("".join(around.itertext())) == text:
        same.append(around)
        around = around.getparent()
    return any(
        any(element.get(name) is not None for name in OPENS)
        or any(not TITLES.isdisjoint(words(name)) for name in names(element))
        for element in same
    )


def _length(element: Element) -> int:
    return len(_packed("".join(element.itertext())))


def _packed(text: str) -> str:
    return "".join(text.split())
