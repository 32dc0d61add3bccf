"""Lexemes: each word of a Marathi text with its stem, its case and what it does in a question or an answer.

Dedup keys say whether two texts are equal; they hold no spaces, so they cannot say *where* two texts differ. Near
duplicates, conflicts and paraphrased questions are judged word by word, with the stems of `stems.py`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from datakit.matching.derived import misspelt
from datakit.matching.stems import bare, fold, root, skeleton, stem, strip
from datakit.matching.word_tables import rows
from datakit.screening.known_words import known_words

__all__ = [
    "CONTENT_DROPPED",
    "FIXED",
    "WORD_PATTERN",
    "Lexeme",
    "analyse",
    "content",
    "fold",
    "forms_of",
    "is_person_name",
    "is_place_name",
    "lexeme",
    "lexemes",
    "parse",
    "plural_free",
    "skeleton",
    "stem",
    "table_stems",
]

WORD_PATTERN: Final = r"\p{N}+(?:,\p{N}{2,3})*|[\p{L}\p{M}\x{200C}\x{200D}]+"
"""A word as polars and the Rust regex engine read it: digits (with Indian grouping commas), or letters with marks."""

_WORD = re.compile(
    r"[0-9०-९]+(?:,[0-9०-९]{2,3})*|(?:[^\W\d_]|[\u0900-\u0903\u093A-\u094F\u0951-\u0957\u0962\u0963\u200C\u200D])+"
)
_ATTESTED: Final = 3  # times in the word list; what stands there once or twice may be a misprint itself
_MEMO_SIZE: Final = 100_000  # distinct words, 0.5 kB each: only texts of candidate pairs are asked for


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One word: `surface` folded, `stem` in skeleton spelling, `case` of its ending, `kind` and further `roles`."""

    surface: str
    stem: str
    case: str
    kind: str  # number function tense light negation question value honorific weak filler name word
    roles: frozenset[str]


@cache
def table() -> dict[str, tuple[str, frozenset[str], str]]:
    """Surface → (kind, roles, stem): the first row that names a word gives its kind, all rows give roles."""
    found: dict[str, tuple[str, frozenset[str], str]] = {}
    entries = [(row[0], row[1], word) for row in rows("words") for word in row[2].split()]
    entries += [("number", row[0], word) for row in rows("numbers") for word in row[1].split()]
    entries += [
        ("number", row[0], form) for row in rows("numbers") for word in row[1].split() for form in _ordinals(word)
    ]
    entries += [("value", f"×{row[0]}", word) for row in rows("scales") for word in row[1].split()]
    entries += [("word", row[0], word) for row in rows("synonyms") for word in row[1].split()]
    entries += [("name", "-", word) for row in rows("names") if row[0] == "name" for word in row[1].split()]
    for kind, form, word in entries:
        surface = fold(word)
        if kind in _ROLES:
            continue
        own = stem(surface) if form == "-" else stem(fold(form)) if kind == "word" else skeleton(fold(form))
        first = found.get(surface)
        if first is None:
            found[surface] = (kind, frozenset({kind}), own)
        else:
            synonym = kind == "word" and first[0] == "light"
            found[surface] = ("word" if synonym else first[0], first[1] | {kind}, own if synonym else first[2])
    return found


_ROLES: Final = frozenset({"time", "place", "person"})


@cache
def _roles() -> dict[str, frozenset[str]]:
    """Stem → roles of the words that turn कोणता into a question of time, place or person."""
    found: dict[str, frozenset[str]] = {}
    for row in rows("words"):
        if row[0] in _ROLES:
            for word in row[2].split():
                own = stem(fold(word))
                found[own] = found.get(own, frozenset()) | {row[0]}
    return found


def _ordinals(word: str) -> list[str]:
    return [word + ending for ending in ("वा", "वी", "वे", "व्या", "ही", "न्ही", "ांनी")]


@cache
def misprints() -> dict[str, tuple[str, frozenset[str], str]]:
    """Skeleton of a question word, negation or is/was with one slip → its entry, as far as no known word is spelt so.

    These words must be equal in near duplicates, so a slip in one of them has to be seen through here.
    """
    entries = table()
    found = {skeleton(word): entry for word, entry in reversed(entries.items()) if len(word) > 2}
    for word, variants in misspelt().items():
        found.update(dict.fromkeys(variants, entries[word]))
    return found


@cache
def _by_stem() -> dict[str, tuple[str, frozenset[str], str]]:
    """The same table by stem, for inflected forms it does not spell out; function words only match whole."""
    whole_only = {"function", "tense", "number", "question", "negation"}
    return {
        stem(word): entry for word, entry in reversed(table().items()) if entry[0] not in whole_only and len(word) > 2
    }


@cache
def stems_in_tables() -> frozenset[str]:
    """Return the stems by which a word that is not listed as it stands may still be one of the tables."""
    return frozenset(_by_stem()) | frozenset(_roles())


@cache
def name_endings() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return how names of places end, and how those of people do."""
    places = tuple(skeleton(fold(w)) for row in rows("names") if row[0] == "ending" for w in row[1].split())
    people = tuple(skeleton(fold(w)) for row in rows("names") if row[0] == "person" for w in row[1].split())
    return places, people


@cache
def _all_name_endings() -> tuple[str, ...]:
    places, people = name_endings()
    return places + people


LONGER: Final = (2, 3)
"""Code points that a name of a place, or of a person, has at least before its ending."""


def is_place_name(root: str) -> bool:
    """Tell whether a stem ends as place names do: -गड, -पूर, -गाव."""
    places, _ = name_endings()
    fits = (ending for ending in places if len(root) >= len(ending) + LONGER[0])
    return root.endswith(places) and root.endswith(tuple(fits))


def is_person_name(root: str) -> bool:
    """Tell whether a stem ends as names of people do: -राव, -बाई, -जी."""
    _, people = name_endings()
    fits = (ending for ending in people if len(root) >= len(ending) + LONGER[1])
    return root.endswith(people) and root.endswith(tuple(fits))


def parse(surface: str, plain: str) -> tuple[str, str, str, frozenset[str]]:
    """Return stem, case, kind and roles of a folded word; `plain` is its skeleton."""
    if surface[:1].isdigit():
        return surface.lstrip("0") or "0", "", "number", _NONE
    listed = table().get(surface)
    return _parse(surface, plain, listed, listed or misprints().get(plain))


def spelt(word: str) -> str:
    """Return the stem of a word that is no misprint: for constants, as the misprints take .1 s to list."""
    surface = fold(word)
    listed = table().get(surface)
    return _parse(surface, skeleton(surface), listed, listed)[0]


_Entry = tuple[str, frozenset[str], str]


def _parse(
    surface: str, plain: str, listed: _Entry | None, entry: _Entry | None
) -> tuple[str, str, str, frozenset[str]]:
    entries = table()
    left, case, base = (surface, "", root(surface)) if listed else strip(surface)
    if entry and left != surface and (base in entries or known_words().get(base, 0) >= _ATTESTED):
        entry = None  # शकाची is of शक and no slip for कशाची
    if entry and case:
        left, case, base = surface, "", root(surface)
    short = bare(left, base)
    letter_by_letter = surface.startswith(short) and len(plain) == len(surface)  # only a visarga has no skeleton
    stemmed = plain[: len(short)] if letter_by_letter else skeleton(short)
    entry = entry or entries.get(left) or _by_stem().get(stemmed)
    roles = _roles().get(stemmed, _NONE)
    if entry is not None and (left == surface or entry[0] not in _WHOLE_ONLY):
        return entry[2], case, entry[0], entry[1] | roles
    named = stemmed.endswith(_all_name_endings()) and (is_place_name(stemmed) or is_person_name(stemmed))
    kind = "name" if named else "word"
    return stemmed, case, kind, roles


_WHOLE_ONLY: Final = frozenset({"function", "tense", "question"})
_NONE: Final = frozenset[str]()


@cache
def table_stems() -> frozenset[str]:
    """Return every stem that a word gets from the tables, and those that give a word the role of a time or a place."""
    return frozenset(stem for _, _, stem in table().values()) | frozenset(_roles())


def forms_of(kinds: frozenset[str]) -> frozenset[str]:
    """Return the skeletons of the words that the table lists under some kinds, as they stand and as stems."""
    found = [(skeleton(surface), skeleton(own)) for surface, (kind, _, own) in table().items() if kind in kinds]
    return frozenset(form for forms in found for form in forms)


PLURAL_FROM: Final = 4
"""Code points from which a stem's -ि may be that of a plural."""


def plural_free(root: str, kind: str) -> str:
    """लेणी and लेण्यांची, नदी and नद्या: the feminine plural takes the -ी away, so a plain noun is compared without it."""
    return root[:-1] if kind in ("word", "event") and root.endswith("ि") and len(root) >= PLURAL_FROM else root


def analyse(word: str) -> Lexeme:
    """Analyse one word anew: for callers that remember what they need of it themselves."""
    surface = fold(word)
    return Lexeme(surface, *parse(surface, skeleton(surface)))


_memo: dict[str, Lexeme] = {}


def lexeme(word: str) -> Lexeme:
    """Analyse one word; words seen before come from a memo of bounded size."""
    known = _memo.get(word)
    if known is None:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        known = _memo[word] = analyse(word)
    return known


def unseen(words: Iterable[str]) -> list[str]:
    """Return which of some words the memo of `lexeme` has not, each once."""
    return [word for word in dict.fromkeys(words) if word not in _memo]


def remember(words: Iterable[str], found: Iterable[Lexeme]) -> None:
    """Put words into the memo of `lexeme`."""
    _memo.update(zip(words, found, strict=True))
    if len(_memo) > _MEMO_SIZE:
        _memo.clear()


def split(text: str) -> list[str]:
    """Return the words of a text as they stand, in order, without analysing them."""
    return _WORD.findall(text)


def first_words(text: str, count: int) -> list[str]:
    """Return the first words of a text, `count` at most."""
    return [found.group() for found in islice(_WORD.finditer(text), count)]


def lexemes(text: str | None) -> list[Lexeme]:
    """Analyse the words of a text in order; null and a text of signs give none."""
    return [lexeme(word) for word in split(text)] if text else []


CONTENT_DROPPED: Final = frozenset({"function", "tense", "honorific"})
"""Kinds that do not tell two texts apart."""

FIXED: Final = frozenset({"number", "negation", "question"})
"""Kinds of which two near duplicates must have the same."""


def content(words: list[Lexeme]) -> list[Lexeme]:
    """Leave out the words that do not tell texts apart; a text of nothing else keeps all."""
    return [word for word in words if word.kind not in CONTENT_DROPPED] or words
