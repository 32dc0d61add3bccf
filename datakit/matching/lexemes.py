"""Lexemes: each word of a Marathi text with its stem, its case and what it does in a question or an answer.

Dedup keys say whether two texts are equal; they hold no spaces, so they cannot say *where* two texts differ. Near
duplicates, conflicts and paraphrased questions are judged word by word, with the stems found here. The stemmer is a
table of case endings and a list of words that only look inflected; it need not be right in linguistics, only equal
for the forms of one word and different for different words.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from datakit.matching.word_tables import listed, rows
from datakit.screening.known_words import known_words

WORD_PATTERN: Final = r"\p{N}+(?:,\p{N}{2,3})*|[\p{L}\p{M}\x{200C}\x{200D}]+"
"""A word as polars and the Rust regex engine read it: digits (with Indian grouping commas), or letters with marks."""

_WORD = re.compile(
    r"[0-9०-९]+(?:,[0-9०-९]{2,3})*|(?:[^\W\d_]|[\u0900-\u0903\u093A-\u094F\u0951-\u0957\u0962\u0963\u200C\u200D])+"
)
_FOLD: Final = str.maketrans(
    {0x0966 + n: str(n) for n in range(10)}
    | {
        "\u0929": "न",
        "\u0934": "ळ",
        "\u090d": "ॲ",
        "\u0901": "ं",
        "\u200c": None,
        "\u200d": None,
        "\u093c": None,
        ",": None,
    }
)
_HOMORGANIC = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")
_SIGNS: Final = frozenset("ािीुूृॅेैॉोौ")
_VOWELS: Final = frozenset("अआइईउऊऋएऐओऔऑॲ")
_LETTER = re.compile("[\u0904-\u0939\u0958-\u0961\u0972a-z0-9]")
_MISPRINT: Final = 100  # so much rarer than the word it is one slip from, a spelling of the word list is a misprint
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


def fold(word: str) -> str:
    """Fold one word as the dedup key does: digits ASCII, nasals to anusvara, joiners and nukta dropped, lower case."""
    word = word.replace("र्\u200d", "ऱ्").translate(_FOLD)
    if "्" in word:
        word = _HOMORGANIC.sub("ं", word)
    return word.casefold()


def skeleton(word: str) -> str:
    """Drop what people spell both ways: length of i and u, ष for श, a silent visarga."""
    return word.translate(_SKELETON)


_SKELETON: Final = str.maketrans({"ी": "ि", "ू": "ु", "ई": "इ", "ऊ": "उ", "ष": "श", "ः": None})


@cache
def _endings() -> dict[str, tuple[tuple[str, str], ...]]:
    """Last code point → (ending, case) pairs, longest first."""
    pairs = sorted(((e, row[0]) for row in rows("suffixes") for e in row[1].split()), key=lambda p: (-len(p[0]), p[0]))
    return {last: tuple(p for p in pairs if p[0][-1] == last) for last in {p[0][-1] for p in pairs}}


@cache
def _protected() -> frozenset[str]:
    """Roots that no ending may be taken from, nor a vowel but their last."""
    words = set(listed("protected"))
    for table, key in (("names", "name"), ("synonyms", None)):
        words |= {word for row in rows(table) if key in (None, row[0]) for word in row[1].split()}
    return frozenset(root for word in words for root in (fold(word), fold(word).rstrip("ाेो")))


def _strip(word: str) -> tuple[str, str]:
    """Take off case endings, at most three; an ending that begins with a vowel sign leaves that sign, the oblique."""
    case = ""
    for _ in range(3):
        if word in _protected() or _root(word) in _protected():
            break
        best = ""
        label = ""
        for ending, name in _endings().get(word[-1:], ()):
            if not word.endswith(ending) or (case and not _inner(ending, name)):
                continue
            left = word[: len(word) - len(ending) + (ending[0] in _SIGNS or ending[0] in _VOWELS)]
            if left.endswith("्") or len(_LETTER.findall(left)) < 2:
                continue
            if _root(left) in _protected():
                best, label = left, name
                break
            if not best:
                best, label = left, name
        if not best:
            break
        word, case = best, case or label
    return word, case


_INNER: Final = frozenset({"loc", "abl", "till", "for", "with", "about", "other"})
"""Cases that may stand before another ending (घरा-त-ला, किल्ल्या-वर-चा); the ला of राज्यपाला-ची is no dative."""


def _inner(ending: str, case: str) -> bool:
    return case in _INNER or (case == "verb" and len(ending) > 2)  # केलेल्या-चा, not the ला of राज्यपाला-ची


def _root(word: str) -> str:
    """Undo the oblique: `किल्ल्या` and `किल्ला` give `किल्ल`. `र्या` is no oblique (that is `ऱ्या`): दर्या stays."""
    if word.endswith("ं") and len(word) > 3:
        word = word[:-1]
    if word.endswith("्या") and len(word) > 4 and (word[-4] != "र" or word[-5] == "्") and not _keeps_ya(word[:-1]):
        return word[:-3].replace("ऱ", "र")  # सातारा, साताऱ्यात
    return word[:-1] if word.endswith(("ा", "े", "ो")) else word


def _keeps_ya(word: str) -> bool:
    """Tell whether a word in -्य is one itself (कर्तव्य), by the word list; किल्ल्य, of किल्ला, is none."""
    counts = known_words()
    return counts.get(word, 0) > max(counts.get(word[:-2] + sign, 0) for sign in ("ा", "ी", "े"))


def stem(word: str) -> str:
    """Return the skeleton stem of a folded word: `रायगडावर`, `रायगडाचा` and `रायगड` give one stem."""
    return skeleton(_bare(_strip(word)[0]))


def _bare(word: str) -> str:
    """Drop the oblique and gender vowel of what is left; `-ी` stays, it tells मुलगी from मुलगा."""
    if word.endswith("्या") and word[:-1] in _protected():
        return word[:-1]
    root = _root(word)
    return word if root.endswith("्") or len(root) < 2 else root


@cache
def _table() -> dict[str, tuple[str, frozenset[str], str]]:
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
        root = stem(surface) if form == "-" else stem(fold(form)) if kind == "word" else skeleton(fold(form))
        first = found.get(surface)
        if first is None:
            found[surface] = (kind, frozenset({kind}), root)
        else:
            synonym = kind == "word" and first[0] == "light"
            found[surface] = ("word" if synonym else first[0], first[1] | {kind}, root if synonym else first[2])
    return found


_ROLES: Final = frozenset({"time", "place", "person"})


@cache
def _roles() -> dict[str, frozenset[str]]:
    """Stem → roles of the words that turn कोणता into a question of time, place or person."""
    found: dict[str, frozenset[str]] = {}
    for row in rows("words"):
        if row[0] in _ROLES:
            for word in row[2].split():
                root = stem(fold(word))
                found[root] = found.get(root, frozenset()) | {row[0]}
    return found


def _ordinals(word: str) -> list[str]:
    return [word + ending for ending in ("वा", "वी", "वे", "व्या", "ही", "न्ही", "ांनी")]


@cache
def _misprints() -> dict[str, tuple[str, frozenset[str], str]]:
    """Skeleton of a question word, negation or is/was with one slip → its entry, as far as no known word is spelt so.

    These words must be equal in near duplicates, so a slip in one of them has to be seen through here.
    """
    table, counts = _table(), dict[str, int]()
    for word, count in known_words().items():
        counts[skeleton(word)] = counts.get(skeleton(word), 0) + count
    known = {skeleton(word) for word in table}
    found = {skeleton(word): entry for word, entry in reversed(table.items()) if len(word) > 2}
    for word, entry in table.items():
        if entry[0] in _SEEN_THROUGH and len(word) > 2:
            plain = skeleton(word)
            limit = counts.get(plain, 0) / _MISPRINT - (entry[0] == "honorific")  # भगवा is no misprint of a rare भगवान
            for variant in sorted(_slips(plain) - known):
                if counts.get(variant, 0) <= limit and len(variant) > (1 if entry[0] == "tense" else 2):
                    found.setdefault(variant, entry)
    return found


_SEEN_THROUGH: Final = frozenset({"question", "negation", "tense", "function", "number", "honorific"})


def _slips(word: str) -> set[str]:
    """Every spelling one slip away: a code point lost, doubled, swapped with the next, or one sign for another."""
    cuts = range(len(word))
    lost = {word[:n] + word[n + 1 :] for n in cuts if n}
    doubled = {word[:n] + word[n] + word[n:] for n in cuts}
    swapped = {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in cuts[:-1]}
    signs = {word[:n] + sign + word[n + 1 :] for n in cuts if word[n] in _SIGNS for sign in _SIGNS}
    return lost | doubled | swapped | signs


@cache
def _by_stem() -> dict[str, tuple[str, frozenset[str], str]]:
    """The same table by stem, for inflected forms it does not spell out; function words only match whole."""
    whole_only = {"function", "tense", "number", "question", "negation"}
    return {
        stem(word): entry for word, entry in reversed(_table().items()) if entry[0] not in whole_only and len(word) > 2
    }


@cache
def _name_endings() -> tuple[tuple[str, ...], tuple[str, ...]]:
    places = tuple(skeleton(fold(w)) for row in rows("names") if row[0] == "ending" for w in row[1].split())
    people = tuple(skeleton(fold(w)) for row in rows("names") if row[0] == "person" for w in row[1].split())
    return places, people


def is_place_name(root: str) -> bool:
    """Tell whether a stem ends as place names do: -गड, -पूर, -गाव."""
    return any(root.endswith(ending) and len(root) > len(ending) + 1 for ending in _name_endings()[0])


def is_person_name(root: str) -> bool:
    """Tell whether a stem ends as names of people do: -राव, -बाई, -जी."""
    return any(root.endswith(ending) and len(root) > len(ending) + 2 for ending in _name_endings()[1])


def analyse(word: str) -> Lexeme:
    """Analyse one word anew: for callers that remember what they need of it themselves."""
    surface = fold(word)
    if surface[:1].isdigit():
        return Lexeme(surface, surface.lstrip("0") or "0", "", "number", frozenset())
    entry = _table().get(surface) or _misprints().get(skeleton(surface))
    left, case = (surface, "") if surface in _table() else _strip(surface)
    if entry and left != surface and (_root(left) in _table() or known_words().get(_root(left), 0) >= _ATTESTED):
        entry = None  # शकाची is of शक and no slip for कशाची
    if entry:
        left, case = surface, ""
    root = skeleton(_bare(left))
    entry = entry or _table().get(left) or _by_stem().get(root)
    roles = _roles().get(root, frozenset())
    if entry is not None and (left == surface or entry[0] not in ("function", "tense", "question")):
        return Lexeme(surface, entry[2], case, entry[0], entry[1] | roles)
    kind = "name" if is_place_name(root) or is_person_name(root) else "word"
    return Lexeme(surface, root, case, kind, roles)


_memo: dict[str, Lexeme] = {}


def lexeme(word: str) -> Lexeme:
    """Analyse one word; words seen before come from a memo of bounded size."""
    known = _memo.get(word)
    if known is None:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        known = _memo[word] = analyse(word)
    return known


def lexemes(text: str | None) -> list[Lexeme]:
    """Analyse the words of a text in order; null and a text of signs give none."""
    return [lexeme(word) for word in _WORD.findall(text)] if text else []


CONTENT_DROPPED: Final = frozenset({"function", "tense", "honorific"})
"""Kinds that do not tell two texts apart."""

FIXED: Final = frozenset({"number", "negation", "question"})
"""Kinds of which two near duplicates must have the same."""


def content(words: list[Lexeme]) -> list[Lexeme]:
    """Leave out the words that do not tell texts apart; a text of nothing else keeps all."""
    return [word for word in words if word.kind not in CONTENT_DROPPED] or words
