"""Exam questions on a page: a question, a list of options, and the one that is marked or named below as the answer."""

import re
from collections.abc import Iterator
from typing import Final

from datakit.readers.html_groups import Group, groups, letters
from datakit.readers.html_names import is_right
from datakit.readers.html_pairs import Pair
from datakit.readers.html_text import BLOCKS, Element, Leaf, Places, leaves, text_of
from datakit.readers.markers import ANSWER, BLANK, NUMBERED, QUESTION, asks
from datakit.readers.options import KEY_AND_TEXT, MARATHI, SERIES, Options

TICK: Final = re.compile(r"\s*(?:[✓✔☑✅√]\ufe0f?|\(\s*(?:बरोबर|योग्य|अचूक)(?:\s+उत्तर)?\s*\)|←\s*(?:उत्तर|योग्य उत्तर))\s*")
"""What pages write beside the right option."""

_ANSWER: Final = (
    r"(?:योग्य\s+)?उत्तर\s*(?:पहा|पाहा|बघा|दाखवा|तपासा)|(?:show|view|see|check|reveal)\s+(?:the\s+)?(?:correct\s+)?answer"
)
SHOW_ANSWER: Final = re.compile(rf"^(?:{_ANSWER})\W*$", re.I)
SHOW: Final = re.compile(rf"^(?:{_ANSWER}|(?:सविस्तर|अधिक)\s+वाचा|read\s+more)\W*$", re.I)
"""What a button says; it is neither question nor answer."""

TRUE: Final = ("true", "1", "yes", "correct")

ICON: Final = re.compile(r"^(?:[#+▶►▸▾▼❓❔➤»›•*\u25a0-\u25ff][\ufe0e\ufe0f]?\s*)+(?=\S)")
"""Signs that a page draws before a question: of a link to itself, of a part that opens."""

WRAPPERS: Final = 3
"""So many elements may hold nothing but the options before their question is looked for beside them."""

STRONG: Final = ("b", "strong", "u", "mark")


def option_lists(root: Element, places: Places) -> Iterator[Pair]:
    """Yield questions whose options stand side by side: one of them is marked, or the line below names it."""
    for group in groups(root):
        items, listed = group.items, group.items[0].tag == "li"
        element = items[0].getparent()
        options = _options(group, element)
        stem = _stem(element if listed else items[0])
        if options is None or stem is None:
            continue
        asked, first = stem
        marked = right_ones(group)
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


def right_ones(group: Group) -> list[int]:
    """Return which options of a group are marked; HD Quiz gives the right one's button the value 1, the others none."""
    marked = [at for at, leaf in enumerate(group.lines) if is_marked(leaf, group.items[at])]
    if marked:
        return marked
    boxes = [next(iter(item.iter("input")), None) for item in group.items]
    if all(box is not None and "hdq_option" in (box.get("class") or "") for box in boxes):
        return [at for at, box in enumerate(boxes) if box is not None and box.get("value") == "1"]
    return []


def is_marked(leaf: Leaf, item: Element | None = None) -> bool:
    """Tell whether a page shows a line as the right one: a tick, a class, a checked box, or all of it bold.

    `item` is the option that the line stands in, where it is known.
    """
    if TICK.search(leaf.text):
        return True
    owner = leaf.owner
    within = () if item is None or item is owner else (item, *item.iterdescendants())
    for element in (owner, *owner.iterdescendants(), *within):
        if not isinstance(element.tag, str):
            continue
        if is_right(element) or any(
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


def _options(group: Group, element: Element) -> Options | None:
    """Return the options with the labels they carry, or those that the list shows."""
    texts = [without_mark(leaf.text) for leaf in group.lines]
    if all(label is not None for label in group.labels):
        return Options(letters(group), tuple(texts))
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
    """Return the question above options, and the element it stands in; None where nothing there asks."""
    for _ in range(WRAPPERS):
        parent, before = element.getparent(), element.getprevious()
        while (
            before is not None
            and not (isinstance(before.tag, str) and text_of(before))
            and not (before.tail or "").strip()
        ):
            before = before.getprevious()
        if before is not None and before.tag in BLOCKS and not (before.tail or "").strip():
            if before.tag in ("ol", "ul", "table", "dl"):
                return None
            text = text_of(before).rpartition("\n")[2]
            return (bare(text), before) if _asks(text) else None
        if parent is None or parent.tag not in ("li", "div", "fieldset", "td", "section", "p", "form"):
            return None
        if before is not None or (parent.text or "").strip():
            break
        element = parent  # a wrapper of the options alone
    lines = []
    for leaf in leaves(parent):
        if element in leaf.owner.iterancestors() or leaf.owner is element:
            break
        lines.append(leaf.text)
    text = lines[-1] if lines else ""
    in_list = parent.tag == "li" and bool(text)
    return (bare(text), parent) if text and (_asks(text) or in_list) else None


def _asks(text: str) -> bool:
    return bool(asks(text) or BLANK.search(text) or QUESTION.match(text) or NUMBERED.match(text) or text.endswith(":"))


def bare(text: str) -> str:
    """Return a question without its mark, its number and the signs before them."""
    text = QUESTION.sub("", ICON.sub("", text, count=1), count=1)
    match = NUMBERED.match(text)
    return (text[match.end() :] if match else text).strip()


def _below(element: Element) -> Element | None:
    """Return the block that follows options in the page, a button that shows it aside."""
    parent = element.getparent()
    after = element.getnext()
    tail = element.tail
    while True:
        if (tail or "").strip():
            return None
        if after is None:
            if parent is None or parent.tag in ("body", "li", "td", "article", "main"):
                return None
            after, tail, parent = parent.getnext(), parent.tail, parent.getparent()
            continue
        if isinstance(after.tag, str) and (text := text_of(after)) and not SHOW.match(text):
            return after if after.tag in BLOCKS else None
        tail, after = after.tail, after.getnext()
