"""Exam questions on a page: a question, a list of options, and the one that is marked or named below as the answer."""

import re
from collections.abc import Iterator
from typing import Final

from datakit.readers.html_pairs import Pair
from datakit.readers.html_text import BLOCKS, Element, Leaf, Places, leaves, text_of
from datakit.readers.markers import ANSWER, BLANK, NUMBERED, QUESTION, asks
from datakit.readers.options import KEY_AND_TEXT, MARATHI, SERIES, Options

MAX_OPTION_CHARS: Final = 200
"""A longer item is a paragraph; the longest option of 1,592 exam questions has 143."""

TICK: Final = re.compile(r"\s*(?:[✓✔☑✅√]\ufe0f?|\(\s*(?:बरोबर|योग्य|अचूक)(?:\s+उत्तर)?\s*\)|←\s*(?:उत्तर|योग्य उत्तर))\s*")
"""What pages write beside the right option."""

MARKED: Final = re.compile(
    r"(?<![\w-])(?:correct|right|is-correct|correct-?answer|right-?answer|answer-correct|barobar)(?![\w-])", re.I
)
"""Class names of the right option, as whole words: `incorrect` is none."""

TRUE: Final = ("true", "1", "yes", "correct")

STRONG: Final = ("b", "strong", "u", "mark")


def option_lists(root: Element, places: Places) -> Iterator[Pair]:
    """Yield questions whose options are a list: one item is marked, or the line below names it."""
    for element in root.iter():
        listed = element.tag in ("ol", "ul")
        items = [child for child in element if child.tag == ("li" if listed else "label")]
        if not 2 <= len(items) <= len(MARATHI):
            continue
        lines = [list(leaves(item)) for item in items]
        if any(len(found) != 1 or len(found[0].text) > MAX_OPTION_CHARS for found in lines):
            continue
        leaf_of = [found[0] for found in lines]
        options = _options([without_mark(leaf.text) for leaf in leaf_of], element)
        stem = _stem(element if listed else items[0])
        if options is None or stem is None:
            continue
        asked, first = stem
        marked = [number for number, leaf in enumerate(leaf_of) if is_marked(leaf)]
        below = _below(element if listed else items[-1])
        if below is not None and (match := ANSWER.match(text_of(below))) is not None:
            given, named = options.answer(text_of(below)[match.end() :].strip().split("\n")[0])
            if not named or options.by_text(given) is None:
                continue
            answer, last = given, below
        elif len(marked) == 1:
            answer, last = options.texts[marked[0]], items[-1]
        else:
            continue
        question = f"{asked} {options.render()}"
        taken = (first, *([element] if listed else items), last)
        yield Pair(places.of(first) + places.span(first, last), question, answer, taken)


def is_marked(leaf: Leaf) -> bool:
    """Tell whether a page shows a line as the right one: a tick, a class, a checked box, or all of it bold."""
    if TICK.search(leaf.text):
        return True
    owner = leaf.owner
    for element in (owner, *owner.iterdescendants()):
        if not isinstance(element.tag, str):
            continue
        named = f"{element.get('class', '')} {element.get('id', '')}"
        if MARKED.search(named) or any(
            (element.get(name) or "").casefold() in TRUE for name in ("data-correct", "data-answer", "aria-checked")
        ):
            return True
    bold = "".join("".join(part.itertext()) for part in owner.iter(*STRONG) if _outermost(part, owner))
    bare = leaf.text
    label = KEY_AND_TEXT.match(bare)
    wanted = {"".join(bare.split()), "".join(label[2].split()) if label else "".join(bare.split())}
    return bool(bold) and any("".join(line.split()) in wanted for line in [bold, *_bold_lines(owner)])


def without_mark(text: str) -> str:
    """Return an option without its tick."""
    return TICK.sub(" ", text).strip()


def _bold_lines(owner: Element) -> list[str]:
    """Return the bold parts of a block, each alone: options set apart by <br> have one block."""
    return ["".join(part.itertext()) for part in owner.iter(*STRONG)]


def _outermost(part: Element, owner: Element) -> bool:
    for above in part.iterancestors():
        if above is owner:
            return True
        if above.tag in STRONG:
            return False
    return True


def _options(texts: list[str], element: Element) -> Options | None:
    """Return the options with the labels they carry, or those that the list shows."""
    matches = [KEY_AND_TEXT.match(text) for text in texts]
    if all(matches):
        pairs = [(match[1], match[2]) for match in matches if match]
        return Options(tuple(label for label, _ in pairs), tuple(text for _, text in pairs))
    if any(matches) or not all(texts):
        return None
    kind = element.get("type") or ""
    labels = {"A": [label.upper() for label in SERIES[1]], "a": list(SERIES[1])}.get(kind, list(MARATHI))
    return Options(tuple(labels[: len(texts)]), tuple(texts))


def _stem(element: Element) -> tuple[str, Element] | None:
    """Return the question above a list, and the element it stands in; None where nothing there asks."""
    parent, before = element.getparent(), element.getprevious()
    while (
        before is not None and not (isinstance(before.tag, str) and text_of(before)) and not (before.tail or "").strip()
    ):
        before = before.getprevious()
    if before is not None and before.tag in BLOCKS and not (before.tail or "").strip():
        if before.tag in ("ol", "ul", "table", "dl"):
            return None
        text = text_of(before).rpartition("\n")[2]
        return (_bare(text), before) if _asks(text) else None
    if parent is None or parent.tag not in ("li", "div", "fieldset", "td", "section", "p"):
        return None
    lines = []
    for leaf in leaves(parent):
        if element in leaf.owner.iterancestors() or leaf.owner is element:
            break
        lines.append(leaf.text)
    text = lines[-1] if lines else ""
    in_list = parent.tag == "li" and bool(text)
    return (_bare(text), parent) if text and (_asks(text) or in_list) else None


def _asks(text: str) -> bool:
    return bool(asks(text) or BLANK.search(text) or QUESTION.match(text) or NUMBERED.match(text) or text.endswith(":"))


def _bare(text: str) -> str:
    text = QUESTION.sub("", text, count=1)
    match = NUMBERED.match(text)
    return (text[match.end() :] if match else text).strip()


def _below(element: Element) -> Element | None:
    """Return the block that follows a list."""
    after = element.getnext()
    while after is not None and not (isinstance(after.tag, str) and text_of(after)):
        if (after.tail or "").strip():
            return None
        after = after.getnext()
    return after if after is not None and after.tag in BLOCKS else None
