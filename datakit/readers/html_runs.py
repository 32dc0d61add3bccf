"""Lines of a page that stand one below the other as options, and lines that hold question and answer at once."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from datakit.readers.html_levels import level
from datakit.readers.html_options import ICON, is_marked, without_mark
from datakit.readers.html_text import Element, Leaf
from datakit.readers.markers import ANSWER, BLANK, NUMBERED, OPTION, QUESTION, asks, number_in

ONE_LINE: Final = re.compile(r"^(.{8,}?\?[\"'”’)]*)\s*(?:→|⇒|➡\ufe0f?|=>|->|[-–—=]|:-?)\s*(\S.{0,150})$")
"""`… कधी दिले? → १९०२`: a question and its answer in one line; two such lines in a row are a list, one may be speech."""

NUMBER: Final = re.compile(r"^([1-8१-८])[).]\s*(?=\S)")
"""The number of an option that no brackets surround."""

Lines = dict[int, tuple[str, ...]]
"""What stands in place of a line, by its number."""


def marked_options(found: Sequence[Leaf]) -> Lines:
    """Return the options of which exactly one is marked: their text without the mark, below the last one the answer.

    A run in which none or several are marked is left as it is. Where an option is marked or an answer follows, the line
    above that asks gets a mark too.
    """
    changed: Lines = {}
    at = 0
    while at < len(found):
        run = _run(found, at)
        if len(run) >= 2 and at > 0 and _stem(found[at - 1].text):
            end = run[-1] + 1
            answered = end < len(found) and ANSWER.match(found[end].text) is not None
            marked = [] if answered else [number for number in run if is_marked(found[number])]
            if len(marked) == 1:
                changed |= {number: (_bracketed(without_mark(found[number].text)),) for number in run}
                changed[end - 1] += (f"उत्तर: {_text(without_mark(found[marked[0]].text))}",)
            if (answered or len(marked) == 1) and (stem := _unmarked(found[at - 1])) is not None:
                changed[at - 1] = (f"प्रश्न: {stem}",)
        at = max(at + len(run), at + 1)
    return changed


def one_liners(found: Sequence[Leaf]) -> Lines:
    """Return the lines that hold a question and its answer, where two stand one below the other."""
    matches = [ONE_LINE.match(leaf.text) for leaf in found]
    changed: Lines = {}
    for at, match in enumerate(matches):
        beside = (at > 0 and matches[at - 1]) or (at + 1 < len(matches) and matches[at + 1])
        if match is None or not beside or ANSWER.match(match[2]):
            continue
        question = match[1] if QUESTION.match(match[1]) else f"प्रश्न: {_unnumbered(match[1])}"
        changed[at] = (question, f"उत्तर: {match[2]}")
    return changed


def numbered_items(found: Sequence[Leaf]) -> Iterator[Leaf]:
    """Yield the lines with the numbers that a browser draws before the items of lists: answer keys speak of them."""
    numbers: dict[Element, int] = {}
    for leaf in found:
        item = next((above for above in (leaf.owner, *leaf.owner.iterancestors()) if above.tag == "li"), None)
        if item is None or (parent := item.getparent()) is None or parent.tag != "ol":
            yield leaf
            continue
        if item not in numbers:
            numbers |= _drawn(parent)
        number, numbers[item] = numbers[item], 0  # its first line only
        if number and not NUMBERED.match(leaf.text) and not OPTION.match(leaf.text):
            leaf = leaf._replace(text=f"{number}) {leaf.text}")
        yield leaf


def _drawn(ordered: Element) -> dict[Element, int]:
    """Return the numbers of a list's items; 0 where it draws letters."""
    first = ordered.get("start") or "1"
    start = int(first) if first.isdecimal() else 1
    items = [child for child in ordered if child.tag == "li"]
    plain = (ordered.get("type") or "1") == "1"
    return {item: number if plain else 0 for number, item in enumerate(items, start=start)}


def _run(found: Sequence[Leaf], at: int) -> range:
    """Return the lines from `at` on that are options: with letters, or with numbers from 1 of which one is ticked."""
    end = at
    while end < len(found) and OPTION.match(found[end].text):
        end += 1
    if end > at:
        return range(at, end)
    while end < len(found) and (match := NUMBER.match(found[end].text)) and number_in(match[1]) == end - at + 1:
        end += 1
    ticked = any(without_mark(found[number].text) != found[number].text for number in range(at, end))
    return range(at, end if ticked else at)


def _bracketed(text: str) -> str:
    return NUMBER.sub(r"(\1) ", text, count=1)


def _text(text: str) -> str:
    return NUMBER.sub("", text, count=1)


def _unmarked(leaf: Leaf) -> str | None:
    """Return a question that nothing but its question mark tells, None where it has a mark of its own."""
    text = ICON.sub("", leaf.text, count=1)
    if QUESTION.match(text) or NUMBERED.match(text) or not asks(text) or level(leaf.owner, leaf.text):
        return None
    return text


def _unnumbered(text: str) -> str:
    match = NUMBERED.match(text)
    return text[match.end() :] if match else text


def _stem(text: str) -> bool:
    return bool(asks(text) or BLANK.search(text) or QUESTION.match(text) or NUMBERED.match(text))
