"""The text of a web page as people see it: the one seam that a main-text extractor may replace.

White space collapses as in a browser, blocks and <br> end a line. No-break spaces stay: they may be half of a letter
that an encoding fault tore apart, and the normalizer mends that before it touches any space.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from lxml import html as lxml_html  # type: ignore[import-untyped]  # lxml ships no types

Element = Any
"""An lxml element."""

BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li",
    "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul", "caption",
})  # fmt: skip

NEVER_SEEN: Final = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "canvas", "audio",
    "video", "select", "option", "textarea", "input", "nav", "aside", "footer", "form", "dialog", "menu", "title",
    "meta", "link",
})  # fmt: skip

HIDDEN_STYLE: Final = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)

CHROME: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|footer|sidebar|cookie|cookies|share|social|advert|ads|pagination|"
    r"skip-link|screen-reader-text|visually-hidden|sr-only)(?:$|[\s_-])",
    re.I,
)
"""Class names by which pages mark what surrounds the text; only whole words, so that `menu-driven` stays."""

META_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.I)

SERVER_CODE: Final = re.compile(r"<\?.*?\?>", re.S)
"""`<?php … ?>` of a page saved from its source: the parser would take it for text, and put the body into the head."""

SPACE: Final = re.compile(r"[ \t\r\n\f]+")


def parse(data: bytes) -> Element:
    """Return the root of a page. NUL bytes, which end a page for the parser, become U+FFFD as browsers do."""
    text = SERVER_CODE.sub("", decode(data).replace("\x00", "\ufffd"))
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    return lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)


def decode(data: bytes) -> str:
    """Return the text of a page: its byte order mark, UTF-8 where it decodes, else the charset it declares."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    declared = META_CHARSET.search(data[:4096])
    name = declared[1].decode("ascii") if declared else "utf-8"
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def drop_invisible(root: Element) -> None:
    """Take out of a page what a reader does not see, and what surrounds the text."""
    for element in list(root.iter()):
        if element is not root and _unseen(element) and element.getparent() is not None:
            element.drop_tree()


def text_of(element: Element) -> str:
    """Return the text of one element, a line for each block."""
    return "\n".join(text for _, text in leaves(element))


def fragment_text(markup: str) -> str:
    """Return the text of a piece of HTML, such as an answer inside JSON-LD."""
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    return text_of(lxml_html.fragment_fromstring(markup.replace("\x00", "\ufffd"), create_parent="div"))


def leaves(element: Element, skip: frozenset[Element] = frozenset()) -> Iterator[tuple[Element, str]]:
    """Yield the lines of text below an element, each with the block it stands in; those in `skip` are passed over."""
    inline: list[str] = []

    def ended(owner: Element) -> Iterator[tuple[Element, str]]:
        for line in "".join(inline).split("\x01"):
            text = SPACE.sub(" ", line).strip(" ")
            if text.strip("\xa0 "):
                yield owner, text
        inline.clear()

    # An explicit stack: a page may nest deeper than Python calls.
    stack: list[tuple[str, Element, Element]] = [("open", element, element)]
    while stack:
        step, node, owner = stack.pop()
        if step == "close":
            yield from ended(node)
            continue
        if step == "tail":
            inline.append(node.tail or "")
            continue
        if node in skip or not isinstance(node.tag, str):
            yield from ended(owner)
            continue
        block = node.tag in BLOCKS
        if block:
            yield from ended(owner)
            stack.append(("close", node, owner))
            owner = node
        if node.tag == "br":
            inline.append("\x01")
        inline.append(node.text or "")
        for child in reversed(node):
            stack.append(("tail", child, owner))
            stack.append(("open", child, owner))
    yield from ended(element)


class Paths:
    """CSS paths of a page as it was saved: taken before anything is left out, which would shift them."""

    def __init__(self, root: Element) -> None:
        self._steps: dict[Element, str] = {}
        for parent in root.iter():
            counts = Counter(child.tag for child in parent if isinstance(child.tag, str))
            numbers: Counter[str] = Counter()
            for child in parent:
                if isinstance(child.tag, str):
                    numbers[child.tag] += 1
                    number = f":nth-of-type({numbers[child.tag]})" if counts[child.tag] > 1 else ""
                    self._steps[child] = child.tag + number

    def of(self, element: Element) -> str:
        """Return the path that finds an element in a browser: `body > main > dl:nth-of-type(1)`."""
        steps = [self._steps[above] for above in (element, *element.iterancestors()) if above in self._steps]
        return " > ".join(reversed(steps)) or "html"


def _unseen(element: Element) -> bool:
    if not isinstance(element.tag, str):
        return True
    if element.tag in NEVER_SEEN or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if element.tag == "header" and not any(
        above.tag in ("article", "main", "section") for above in element.iterancestors()
    ):
        return True
    if element.tag in ("body", "main", "article"):
        return False
    named = f"{element.get('class', '')} {element.get('id', '')}"
    return element.get("role") in ("navigation", "contentinfo", "search") or bool(
        HIDDEN_STYLE.search(element.get("style", "")) or CHROME.search(named)
    )
