"""The dedup key: texts with one key say the same thing in other code points, digits, nasals or punctuation.

It is never shown and never trained on. What it must not do is as important: दऱ्या (valleys) ≠ दर्या (sea), टिळक ≠ टिलक,
१.५ ≠ १५. A text of signs alone has the empty key, which is no evidence of anything: treat it as "no key".
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
import regex

from datakit.devanagari.code_units import Positions, Units, characters, code_units, cuts, look_up
from datakit.devanagari.column import normalize_series
from datakit.devanagari.engine import normalize

_ONE_FOR_ONE: Final = {
    "\ufe0e": "", "\ufe0f": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",  # invisible
    "\u093c": "", "ऩ": "न", "ऴ": "ळ",  # nukta; ऱ stays, it is a letter of its own
    "ऍ": "ॲ",  # keyboards differ: mr-inscript2 types ॲ, mr-phonetic ऍ
    "ँ": "ं",
    **{chr(0x966 + n): str(n) for n in range(10)},  # collation for mr treats १६७४ as 1674
}  # fmt: skip
_CLASS_NASALS: Final = {"ङ": "कखगघ", "ञ": "चछजझ", "ण": "टठडढ", "न": "तथदध", "म": "पफबभ"}
_PAIRS: Final = {
    **{f"{nasal}्{stop}": f"ं{stop}" for nasal, stops in _CLASS_NASALS.items() for stop in stops},  # हिन्दुस्थान, हिंदुस्थान
    "र्ऋ": "रृ",  # नैर्ऋत्य, नैरृत्य
}

# Private-use marks: a digit run opens with OPEN (GROUP if it has 2 or 3 digits) and ends with CLOSE. The marks make
# each step free of lookaround, so that Python and polars run the very same patterns.
_OPEN, _GROUP, _CLOSE = "\ue000", "\ue001", "\ue002"
_STEPS: Final = (
    (f"[{_OPEN}{_GROUP}{_CLOSE}~]", " "),  # the text's own are punctuation like any other
    ("[0-9]+", f"{_OPEN}$0{_CLOSE}"),
    (f"{_OPEN}([0-9]{{2,3}}){_CLOSE}", f"{_GROUP}$1{_CLOSE}"),
    (f"{_CLOSE},{_GROUP}", ""),  # १,२३,४५६ = 123456
    (rf"{_CLOSE}[^\p{{L}}\p{{M}}\p{{N}}{_OPEN}{_GROUP}]*[{_OPEN}{_GROUP}]", "~"),  # १.५ ≠ १५, १०:३० = १०.३०
    (r"[^\p{L}\p{M}\p{N}~]", ""),
)
_PYTHON_STEPS: Final = [
    (regex.compile(pattern), to.replace("$0", r"\g<0>").replace("$1", r"\g<1>")) for pattern, to in _STEPS
]

# Text of these characters alone is its own NFKC once the folds are done, and lower case is its case fold.
_PLAIN: Final = (
    r"^[\t\n\u0020-\u007E\u0900-\u0950\u0955-\u0957\u0960-\u097F"
    r"\u200B-\u200D\u2013\u2014\u2018\u2019\u201C\u201D\u2022\u20B9]*$"
)
_GONE, _STRANGE, _SIGN, _COMMA, _END = 1, 2, 0x20, 0x2C, 0xFFFF
"""Units that are no letter, mark or digit; those lie between the last two."""


def dedup_key(text: str) -> str:
    """Fold a text to its dedup key: the letters, marks and digits of the normalized text, `~` between two numbers."""
    return _fold(normalize(text))


def dedup_keys(series: pl.Series, *, normalized: bool = False) -> pl.Series:
    """Fold each text of a string column to its dedup key; null stays null. Equal to `dedup_key` row by row.

    `normalized`: the texts are what `normalize_series` returns, so that it need not be called again.
    """
    texts = series if normalized else normalize_series(series)
    keys, strange = folded_units(texts)
    if len(strange):
        keys = keys.scatter(strange, [_fold(text) for text in texts.gather(strange)])
    return keys.set(series.is_null(), None).alias(series.name)


def folded_units(texts: pl.Series) -> tuple[pl.Series, Positions]:
    """Return the keys of a column of normalized texts, and the rows whose key is not found so: those beyond PLAIN."""
    units, begins = code_units(texts)
    keys: list[str] = []
    strange = [_NONE]
    for first, last in pairwise(cuts(begins, len(units), _CHUNK)):
        start, end = (int(begins[row]) if row < len(begins) else len(units) for row in (first, last))
        rows = _folded(units[start:end], begins[first:last] - start, keys)
        strange.append(rows + first)
    return pl.Series(keys, dtype=pl.String), np.concatenate(strange)


_NONE: Final = np.empty(0, dtype=np.int64)
_CHUNK: Final = 2**17  # units at a time, whole texts: what is made of them stays in a core's own cache


def _folded(units: Units, begins: Positions, keys: list[str]) -> Positions:
    """Add the keys of some texts, and return the rows beyond PLAIN."""
    folded = look_up(_folds(), units)
    ends = np.append(begins, len(units))[1:] - 1
    folded[ends] = _END
    rare = np.flatnonzero(folded <= _STRANGE)
    strange = rare[folded[rare] == _STRANGE]
    rows = np.unique(np.searchsorted(begins, strange, side="right") - 1)
    for begin, end in zip(begins[rows].tolist(), ends[rows].tolist(), strict=True):
        folded[begin:end] = _SIGN
    if len(rare) > len(strange):
        folded = folded[folded != _GONE]
    _fold_nasals(folded)
    _part_numbers(folded)
    said = np.compress(folded > _COMMA, folded)
    keys += said.tobytes().decode("utf-16-le").split(chr(_END))[:-1]
    return rows


@cache
def _folds() -> Units:
    """Say of each code unit what it is in a key: a letter, mark or digit, or one of the first four units above."""
    codes, chars = characters()
    plain = chars.str.contains(_PLAIN).to_numpy()
    said = chars.str.contains(r"[\p{L}\p{M}\p{N}]").to_numpy()
    folds = np.full(2**16, _STRANGE, dtype=np.uint16)
    for code, char, is_said in zip(codes[plain], chars.filter(plain), said[plain], strict=True):
        one = _ONE_FOR_ONE.get(char, char).lower()
        folds[code] = (ord(one) if is_said else _SIGN) if one else _GONE
    folds[ord(",")] = _COMMA
    return folds


def _fold_nasals(units: Units) -> None:
    """Write anusvara for a nasal before a stop of its class, and नैरृ for नैर्ऋ; what goes is marked _GONE."""
    at = np.flatnonzero(units[1:-1] == ord("्")) + 1
    before = np.take(_CLASS_OF_NASAL, units[at - 1])
    may = np.flatnonzero(before)
    nasal = at[may[np.take(_CLASS_OF_STOP, units[at[may] + 1]) == before[may]]]
    units[nasal - 1] = ord("ं")
    vowel = at[(units[at - 1] == ord("र")) & (units[at + 1] == ord("ऋ"))]
    units[vowel + 1] = ord("ृ")
    units[nasal] = units[vowel] = _GONE


def _classes(letters: Iterable[str]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    found = np.zeros(2**16, dtype=np.uint8)
    for number, members in enumerate(letters, 1):
        found[[ord(letter) for letter in members]] = number
    return found


_CLASS_OF_NASAL: Final = _classes(_CLASS_NASALS)
_CLASS_OF_STOP: Final = _classes(_CLASS_NASALS.values())


def _part_numbers(units: Units) -> None:
    """Write `~` for what is between two numbers, but for the comma before two or three digits."""
    digit = units - np.uint16(ord("0")) < 10  # below 0 it is more than 9
    edges = np.flatnonzero(digit[1:] != digit[:-1]) + 1  # a column ends in no digit, and may begin with one
    if len(digit) and digit[0]:
        edges = np.append(0, edges)
    starts, ends = edges[::2], edges[1::2]
    gaps, after, lengths = ends[:-1], starts[1:], (ends - starts)[1:]
    if not len(gaps):
        return
    said = (units > _COMMA).view(np.uint8)
    parted = np.bitwise_or.reduceat(said, np.column_stack([gaps, after]).ravel())[::2] == 0
    grouped = (after - gaps == 1) & (units[gaps] == _COMMA) & (lengths >= 2) & (lengths <= 3)
    units[gaps[parted & ~grouped]] = ord("~")


def _fold(text: str) -> str:
    for table in (_ONE_FOR_ONE, _PAIRS):
        for old, new in table.items():
            text = text.replace(old, new)
    text = unicodedata.normalize("NFKC", text).casefold()
    for pattern, to in _PYTHON_STEPS:
        text = pattern.sub(to, text)
    return text
