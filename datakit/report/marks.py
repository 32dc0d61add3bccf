"""Raw text made safe to show: markup is escaped, and what cannot be seen becomes a label with its code point."""

import unicodedata
from typing import Final

import regex
from markupsafe import Markup, escape

from datakit.lineage import INVISIBLE

_PILE: Final = r"(?<=\p{M}{6})\p{M}+"
"""Marks after the sixth on one letter: no word has them, and browsers draw them as one piece as wide as they like. (The
longest real pile here is four: nukta, vowel sign, anusvara, accent.)"""

_LABELLED: Final = regex.compile(rf"(?P<same>{INVISIBLE.pattern})(?P=same)*|{_PILE}")
_SHORT: Final = {
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200b": "ZWSP",
    "\u00a0": "NBSP",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
}


def shown(text: object) -> Markup:
    """Return text as HTML: nothing in it is markup, nothing in it is invisible, nothing turns its surroundings."""
    pieces: list[Markup] = []
    done = 0
    plain = str(text)
    if not _LABELLED.search(plain):  # as most: a page has thousands of pieces
        return escape(plain)
    for match in _LABELLED.finditer(plain):
        pieces += [escape(plain[done : match.start()]), _label(match)]
        done = match.end()
    pieces.append(escape(plain[done:]))
    return Markup("").join(pieces)


def readable(text: object) -> str:
    """Return text for a form without markup: what is invisible stands as `⟨U+200D⟩`."""
    return _LABELLED.sub(_bracketed, str(text))


def code_points(text: str) -> str:
    """Name every code point of a short text: `U+0930 RA, U+094D VIRAMA`; nothing for the empty text."""
    return ", ".join(f"{code_point(char)} {_name(char)}" for char in text) or "nothing"


def code_point(char: str) -> str:
    """Return `U+200D`."""
    return f"U+{ord(char):04X}"


def _name(char: str) -> str:
    name = unicodedata.name(char, "control" if unicodedata.category(char) == "Cc" else "private use or unassigned")
    for words in ("DEVANAGARI ", "LETTER ", "SIGN "):
        name = name.removeprefix(words)
    return name.lower() if name.isupper() else name


def _label(match: regex.Match[str]) -> Markup:
    char, times = match["same"], _times(match)
    if char is None:
        return Markup('<span class="cp" title="combining marks">{}</span>').format(times)
    title = f"{code_point(char)} {_name(char)}"
    return Markup('<span class="cp" title="{}">{}{}</span>').format(title, _SHORT.get(char, code_point(char)), times)


def _bracketed(match: regex.Match[str]) -> str:
    char = match["same"]
    return f"⟨{'' if char is None else code_point(char)}{_times(match)}⟩"


def _times(match: regex.Match[str]) -> str:
    length = len(match[0])
    if match["same"] is None:
        return f"+{length} marks"
    return f" ×{length}" if length > 1 else ""
