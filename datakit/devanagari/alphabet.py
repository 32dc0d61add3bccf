"""Classes of Devanagari code points, as the insides of a regex bracket; the tables name them `<C>`, `<M>`, …

Ranges are those of the Unicode block U+0900–097F; the same text works in `re` and in the Rust engine of polars.
"""

import re
import unicodedata
from typing import Final

CLASSES: Final = {
    "C": r"\u0915-\u0939\u0958-\u095F\u0978-\u097F",  # consonants, ऱ ऩ ऴ among them
    "V": r"\u0904-\u0914\u0960\u0961\u0972-\u0977",  # independent vowels
    "V-A": r"\u0906-\u0914\u0960\u0961\u0972-\u0977",  # the same without अ (and ऄ)
    "M": r"\u093A\u093B\u093E-\u094C\u094E\u094F\u0955-\u0957\u0962\u0963",  # dependent vowel signs
    "B": r"\u0900-\u0902",  # candrabindu, inverted candrabindu, anusvara
    "D": r"\u0900-\u0963\u0971-\u097F",  # any letter or sign: no danda, digit or ॰
    "ANY": r"\u0900-\u097F",  # the block
}

DEVANAGARI: Final = re.compile("[ऀ-ॿ]")


def expand(pattern: str) -> str:
    """Replace the class names of a pattern by their ranges."""
    for name, ranges in CLASSES.items():
        pattern = pattern.replace(f"<{name}>", ranges)
    return pattern


def visible(text: str) -> str:
    """Name every code point of a text: `र्` becomes `U+0930 U+094D`; the empty text `nothing`."""
    return " ".join(f"U+{ord(char):04X}" for char in text) or "nothing"


def short_name(char: str) -> str:
    """Return code point and Unicode name without the block's prefix, such as `U+0930 LETTER RA`."""
    name = unicodedata.name(char, f"CONTROL-{ord(char):04X}")
    return f"U+{ord(char):04X} {name.removeprefix('DEVANAGARI ')}"
