"""The text of a web page as people see it: the one seam that a main-text extractor may replace.

White space collapses as in a browser, blocks and <br> end a line. No-break spaces stay: they may be half of a letter
that an encoding fault tore apart, and the normalizer mends that before it touches any space.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any, Final, NamedTuple

from lxml import html as lxml_html  # type: ignore[import-untyped]  # lxml ships no types

Element = Any
"""An lxml element."""

BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "button", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr",
    "ul", "caption",
})  # fmt: skip

NEVER_SEEN: Final = frozenset({
    "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "canvas", "audio",
    "video", "select", "option", "textarea", "nav", "aside", "footer", "dialog", "menu", "title", "link",
})  # fmt: skip

TEXT_PARTS: Final = ("p", "h1", "h2", "h3", "h4", "li", "td", "article", "main", "dl", "fieldset")
"""What a form to fill in does not have."""

FORM_CHARS: Final = 200
"""A form to log in, to search or to comment says less than this."""

TO_FILL: Final = frozenset({"text", "email", "password", "search", "tel", "url", "number", "date", "file"})
"""Types of fields that a reader fills in; a page that asks and answers has none."""

HIDDEN_STYLE: Final = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)

CHROME: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|footer|sidebar|cookie|cookies|share|social|advert|ads|pagination|"
    r"skip-link|screen-reader-text|visually-hidden|sr-only|comments|comment-list|comment-respond|related-posts|mw-editsection|mw-jump-link|toc)(?:$|[\s_-])",
    re.I,
)
"""Class names by which pages mark what surrounds the text; only whole words, so that `menu-driven` stays."""

PANEL: Final = re.compile(
    r"accordion|collapse|panel|answer|faq|toggle|tab-?pane|tab-?content|solution|spoiler|explanation|reveal|uttar", re.I
)
"""Class names of parts that a click opens: they are hidden while the page loads, and hold its text."""

QUOTED: Final = re.compile(r"""['"]#?([\w-]+)['"]""")
"""The name of a part in `onclick="show('a1')"`."""

REFERENCE: Final = re.compile(r"(?:^|\s)reference(?:\s|$)")
"""The class of a footnote's sign."""

META_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.I)

ESCAPED: Final = re.compile(r"</(?:p|b|strong|em|i|ul|ol|li|div|span|a|h[1-6])>", re.I)
"""A closing tag in what should be text: it was escaped once too often."""

SERVER_CODE: Final = re.compile(r"<\?.*?\?>", re.S)
"""`<?php … ?>` of a page saved from its source: the parser would take it for text, and put the body into the head."""

SPACE: Final = re.compile(r"[ \t\r\n\f]+")
WHITE: Final = " \t\r\n\f"


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


def hide_unseen(root: Element) -> None:
    """Empty what a reader of a page does not see, and what surrounds the text.

    The emptied elements stay where they are, so that places in the page do not move. Panels that a click opens are
    seen, though they are hidden at first.
    """
    opened = _opened(root)
    for element in list(root.iter()):
        if element is not root and element.getparent() is not None and _unseen(element, opened):
            element.clear(keep_tail=True)


def text_of(element: Element) -> str:
    """Return the text of one element, a line for each block."""
    return "\n".join(leaf.text for leaf in leaves(element))


def fragment_text(markup: str, *, depth: int = 1) -> str:
    """Return the text of a piece of HTML, such as an answer in JSON-LD; markup escaped twice is mended."""
    if "<" not in markup and "&" not in markup:
        return markup.strip()
    text = text_of(lxml_html.fragment_fromstring(markup.replace("\x00", "\ufffd"), create_parent="div"))
    return fragment_text(text, depth=depth - 1) if depth and ESCAPED.search(text) else text


class Leaf(NamedTuple):
    """A line of text: the block it stands in, and its first and last piece as (element, is it the tail, offset)."""

    owner: Element
    text: str
    first: "Spot"
    last: "Spot"


Spot = tuple[Element, bool, int]
"""A place between two characters: of an element's text or of its tail, so many characters on."""


def leaves(
    element: Element, skip: frozenset[Element] = frozenset(), apart: Collection[Element] = frozenset()
) -> Iterator[Leaf]:
    """Yield the lines of text below an element, each with the block it stands in.

    Elements in `skip` are passed over; those in `apart` are blocks, whatever their tag.
    """
    pieces: list[tuple[Element, bool, str]] = []

    def ended(owner: Element) -> Iterator[Leaf]:
        line: list[tuple[Element, bool, str]] = []
        for piece in [*pieces, None]:
            if piece is not None and piece[2] != "\x01":
                line.append(piece)
                continue
            text = SPACE.sub(" ", "".join(part for _, _, part in line)).strip(" ")
            if text.strip("\xa0 "):
                yield Leaf(owner, text, _first(line), _last(line))
            line = []
        pieces.clear()

    # An explicit stack: a page may nest deeper than Python calls.
    stack: list[tuple[str, Element, Element]] = [("open", element, element)]
    while stack:
        step, node, owner = stack.pop()
        if step == "close":
            yield from ended(node)
            continue
        if step == "tail":
            pieces.append((node, True, node.tail or ""))
            continue
        if node in skip or not isinstance(node.tag, str):
            yield from ended(owner)
            continue
        block = node.tag in BLOCKS or node in apart
        if block:
            yield from ended(owner)
            stack.append(("close", node, owner))
            owner = node
        if node.tag == "br":
            pieces.append((node, False, "\x01"))
        pieces.append((node, False, node.text or ""))
        for child in reversed(node):
            stack.append(("tail", child, owner))
            stack.append(("open", child, owner))
    yield from ended(element)


def _first(line: list[tuple[Element, bool, str]]) -> Spot:
    for element, tail, text in line:
        if text.strip(WHITE):
            return element, tail, len(text) - len(text.lstrip(WHITE))
    raise AssertionError("a line without a letter is never yielded")


def _last(line: list[tuple[Element, bool, str]]) -> Spot:
    for element, tail, text in reversed(line):
        if text.strip(WHITE):
            return element, tail, len(text.rstrip(WHITE))
    raise AssertionError("a line without a letter is never yielded")


class Places:
    """Where things stand in a page as it was saved; made before anything is hidden, which would change it.

    A place is a CSS path, and a range of characters (code points) in the `textContent` of the body.
    """

    def __init__(self, root: Element) -> None:
        self._steps: dict[Element, str] = {}
        self._text: dict[Element, int] = {}  # where an element's own text begins
        self._tail: dict[Element, int] = {}  # where the text behind it begins
        self._measure(root)
        body = root.find("body")
        self._origin = self._text.get(body, 0) if body is not None else 0
        for parent in root.iter():
            counts = Counter(child.tag for child in parent if isinstance(child.tag, str))
            numbers: Counter[str] = Counter()
            for child in parent:
                if isinstance(child.tag, str):
                    numbers[child.tag] += 1
                    number = f":nth-of-type({numbers[child.tag]})" if counts[child.tag] > 1 else ""
                    self._steps[child] = child.tag + number

    def _measure(self, root: Element) -> None:
        at = 0
        stack: list[tuple[bool, Element]] = [(True, root)]
        while stack:
            opening, element = stack.pop()
            if opening:
                self._text[element] = at
                at += len(element.text or "")
                stack.append((False, element))
                stack.extend((True, child) for child in reversed(element))
            else:
                self._tail[element] = at
                at += len(element.tail or "")

    def offset(self, place: "Element | Leaf") -> int:
        """Return where an element, or the first letter of a line, stands in the order of the page."""
        return self._at(place.first) if isinstance(place, Leaf) else self._text[place]

    def of(self, element: Element) -> str:
        """Return the path that finds an element in a browser: `body > main > dl:nth-of-type(1)`."""
        steps = [self._steps[above] for above in (element, *element.iterancestors()) if above in self._steps]
        return " > ".join(reversed(steps)) or "html"

    def span(self, first: Element, last: Element | None = None) -> str:
        """Return the range from the beginning of an element to the end of another: ` chars 120-431`."""
        return self._range(self._text[first], self._tail[first if last is None else last])

    def between(self, first: Leaf, last: Leaf) -> str:
        """Return the range from the first letter of a line to the last of another."""
        return self._range(self._at(first.first), self._at(last.last))

    def _at(self, spot: Spot) -> int:
        element, tail, offset = spot
        return (self._tail if tail else self._text)[element] + offset

    def _range(self, start: int, end: int) -> str:
        return f" chars {start - self._origin}-{end - self._origin}"


def _opened(root: Element) -> frozenset[str]:
    """Return the ids of parts that something on the page opens."""
    found = set[str]()
    for element in root.iter():
        if isinstance(element.tag, str):
            for name in ("aria-controls", "data-target", "data-bs-target", "href"):
                value = element.get(name) or ""
                if name == "aria-controls" or value.startswith("#"):
                    found.update(value.removeprefix("#").split())
            found.update(QUOTED.findall(element.get("onclick") or ""))
    return frozenset(found)


def _is_empty_form(form: Element) -> bool:
    """Tell a form to fill in from one around a whole page, as ASP.NET writes it, which holds text."""
    if next(form.iter(*TEXT_PARTS), None) is not None:
        return False
    text = "".join(form.itertext())
    to_fill = any((field.get("type") or "text").casefold() in TO_FILL for field in form.iter("input"))
    return "?" not in text and (to_fill or len("".join(text.split())) < FORM_CHARS)


def _unseen(element: Element, opened: frozenset[str]) -> bool:
    if not isinstance(element.tag, str):
        return True
    if element.tag in NEVER_SEEN or (element.tag == "form" and _is_empty_form(element)):
        return True
    named = f"{element.get('class', '')} {element.get('id', '')}"
    if element.tag == "sup" and REFERENCE.search(element.get("class") or ""):
        return True
    hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    if (hidden or HIDDEN_STYLE.search(element.get("style", ""))) and not (
        element.get("id") in opened or PANEL.search(named)
    ):
        return True
    if element.tag == "header" and not any(
        above.tag in ("article", "main", "section") for above in element.iterancestors()
    ):
        return True
    if element.tag in ("body", "main", "article"):
        return False
    return element.get("role") in ("navigation", "contentinfo", "search") or bool(CHROME.search(named))
