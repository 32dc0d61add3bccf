"""Options to choose from that a page shows one beside the other: list items, labels, rows with a button each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from datakit.readers.html_names import is_option
from datakit.readers.html_text import Element, Leaf, leaves
from datakit.readers.options import MARATHI

MAX_OPTION_CHARS: Final = 200
"""A longer item is a paragraph; the longest option of 1,592 exam questions has 143."""

CHOICES: Final = ("radio", "checkbox")


@dataclass(frozen=True)
class Group:
    """Options side by side: `items` are the elements, `lines` the one line of each.

    `sure` tells that the page itself calls them options; a plain list may as well be text.
    """

    items: tuple[Element, ...]
    lines: tuple[Leaf, ...]
    sure: bool
    labels: tuple[Element | None, ...] = ()
    """The element that holds the letter of each option, where it stands apart."""


LABEL: Final = re.compile(r"^\W*([A-Ha-h]|[1-8१-८]|अ|आ|ब|क|ड|इ|ई)\W*$")


def letters(group: Group) -> tuple[str, ...]:
    """Return the letters of a group's options: those that stand apart, else अ ब क ड."""
    found = [LABEL.match("".join(label.itertext())) if label is not None else None for label in group.labels]
    return tuple(match[1] if match else MARATHI[at] for at, match in enumerate(found))


def groups(root: Element) -> Iterator[Group]:
    """Yield the groups of a page in its order, the sure ones and plain lists and labels."""
    buttons = _with_one_button(root)
    inside: set[Element] = set()  # options: what they hold are no options of their own
    for parent in root.iter():
        if not isinstance(parent.tag, str) or len(parent) < 2:
            continue
        if parent in inside or parent.getparent() in inside:
            inside.add(parent)
            continue
        children = [child for child in parent if isinstance(child.tag, str)]
        sure = [child for child in children if child in buttons or is_option(child)]
        if len(sure) > 1:
            found = list(_group([child for child in sure if child.tag == sure[0].tag], sure=True))
            inside.update(item for group in found for item in group.items)
            yield from found
        else:
            wanted = "li" if parent.tag in ("ol", "ul") else "label"
            yield from _group([child for child in children if child.tag == wanted], sure=False)


def _group(items: list[Element], *, sure: bool) -> Iterator[Group]:
    if not 2 <= len(items) <= len(MARATHI):
        return
    lines = [list(leaves(item)) for item in items]
    labels: list[Element | None] = [None] * len(items)
    if sure and all(len(found) == 2 and LABEL.match(found[0].text) for found in lines):
        labels = [found[0].owner for found in lines]
        lines = [found[1:] for found in lines]
    if any(
        label is not None and label in (line.owner, *line.owner.iterancestors())
        for label, (line, *_) in zip(labels, lines, strict=True)
        if lines
    ):
        return
    if all(len(found) == 1 and len(found[0].text) <= MAX_OPTION_CHARS for found in lines):
        yield Group(tuple(items), tuple(found[0] for found in lines), sure, tuple(labels))


def _with_one_button(root: Element) -> frozenset[Element]:
    """Return the largest elements with a single radio button or check box, where the one above holds several."""
    count: dict[Element, int] = {}
    buttons = [found for found in root.iter("input") if (found.get("type") or "").casefold() in CHOICES]
    for button in buttons:
        for above in button.iterancestors():
            count[above] = count.get(above, 0) + 1
    found = set()
    for button in buttons:
        largest = button
        for above in button.iterancestors():
            if count[above] > 1:
                break
            largest = above
        if largest is not button:
            found.add(largest)
    return frozenset(found)
