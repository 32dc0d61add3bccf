"""Names, and words that may be names, that an answer uses and its text does not, in any case ending or spelling.

Marathi has no capitals. A word counts as a name if the tables say so, if it ends as names do, if it is in Latin
letters, or if the list of known words has it in no form: rare words are mostly names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from datakit.matching.amounts import amounts
from datakit.matching.lexemes import Lexeme, fold, lexemes, skeleton
from datakit.matching.names import canonical
from datakit.matching.word_tables import rows
from datakit.screening.known_words import known_words

CONTENT: Final = frozenset({"word", "name", "value"})
"""Kinds that say something; the others are grammar, titles and question words."""
_AFTER_NAMES: Final = frozenset(
    [
        "यांनी",
        "यांना",
        "यांचा",
        "यांची",
        "यांचे",
        "यांच्या",
        "यांच्यावर",
        "यांच्याशी",
        "यांच्याकडे",
        "यांस",
        "याने",
        "हिने",
        "येथे",
        "येथील",
        "येथून",
        "नावाचा",
        "नावाची",
        "नावाचे",
    ]
)
"""What Marathi puts after a name to carry its case."""
_QUOTED: Final = re.compile("['\"‘“«]([^'\"’”»]{2,60})['\"’”»]")
_RARE: Final = (
    3  # times in the list of known words; below it a word may be a name or a misprint (see lexemes._ATTESTED)
)
_SIGNS: Final = "ािीुूेैोौंॅॉ"
_MIN_ROOT: Final = 3  # code points: a shorter root begins too many words
_LATIN: Final = re.compile(r"[a-z]")


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The content words of an answer against those of its text."""

    foreign: tuple[str, ...]
    """Names and words that may be names which the text does not have, as the answer spells them (folded)."""
    share: float
    """Which part of the answer's content words the text has, 0 to 1; 1 where it has none."""


def overlap(answer: str, span: str) -> Overlap:
    """Compare the content words of an answer with its text; a word is there if some form of it is."""
    there = _Text(lexemes(span))
    read = lexemes(answer)
    raw = {word.stem: word for word in read}
    mine = [raw.get(word.stem, word) for word in canonical(read) if _says_something(word)]
    # Numbers count as there: a check of their own says whether they are right.
    missing = [word for word in mine if not _is_number(word) and not there.has(word)]
    named = _quoted(answer) | _pointed_at(read)
    foreign = [word.surface for word in missing if word.surface in named or _may_be_name(word)]
    return Overlap(foreign=tuple(dict.fromkeys(foreign)), share=1 - len(missing) / len(mine) if mine else 1.0)


def _quoted(text: str) -> set[str]:
    """Return the words between quotation marks: titles of books, papers, institutions."""
    return {word.surface for part in _QUOTED.findall(text) for word in lexemes(part)}


def _pointed_at(words: list[Lexeme]) -> set[str]:
    """Return the words that stand before यांनी, येथे and their like, which follow names."""
    pairs = pairwise(words)
    return {word.surface for word, after in pairs if after.surface in _AFTER_NAMES}


class _Text:
    """The words of a text by every form they may be asked for."""

    def __init__(self, words: list[Lexeme]) -> None:
        self._stems = {word.stem for word in words} | {word.stem for word in canonical(words)}
        self._roots = {root_of(word) for word in words}
        self._surfaces = {skeleton(word.surface) for word in words}

    def has(self, word: Lexeme) -> bool:
        """Tell whether a form of the word is in the text."""
        if word.stem in self._stems or any(one.stem in self._stems for one in canonical([word])):
            return True
        return root_of(word) in self._roots or any(_one_word(skeleton(word.surface), other) for other in self._surfaces)


def _one_word(word: str, other: str) -> bool:
    """Tell whether two spellings are one root with case endings: a shared beginning, and nothing but endings after."""
    shared = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), None)
    shared = min(len(word), len(other)) if shared is None else shared
    return any(
        _endings().fullmatch(word[at:]) and _endings().fullmatch(other[at:])
        for at in range(shared, max(_MIN_ROOT, shared - 2) - 1, -1)
    )


def root_of(word: Lexeme) -> str:
    """Return the stem without its last vowel sign and oblique: `किल्ला`, `किल्ल्या` and `किल्ले` give one root."""
    root = word.stem.removesuffix("ं")
    root = root.removesuffix("्या") if len(root) > 5 else root
    return root.rstrip(_SIGNS) if len(root.rstrip(_SIGNS)) >= 2 else root


@cache
def _endings() -> re.Pattern[str]:
    """Match what may follow a root: the oblique, then at most three case endings of the stemmer's table."""
    cases = sorted({skeleton(fold(e)) for row in rows("suffixes") for e in row[1].split()}, key=len, reverse=True)
    either = "|".join(map(re.escape, [*cases, "नि", "ना", "शि", "स"]))
    return re.compile(rf"(?:्या|[{_SIGNS}यइई])?ं?(?:{either}){{0,3}}(?:च|हि|सुद्धा)?")


def _says_something(word: Lexeme) -> bool:
    return (word.kind in CONTENT and len(word.surface) > 1) or _is_number(word)


def _is_number(word: Lexeme) -> bool:
    return word.kind == "number" or (word.surface.endswith(("शे", "शें")) and bool(amounts(word.surface)))


def _may_be_name(word: Lexeme) -> bool:
    if word.kind == "name" or "name" in word.roles or _LATIN.search(word.surface) or root_of(word) in _name_roots():
        return True
    return not is_known(word.surface, word.stem)


@cache
def _name_roots() -> frozenset[str]:
    """Roots of the names of the tables, that of matching and this package's own."""
    own = files("datakit.synthesize").joinpath("tables", "names.txt").read_text("utf-8").splitlines()
    known = [row[1] for row in rows("names") if row[0] == "name"] + [line for line in own if not line.startswith("#")]
    return frozenset(root_of(word) for word in lexemes(" ".join(known)) if len(root_of(word)) >= _MIN_ROOT)


@lru_cache(maxsize=20_000)
def is_known(surface: str, stem: str) -> bool:
    """Tell whether the list of known words has the word in some form."""
    counts = known_words()
    return any(counts.get(form, 0) >= _RARE for form in _forms(surface, stem))


def _forms(surface: str, stem: str) -> Iterable[str]:
    yield surface
    for base in {stem, stem.rstrip(_SIGNS), *_long_vowels(stem)}:
        yield base
        yield from (
            base + ending for ending in ("ा", "ी", "े", "ू", "्या", "ाच्या", "ाचा", "ाची", "ात", "ांच्या", "णे", "ून", "ले")
        )


def _long_vowels(stem: str) -> set[str]:
    """The skeleton has short i and u only; the list of words spells them as people do."""
    return {stem.replace("ि", "ी"), stem.replace("ु", "ू"), stem[:-1] + "ी" if stem.endswith("ि") else stem}
