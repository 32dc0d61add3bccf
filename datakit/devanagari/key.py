"""The dedup key: two texts with one key say the same thing in other code points, digits or punctuation."""

import polars as pl
import regex

from datakit.devanagari.engine import normalize

_FOLDS = [
    (regex.compile(pattern), to)
    for pattern, to in [
        (r"[\u200B-\u200D\u2060\uFEFF\uFE00-\uFE0F]", ""),
        (r"\u090D", "\u0972"),
        (r"\u0901", "\u0902"),
        (r"ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])", "\u0902"),
        (r"र्ऋ", "रृ"),
        (r"\u093C", ""),
        (r"ऩ", "न"),
        (r"ऴ", "ळ"),
    ]
]
_SEPARATED = regex.compile(r"(?<=\d),(?=\d{2,3}(?!\d))")
_BETWEEN_DIGITS = regex.compile(r"(?<=\d)[^\p{L}\p{M}\p{N}]+(?=\d)")
_NOT_KEPT = regex.compile(r"[^\p{L}\p{M}\p{N}~]|(?<!\d)~|~(?!\d)")
_DIGITS = {0x0966 + n: str(n) for n in range(10)}


def dedup_key(text: str) -> str:
    """Fold a text to its dedup key: letters, marks and digits only. It may be empty (a text of signs alone)."""
    import unicodedata

    folded = normalize(text)
    for pattern, to in _FOLDS:
        folded = pattern.sub(to, folded)
    folded = unicodedata.normalize("NFKC", folded.translate(_DIGITS)).casefold()
    folded = _SEPARATED.sub("", folded.replace("~", ""))
    return _NOT_KEPT.sub("", _BETWEEN_DIGITS.sub("~", folded))


def dedup_keys(series: pl.Series) -> pl.Series:
    """Fold each text of a column to its dedup key; null stays null."""
    return pl.Series(series.name, [None if text is None else dedup_key(text) for text in series], dtype=pl.String)
