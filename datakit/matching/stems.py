"""Stems: what is left of a Marathi word without its case endings, and the table of endings that says so.

The stemmer need not be right in linguistics, only equal for the forms of one word and different for different words.
Each distinct word of a corpus passes here once, so words are cut by dict look-ups and no pattern is run over them.
"""

import re
from functools import cache
from typing import Final, NamedTuple

import polars as pl

from datakit.matching.word_tables import listed, rows
from datakit.screening.known_words import known_words

FOLDED: Final = {
    **{chr(0x0966 + n): str(n) for n in range(10)},
    "\u0929": "न",
    "\u0934": "ळ",
    "\u090d": "ॲ",
    "\u0901": "ं",
    "\u200c": "",
    "\u200d": "",
    "\u093c": "",
    ",": "",
}
SKELETONS: Final = {"ी": "ि", "ू": "ु", "ई": "इ", "ऊ": "उ", "ष": "श", "ः": ""}
STOPS: Final = {"ङ": "कखगघ", "ञ": "चछजझ", "ण": "टठडढ", "न": "तथदध", "म": "पफबभ"}
_NASAL_PAIRS: Final = [f"{nasal}्{stop}" for nasal, stops in STOPS.items() for stop in stops]

_FOLD: Final = str.maketrans(FOLDED)
_SKELETON: Final = str.maketrans(SKELETONS)
_HOMORGANIC = re.compile("|".join(f"{nasal}्(?=[{stops}])" for nasal, stops in STOPS.items()))
_MARATHI: Final = "^[0-9A-Za-z,\u0900-\u097f\u200c\u200d]*$"
SIGNS: Final = frozenset("ािीुूृॅेैॉोौ")
_OPENING: Final = SIGNS | frozenset("अआइईउऊऋएऐओऔऑॲ")
LETTERS: Final = frozenset(
    chr(code) for first, last in ((0x904, 0x939), (0x958, 0x961), (0x972, 0x972)) for code in range(first, last + 1)
) | frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
OBLIQUE: Final = frozenset("ाेो")
MOST_ENDINGS: Final = 3  # घरा-त-ल्या-ला; four in a row is no word of the legislature's rows


def fold(word: str) -> str:
    """Fold one word as the dedup key does: digits ASCII, nasals to anusvara, joiners and nukta dropped, lower case."""
    word = word.replace("र्\u200d", "ऱ्").translate(_FOLD)
    if "्" in word:
        word = _HOMORGANIC.sub("ं", word)
    return word.casefold()


def skeleton(word: str) -> str:
    """Drop what people spell both ways: length of i and u, ष for श, a silent visarga."""
    return word.translate(_SKELETON)


def folded(words: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return a column of words folded, and the skeletons of that; equal to `fold` and `skeleton` word by word."""
    marathi = words.str.contains(_MARATHI)
    surfaces = words.str.replace_all("र्\u200d", "ऱ्", literal=True)
    surfaces = surfaces.str.replace_many(list(FOLDED), list(FOLDED.values()))
    surfaces = surfaces.str.replace_many(_NASAL_PAIRS, [f"ं{pair[-1]}" for pair in _NASAL_PAIRS]).str.to_lowercase()
    if not marathi.all():  # a casefold is more than lower case beyond ASCII
        other = (~marathi).arg_true()
        surfaces = surfaces.scatter(other, [fold(word) for word in words.gather(other)])
    return surfaces, skeletons(surfaces)


def skeletons(words: pl.Series) -> pl.Series:
    """Return the skeletons of a column of words."""
    return words.str.replace_many(list(SKELETONS), list(SKELETONS.values()))


class Ending(NamedTuple):
    """What one ending says: the case it is first listed under, and how much of a word it takes off."""

    case: str
    cut: int
    """Code points to take off; an ending that begins with a vowel leaves that, the oblique."""


Endings = dict[str, "Endings | Ending"]
"""Endings read from their last code point: each step one level down; `""` leads to the ending that is whole there."""


@cache
def _endings() -> tuple[Endings, Endings]:
    """Return the trees of `endings_by_place`."""
    every, inner = endings_by_place()
    return _tree(every), _tree(inner)


def _tree(endings: dict[str, Ending]) -> Endings:
    tree: Endings = {}
    for ending, entry in endings.items():
        level = tree
        for char in reversed(ending):
            level = level.setdefault(char, {})  # type: ignore[assignment]  # "" alone leads to an Ending
        level[""] = entry
    return tree


@cache
def endings_by_place() -> tuple[dict[str, Ending], dict[str, Ending]]:
    """Return all endings, and those that may stand before another; of two cases of one ending the first listed."""
    every: dict[str, Ending] = {}
    inner: dict[str, Ending] = {}
    for case, endings in rows("suffixes"):
        for ending in endings.split():
            for found in (every, inner) if _inner(ending, case) else (every,):
                found.setdefault(ending, Ending(case, len(ending) - (ending[0] in _OPENING)))
    return every, inner


_INNER: Final = frozenset({"loc", "abl", "till", "for", "with", "about", "other"})
"""Cases that may stand before another ending (घरा-त-ला, किल्ल्या-वर-चा); the ला of राज्यपाला-ची is no dative."""


def _inner(ending: str, case: str) -> bool:
    return case in _INNER or (case == "verb" and len(ending) > 2)  # केलेल्या-चा, not the ला of राज्यपाला-ची


@cache
def protected() -> frozenset[str]:
    """Roots that no ending may be taken from, nor a vowel but their last."""
    words = set(listed("protected"))
    for table, key in (("names", "name"), ("synonyms", None)):
        words |= {word for row in rows(table) if key in (None, row[0]) for word in row[1].split()}
    return frozenset(root for word in words for root in (fold(word), fold(word).rstrip("ाेो")))


@cache
def _protected_heads() -> frozenset[str]:
    """How protected roots begin, by three code points: most words begin otherwise and need no further look."""
    return frozenset(word[:3] for word in protected())


def _maybe_protected(word: str) -> bool:
    """Tell whether some root of a word may be protected: it begins as the word does, but that ऱ may become र."""
    heads = _protected_heads()
    return word[:3] in heads or word[:2] in heads or word[:1] in heads or "ऱ" in word


def strip(word: str) -> tuple[str, str, str]:
    """Take off case endings, at most three, outermost first; return what is left, the outermost case, and its root."""
    tree, inner = _endings()
    kept: frozenset[str] = protected() if _maybe_protected(word) else frozenset()
    case, base = "", root(word)
    for _ in range(MOST_ENDINGS):
        if word[-1:] not in tree or base in kept or word in kept:
            break
        best = None
        for ending in _matching(word, tree):
            left = word[: len(word) - ending.cut]
            if left[-1:] == "्" or not _two_letters(left):
                continue
            left_base = root(left)
            if best is None or left_base in kept:
                best = left, case or ending.case, left_base
            if not kept or left_base in kept:
                break
        if best is None:
            break
        word, case, base = best
        tree = inner
    return word, case, base


def _matching(word: str, tree: Endings) -> list[Ending]:
    """Return the endings a word has, longest first."""
    found: list[Ending] = []
    level = tree
    for char in reversed(word):
        if char not in level:
            break
        level = level[char]  # type: ignore[assignment]
        if "" in level:
            found.append(level[""])  # type: ignore[arg-type]
    found.reverse()
    return found


def _two_letters(word: str) -> bool:
    found = 0
    for char in word:
        if char in LETTERS:
            found += 1
            if found == 2:
                return True
    return False


def root(word: str) -> str:
    """Undo the oblique: `किल्ल्या` and `किल्ला` give `किल्ल`. `र्या` is no oblique (that is `ऱ्या`): दर्या stays."""
    last = word[-1:]
    if last == "ं" and len(word) > 3:
        word = word[:-1]
        last = word[-1]
    if last not in OBLIQUE:
        return word
    if word.endswith("्या") and len(word) > 4 and (word[-4] != "र" or word[-5] == "्") and not keeps_ya(word[:-1]):
        return word[:-3].replace("ऱ", "र")  # सातारा, साताऱ्यात
    return word[:-1]


def keeps_ya(word: str) -> bool:
    """Tell whether a word in -्य is one itself (कर्तव्य), by the word list; किल्ल्य, of किल्ला, is none."""
    counts = known_words()
    own, base = counts.get(word, 0), word[:-2]
    return own > 0 and own > max(counts.get(base + "ा", 0), counts.get(base + "ी", 0), counts.get(base + "े", 0))


def stem(word: str) -> str:
    """Return the skeleton stem of a folded word: `रायगडावर`, `रायगडाचा` and `रायगड` give one stem."""
    left, _, base = strip(word)
    return skeleton(bare(left, base))


def bare(word: str, base: str) -> str:
    """Drop the oblique and gender vowel of what `strip` left; `-ी` stays, it tells मुलगी from मुलगा."""
    if word.endswith("्या") and word[:-1] in protected():
        return word[:-1]
    return word if base.endswith("्") or len(base) < 2 else base
