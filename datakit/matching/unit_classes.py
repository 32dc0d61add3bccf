"""What the code units of a column are, looked up once a batch: where words are, and which texts hold what."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.devanagari.code_units import BETWEEN, characters, code_units, look_up
from datakit.devanagari.recent import Recent
from datakit.matching.letter_tree import I64, U16

OTHER, LETTER, NUMBER, COMMA = range(4)
KIND: Final = 3
"""The bits that say what a unit is to a word."""
HALF: Final = 4
"""One of two units of a character."""
SIGN: Final = 8
"""A sign that changes what a text says wherever it stands."""
HYPHEN: Final = 16
BEFORE_MINUS: Final = 32
"""Behind it a hyphen before a digit is a minus."""
LATIN: Final = 64
BEYOND: Final = 128
"""Not in SAME_WORDS."""

SAME_WORDS: Final = r"^[\x00-\x7F\u00A0\u0900-\u097F\u200B-\u200D\u2010-\u2027\u20B9]*$"
"""Texts of such characters have the same words for `word_spans` and for `lexemes`."""
_SPACE: Final = r"^[\s\x1C-\x1F]$"  # what Python takes for white space
_SIGNS: Final = "+=<>×÷√±^∞≠≤≥"


@dataclass(frozen=True)
class UnitClasses:
    """Code units of a column, each text followed by BETWEEN, with the class of each."""

    units: U16
    begins: I64
    classes: NDArray[np.uint8]
    texts: NDArray[np.uint8]
    """What each text holds: the bits of all its units, beside those of KIND."""


def unit_classes(texts: pl.Series) -> UnitClasses:
    """Classify the units of a column; the last two columns are remembered, and known again by content."""
    return _recent(texts)


def classify(texts: pl.Series) -> UnitClasses:
    """Do the same for a column that nobody else will ask for."""
    units, begins = code_units(texts)
    classes = look_up(_table(), units)
    said = np.bitwise_or.reduceat(classes, begins) if len(begins) else np.empty(0, dtype=np.uint8)
    return UnitClasses(units, begins, classes, said)


_recent: Final = Recent(classify, 2)  # questions and answers of a batch


def same_words(texts: pl.Series) -> NDArray[np.bool_]:
    """Tell which texts are of SAME_WORDS; null is, as it has no words."""
    found: NDArray[np.bool_] = (unit_classes(texts).texts & BEYOND) == 0
    return found


def kinds_of(chars: pl.Series) -> NDArray[np.uint8]:
    """Say of each character what it is to a word, by the Unicode tables of polars."""
    letters = chars.str.contains(r"^[\p{L}\p{M}\x{200C}\x{200D}]$").to_numpy()
    numbers = chars.str.contains(r"^\p{N}$").to_numpy()
    return np.where(letters, LETTER, np.where(numbers, NUMBER, OTHER)).astype(np.uint8)


@cache
def _table() -> NDArray[np.uint8]:
    codes, chars = characters()
    table = np.full(2**16, HALF | BEYOND, dtype=np.uint8)
    table[BETWEEN] = OTHER
    table[codes] = kinds_of(chars)
    table[codes[~chars.str.contains(SAME_WORDS).to_numpy()]] |= BEYOND
    table[ord(",")] = COMMA
    table[[ord(sign) for sign in _SIGNS]] |= SIGN
    table[[ord("-"), ord("−")]] |= HYPHEN
    table[[BETWEEN, ord("("), ord("="), *codes[chars.str.contains(_SPACE).to_numpy()].tolist()]] |= BEFORE_MINUS
    table[[code for code in range(128) if chr(code).isalpha()]] |= LATIN
    return table
