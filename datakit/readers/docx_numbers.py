"""What Word shows before a paragraph and does not write into it: list numbers, and the levels of headings."""

import re
from collections import defaultdict
from typing import Any, Final

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VALUE: Final = f"{W}val"

HEADING: Final = re.compile(r"(?:heading|शीर्षक)\s*([1-6])", re.I)
DEVANAGARI: Final = str.maketrans("0123456789", "०१२३४५६७८९")
MAX_DEPTH: Final = 10
"""Styles that a style is based on; more is a circle."""


class Numbers:
    """The lists and styles of one document; `label` must be asked once for each paragraph, in order."""

    def __init__(self, document: Any) -> None:
        self._styles = {style.get(f"{W}styleId"): style for style in document.styles.element.iter(f"{W}style")}
        self._formats = _formats(document)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)

    def heading(self, paragraph: Any) -> int:
        """Return the level of a heading, 0 for other paragraphs."""
        for style in self._chain(paragraph):
            name = style.find(f"{W}name")
            shown = name.get(VALUE, "") if name is not None else ""
            if shown.casefold() == "title":
                return 1
            if (match := HEADING.search(shown)) is not None:
                return int(match[1])
        return 0

    def label(self, paragraph: Any) -> str:
        """Return the list number that Word draws before a paragraph: `३)`, `b)`, `•`, or nothing."""
        found = paragraph.find(f"{W}pPr/{W}numPr")
        if found is None:
            found = next(
                (mark for style in self._chain(paragraph) if (mark := style.find(f"{W}pPr/{W}numPr")) is not None), None
            )
        identity = found.find(f"{W}numId") if found is not None else None
        if found is None or identity is None or identity.get(VALUE) in (None, "0"):
            return ""
        depth = found.find(f"{W}ilvl")
        level = int(depth.get(VALUE, "0")) if depth is not None and depth.get(VALUE, "0").isdecimal() else 0
        key = identity.get(VALUE)
        kind, start = self._formats.get((key, level), ("decimal", 1))
        counts = self._counts[key]
        counts[level] = counts.get(level, start - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        return _shown(kind, counts[level])

    def _chain(self, paragraph: Any) -> list[Any]:
        """Return the paragraph's style and those that it is based on."""
        mark = paragraph.find(f"{W}pPr/{W}pStyle")
        chain: list[Any] = []
        while mark is not None and len(chain) < MAX_DEPTH:
            style = self._styles.get(mark.get(VALUE))
            if style is None:
                break
            chain.append(style)
            mark = style.find(f"{W}basedOn")
        return chain


def _formats(document: Any) -> dict[tuple[str, int], tuple[str, int]]:
    """Return the format and first number of each level of each list."""
    part = next((rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/numbering")), None)
    if part is None:
        return {}
    root = part.element
    abstract = {kind.get(f"{W}abstractNumId"): kind for kind in root.iterchildren(f"{W}abstractNum")}
    found: dict[tuple[str, int], tuple[str, int]] = {}
    for number in root.iterchildren(f"{W}num"):
        named = number.find(f"{W}abstractNumId")
        kind = abstract.get(named.get(VALUE)) if named is not None else None
        for level in kind.iterchildren(f"{W}lvl") if kind is not None else ():
            form, start = level.find(f"{W}numFmt"), level.find(f"{W}start")
            depth, first = level.get(f"{W}ilvl", "0"), start.get(VALUE, "1") if start is not None else "1"
            if depth.isdecimal():
                shown = form.get(VALUE, "decimal") if form is not None else "decimal"
                found[number.get(f"{W}numId"), int(depth)] = (shown, int(first) if first.isdecimal() else 1)
    return found


def _shown(kind: str, number: int) -> str:
    if kind in ("bullet", "none"):
        return "•" if kind == "bullet" else ""
    if kind in ("lowerLetter", "upperLetter") and number <= 26:
        letter = chr(ord("a") + number - 1)
        return f"({letter if kind == 'lowerLetter' else letter.upper()})"
    if kind.startswith("hindi"):
        return f"{str(number).translate(DEVANAGARI)})"
    return f"{number})"
