"""The dedup key: texts with one key say the same thing in other code points, digits, nasals or punctuation.

It is never shown and never trained on. What it must not do is as important: दऱ्या (valleys) ≠ दर्या (sea), टिळक ≠ टिलक,
१.५ ≠ १५. A text of signs alone has the empty key, which is no evidence of anything: treat it as "no key".
"""

import unicodedata
from typing import Final

import polars as pl
import regex

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


def dedup_key(text: str) -> str:
    """Fold a text to its dedup key: the letters, marks and digits of the normalized text, `~` between two numbers."""
    return _fold(normalize(text))


def dedup_keys(series: pl.Series) -> pl.Series:
    """Fold each text of a string column to its dedup key; null stays null. Equal to `dedup_key` row by row."""
    text = pl.col("text")
    folded = text.str.replace_many(list(_ONE_FOR_ONE), list(_ONE_FOR_ONE.values()))
    folded = folded.str.replace_many(list(_PAIRS), list(_PAIRS.values())).str.to_lowercase()
    for pattern, to in _STEPS:
        folded = folded.str.replace_all(pattern, to)
    frame = pl.DataFrame({"text": normalize_series(series)}).with_columns(text.str.contains(_PLAIN).alias("plain"))
    keys = frame.with_row_index("row").filter("plain").select("row", folded.alias("key"))
    rest = frame.with_row_index("row").filter(~pl.col("plain"))
    slow = pl.DataFrame({"row": rest["row"], "key": pl.Series([_fold(one) for one in rest["text"]], dtype=pl.String)})
    joined = (
        frame.with_row_index("row")
        .select("row")
        .join(pl.concat([keys, slow]), on="row", how="left", maintain_order="left")
    )
    return joined["key"].alias(series.name)


def _fold(text: str) -> str:
    for table in (_ONE_FOR_ONE, _PAIRS):
        for old, new in table.items():
            text = text.replace(old, new)
    text = unicodedata.normalize("NFKC", text).casefold()
    for pattern, to in _PYTHON_STEPS:
        text = pattern.sub(to, text)
    return text
