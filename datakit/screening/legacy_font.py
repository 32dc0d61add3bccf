"""Find Marathi written for a font older than Unicode: Latin letters that read as Devanagari in Kruti Dev and its like.

`dmgm{Q>m` is वासोटा, `egkjk"Vª` is महाराष्ट्र. Such text looks like noise in Latin letters, so it is told from English by
its words: codes of frequent Marathi words, signs inside words where English has none, and no English words.
"""

import re
from functools import cache
from typing import Final

import polars as pl

from datakit.screening.phrases import phrases

SUSPECT: Final = (
    r"[A-Za-z][^\sA-Za-z0-9\u0900-\u097F.,:!?()/-]+[A-Za-z]|[A-Za-z>\]}][.;][a-z]|[a-z][A-Z]|[\u00A1-\u00FF]{2}"
)
"""What every legacy font shows: a sign between Latin letters, a capital inside a word, two Latin-1 letters in a row."""

MIN_ODD_SHARE: Final = 0.3
"""Odd words among words in Latin letters: 0.45 to 0.9 in a saved Shree-Lipi PDF, at most 0.12 in English questions."""

MAX_ENGLISH_SHARE: Final = 0.1
"""English function words among them: above 0.25 in English sentences, near 0 in legacy text (`is` may be a code)."""

MIN_KRUTI_LETTERS: Final = 16
MAX_LETTERS: Final = 60
"""A longer run without a space is no word of any font."""

_ENGLISH: Final = frozenset(
    ["the", "of", "and", "in", "is", "to", "was", "for", "by", "with", "which", "what", "who", "when", "where", "how"]
).union(["on", "as", "at", "from", "are", "that", "this", "his", "her", "it", "an", "or", "be", "not"])
_LINK: Final = re.compile(r"://|^www\.|\w@\w|\.(?:com|org|net|in|gov)\b", re.IGNORECASE)
_INSIDE: Final = r"[A-Za-z\u00A1-\u00FF](?:[{}|§$«»¬¥¦©®±µ¶·¸º\[\]\\^~<>\"`‘“ª´]+|;)[A-Za-z\u00A1-\u00FF]"
_DENSE: Final = r"[{}|§$\[\]<>\"`ª´^~]"
_SIGN_INSIDE: Final = re.compile(_INSIDE)
_CAPITAL_INSIDE: Final = re.compile(r"[a-z][A-Z][a-z]|[a-z]{2}[A-Z]$")
_LATIN_1: Final = re.compile(r"[\u00A1-\u00FF]")
_LATIN: Final = re.compile(r"[A-Za-z\u00A1-\u00FF]")


def legacy_font(text: str) -> tuple[str, float] | None:
    """Return up to three words that show a legacy font, and which part of all words they and their like are, 0 to 1.

    None for text that shows none. Only words with Latin letters are judged; Devanagari words count in the share, so
    that a stray page footer in a long Marathi answer can be told from an answer that is lost.
    """
    all_words = text.split()
    words = [
        word.strip(".,:!?()'’-")
        for word in all_words
        if len(word) <= MAX_LETTERS and _LATIN.search(word) and not _LINK.search(word)
    ]
    if not words or sum(word.lower() in _ENGLISH for word in words) / len(words) > MAX_ENGLISH_SHARE:
        return None
    codes = [word for word in words if word in _codes()]
    signs = [word for word in words if len(word) > 3 and _SIGN_INSIDE.search(word)]  # a<b is a formula
    capitals = [word for word in words if _CAPITAL_INSIDE.search(word)]
    odd = list(dict.fromkeys([*codes, *signs, *capitals, *(word for word in words if _is_latin_1(word))]))
    kruti = _is_kruti_dev("".join(words))
    share = len(odd) / len(set(words))
    several = len(set(signs)) > (1 if share >= 0.5 else 2) or (len(signs) > 0 and len(odd) > 4)
    odd_enough = share >= MIN_ODD_SHARE and (len(codes) > 0 or several or any(_is_dense(word) for word in words))
    if not (kruti or len(set(codes)) > 1 or odd_enough):
        return None
    return " ".join((odd or words)[:3]), len(words) / len(all_words)


def _is_kruti_dev(letters: str) -> bool:
    """Return whether letters are spread as Kruti Dev spreads them: k stands for ा, and English vowels are consonants.

    k makes up 12 to 22 % of Marathi in Kruti Dev, 1 % of English, 6 % of romanised Marathi, which is half vowels.
    """
    latin = re.sub("[^a-z]", "", letters)
    if len(latin) < MIN_KRUTI_LETTERS:
        return False
    return latin.count("k") >= 0.12 * len(latin) and sum(map(latin.count, "aeiou")) <= 0.25 * len(latin)


def _is_dense(word: str) -> bool:
    """Return whether one word is sure evidence: two different signs between its letters, or mostly Latin-1 letters."""
    inside = set(re.findall(rf"(?<=\w){_DENSE}(?=\w|[<>$]|$)", word))
    return len(inside) > 1 or _is_latin_1(word)


def _is_latin_1(word: str) -> bool:
    """Return whether Latin-1 letters make up most of a word, as in the DV-TT fonts (`ÊòÉ`), never in French."""
    return len(word) > 2 and len(_LATIN_1.findall(word)) > len(word) / 2


def may_show_one(texts: pl.Series) -> pl.Series:
    """Tell in which texts `legacy_font` may find anything, as it does in no other; null stays null.

    Each has a sign between letters, a Latin-1 letter, two signs in a word, two times k or a code of a frequent word.
    Names and addresses, as one question in five of short documents has them, are told so at a tenth of the cost.
    """
    return texts.str.contains(_EVIDENCE) | texts.str.contains("|".join(map(re.escape, sorted(_codes()))))


_EVIDENCE: Final = rf"{_INSIDE}|[\u00A1-\u00FF]|{_DENSE}\S*{_DENSE}|(?s:k.*k)"  # with the codes it takes thrice as long


@cache
def _codes() -> frozenset[str]:
    """Return the codes of frequent words in all fonts, less the signs that punctuation stripping takes away."""
    return frozenset(code.strip(".,:!?()'’-") for font in phrases("legacy_fonts").values() for code in font)
