"""Writing systems: which script a character belongs to, and how a text is turned into an array of characters.

Source of the block ranges: Unicode 16.0, Blocks.txt.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint16]

END: Final = "\uffff"
"""Closes each text in the joined array: a noncharacter, which no text may contain."""

SCRIPTS: Final = (
    ("Devanagari", 0x0900, 0x097F), ("Latin", 0x0041, 0x024F), ("Bengali", 0x0980, 0x09FF),
    ("Gurmukhi", 0x0A00, 0x0A7F), ("Gujarati", 0x0A80, 0x0AFF), ("Oriya", 0x0B00, 0x0B7F), ("Tamil", 0x0B80, 0x0BFF),
    ("Telugu", 0x0C00, 0x0C7F), ("Kannada", 0x0C80, 0x0CFF), ("Malayalam", 0x0D00, 0x0D7F), ("other", 0x0250, 0xFFFE),
)  # fmt: skip
"""Scripts a text may be counted in; a letter or mark belongs to the first range that holds it."""

DEVANAGARI, LATIN = 1, 2
"""Numbers of these scripts in the tables below; 0 is no letter at all."""

SCRIPT_LABELS: Final = ("", "", "", "ben", "pan", "guj", "ory", "tam", "tel", "kan", "mal", "und")
"""What a text in a script other than Devanagari and Latin is called, by script number: its main language."""


@cache
def script_table() -> NDArray[np.uint8]:
    """Return the script number of each of the 65,536 characters of the basic plane; 0 where it is no letter or mark."""
    table = np.zeros(0x10000, np.uint8)
    for number, (_, first, last) in reversed(list(enumerate(SCRIPTS, start=1))):
        table[first : last + 1] = number
    classes = "".join(map(unicodedata.category, map(chr, range(0x10000))))[::2]  # the first of two letters each
    return table * np.isin(np.frombuffer(classes.encode(), dtype=np.uint8), list(b"LM"))


@cache
def fold_table() -> NDArray[np.uint16]:
    """Return what each character counts as: letters of Devanagari and Latin (small) as themselves, the rest as 0.

    Joiners (U+200C, U+200D) become 1: they are taken out, for fonts and keyboards scatter them.
    """
    table = np.zeros(0x10000, np.uint16)
    scripts = script_table()
    for code in np.flatnonzero((scripts == DEVANAGARI) | (scripts == LATIN)):
        lower = chr(code).lower()
        table[code] = ord(lower) if len(lower) == 1 else code
    table[[0x200C, 0x200D]] = 1
    return table


def code_points(texts: Sequence[str], *, max_chars: int) -> Codes:
    """Return the characters of all texts in one array, each text NFC, cut to `max_chars` and closed by END.

    Lone surrogates pass; characters beyond the basic plane become 0 (none of them matters here).
    """
    cut = [text[:max_chars] for text in texts]
    joined = END.join(cut)
    if joined.count(END) != max(len(cut) - 1, 0):
        cut = [text.replace(END, " ") for text in cut]
        joined = END.join(cut)
    codes = _codes(joined + END)
    odd = np.flatnonzero(_composing_table().take(codes))
    if len(odd):
        # A few texts in a hundred: to compose all of them takes longer than everything else done to them here.
        ends = np.cumsum([len(text) + 1 for text in cut])
        numbers = np.unique(np.searchsorted(ends, odd, side="right")).tolist()
        apart = [number for number in numbers if not unicodedata.is_normalized("NFC", cut[number])]
        for number in apart:
            cut[number] = unicodedata.normalize("NFC", cut[number])
        if apart:  # what the normalize stage has been over is composed
            codes = _codes(END.join(cut) + END)
    return codes


def _codes(text: str) -> Codes:
    data = text.encode("utf-16-le", "surrogatepass")
    if len(data) == 2 * len(text):
        return np.frombuffer(data, dtype="<u2")
    wide = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return np.where(wide > 0xFFFF, 0, wide).astype(np.uint16)


@cache
def _composing_table() -> NDArray[np.bool_]:
    """Return which characters NFC may change or join to a letter that matters here; Marathi text has few of them."""
    table = np.zeros(0x10000, np.bool_)
    for code in (*range(0x0300, 0x0370), *range(0x0900, 0x0980), *range(0x1E00, 0x1F00), *range(0x2000, 0x2200)):
        char = chr(code)
        table[code] = unicodedata.normalize("NFC", char) != char or unicodedata.combining(char) not in (0, 9)
    return table
