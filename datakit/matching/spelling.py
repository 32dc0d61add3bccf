"""Is this the same word misspelt, or another? राजगड and रायगड differ by one letter, as a slip of the finger does."""

import re
from functools import cache, lru_cache
from typing import Final

from datakit.matching.derived import skeleton_counts
from datakit.matching.lexemes import FIXED, Lexeme, fold, is_place_name, skeleton
from datakit.matching.word_tables import listed, rows

_SIGNS: Final = frozenset("ािीुूृॅेैॉोौ्ंः")
_BROKEN: Final = re.compile("^[ा-्]|[ा-ौ्][ा-्]|[ंः][ा-्]|[ऄ-औॲ][ऺ-ौ्]")
"""What no word has: a sign at the start, on a sign, on a bindu or on a vowel. Such a word is a misprint for certain."""
_BINDU: Final = "ं"
_NASALS: Final = ("ङ", "ञ", "ण", "न", "म")
_BEFORE_STOP: Final = re.compile("ं(?=([क-नप-भ]))")
_MIN_CODE_POINTS: Final = 4  # वन/मन, राम/रमा: in shorter words one edit makes another word
_MIN_FOR_LETTER: Final = 5  # the same for a lost letter: पुणे/पुरणे
_CONFUSED: Final = frozenset({frozenset("ेै"), frozenset("ोौ"), frozenset("ाॉ"), frozenset("ेॅ")})
_PLAIN: Final = frozenset({"word", "weak", "filler", "light"})
_MIN_PLAIN: Final = 3
_COMMON: Final = 3  # times in the word list before a word counts as known; once or twice may be its own misprint
_MISPRINT: Final = 100  # so much rarer than its neighbour, a word of the list is a misprint of it (पाणि beside पाणी)
_CERTAIN: Final = 10**9


def same_word(left: Lexeme, right: Lexeme) -> bool:
    """Tell whether two words are one: by stem, or by one slip that does not lead to another known word.

    A slip is a vowel sign or virama lost, added or exchanged, two neighbours swapped, a letter doubled or lost. One
    letter exchanged for another is a slip only where exactly one of the two is a known word and neither is a name.
    Numbers, negations, question words and `value` words (जन्म, मृत्यू, months) have no slips.
    """
    if left.stem == right.stem:
        return left.kind == right.kind or not {left.kind, right.kind} & FIXED
    if left.kind in FIXED or right.kind in FIXED:
        return False
    if "tense" in (left.kind, right.kind) and left.kind != right.kind and "word" not in (left.kind, right.kind):
        return False
    if left.kind == "value" and right.kind == "value":
        return False
    if _far(left.surface, right.surface) and _far(left.stem, right.stem):
        return False
    a, b = (left, right) if left.surface <= right.surface else (right, left)
    named = left.kind == "name" or right.kind == "name"
    if not _slip(a.surface, b.surface, named) and not _slip(a.stem, b.stem, named):
        return False  # most pairs end here, before it is looked at whether both are words
    one, two = skeleton(a.surface), skeleton(b.surface)
    return one == two or not _both_known(one, two)


def _far(a: str, b: str) -> bool:
    """Tell from the lengths that more than a slip is between two words; a visarga counts for nothing."""
    longer = abs(len(a) - len(b))
    return longer > 1 and longer > 1 + max(a.count("ः"), b.count("ः"))


def same_but_slip(left: Lexeme, right: Lexeme) -> bool:
    """Like `same_word`, where all else is equal: one edit between two plain words is a slip though both are words."""
    if same_word(left, right):
        return True
    plain = left.kind in _PLAIN and right.kind in _PLAIN and min(len(left.surface), len(right.surface)) >= _MIN_PLAIN
    return plain and edited(skeleton(left.surface), skeleton(right.surface))


def edited(a: str, b: str) -> bool:
    """Tell whether one slip parts two spellings: a code point lost, added or swapped, or a sign for a sign.

    A slip that parts a nasal from its consonant (बॉम्बे, बॉमब्े) is seen where the bindu of the key is written out.
    """
    if _edited(a, b):
        return True
    if (_BINDU in a) == (_BINDU in b):
        return False
    one, other = with_nasals(a), with_nasals(b)
    return one == other or _edited(one, other)  # पदोंनती is पदोन्नती


def with_nasals(word: str) -> str:
    """Write each bindu before a stop as the nasal of its class: बॉंबे as बॉम्बे."""
    return _BEFORE_STOP.sub(lambda found: _NASALS[(ord(found[1]) - ord("क")) // 5] + "्", word)


def _edited(a: str, b: str) -> bool:
    long, short = (a, b) if len(a) >= len(b) else (b, a)
    start = next((n for n, (x, y) in enumerate(zip(long, short, strict=False)) if x != y), len(short))
    if len(long) == len(short) + 1:
        return long[start + 1 :] == short[start:]
    if len(long) != len(short):
        return False
    if long[start + 1 :] == short[start + 1 :]:
        return long[start] in _SIGNS and short[start] in _SIGNS
    return long[start : start + 2] == short[start : start + 2][::-1] and long[start + 2 :] == short[start + 2 :]


@lru_cache(maxsize=100_000)
def _slip(a: str, b: str, named: bool) -> bool:
    a, b = skeleton(a), skeleton(b)
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[start : start + 2] == b[start : start + 2][::-1] and a[start + 2 :] == b[start + 2 :]
        if not swapped and a[start + 1 :] != b[start + 1 :]:
            return False
        if bool(_BROKEN.search(a)) != bool(_BROKEN.search(b)):
            return True
        if len(a) < _MIN_CODE_POINTS or _both_known(a, b):
            return False
        return swapped or _exchanged(a, b, start, named)
    long, short = (a, b) if len(a) > len(b) else (b, a)
    if long[start + 1 :] != short[start:]:
        return False
    if bool(_BROKEN.search(a)) != bool(_BROKEN.search(b)) or (start > 0 and long[start] == long[start - 1]):
        return True
    if len(short) < _MIN_CODE_POINTS - 1 or _both_known(a, b) or two_villages(a, b):
        return False
    return long[start] in _SIGNS or len(long) > _MIN_FOR_LETTER


def _exchanged(a: str, b: str, at: int, named: bool) -> bool:
    if frozenset((a[at], b[at])) in _CONFUSED:
        return not two_villages(a, b)
    if len(a) < _MIN_FOR_LETTER and is_attested(a) == is_attested(b):
        return False
    if a[at] in _SIGNS and b[at] in _SIGNS:
        return not two_villages(a, b)
    return not named and len(a) >= _MIN_FOR_LETTER and is_attested(a) != is_attested(b)


def two_villages(a: str, b: str) -> bool:
    """वडगाव and वाडगाव: names of places differ by one sign, and lists do not know them all."""
    return is_place_name(a) and is_place_name(b) and not _one_is_word(a, b)


def lost_sign(a: str, b: str) -> bool:
    """Tell whether one spelling is the other without one vowel sign, virama or bindu."""
    long, short = (a, b) if len(a) > len(b) else (b, a)
    start = next((n for n, (x, y) in enumerate(zip(long, short, strict=False)) if x != y), len(short))
    return long[start + 1 :] == short[start:] and long[start] in _SIGNS


def is_misprint(a: str, b: str) -> bool:
    """Tell whether of two skeletons exactly one is a word, so that the other can be a slip in it."""
    return _one_is_word(a, b) or bool(_BROKEN.search(a)) != bool(_BROKEN.search(b))


def _one_is_word(a: str, b: str) -> bool:
    """The word list has one of the two, or has it so much oftener that the other is its misprint there too."""
    return (is_attested(a) or is_attested(b)) and not _both_known(a, b)


def is_known(word: Lexeme) -> bool:
    """Tell whether the word list or a table has the word, as it stands or as a stem."""
    return is_attested(skeleton(word.surface)) or is_attested(word.stem)


def has_known_spelling(plain: str, root: str) -> bool:
    """Tell whether the word list or a table has a word, as it stands (a skeleton) or as a stem."""
    return is_attested(plain) or is_attested(root)


def is_attested(word: str) -> bool:
    """Tell whether a skeleton stands in the word list often enough to be a word, or in a table."""
    return _known().get(word, 0) >= _COMMON


@cache
def attested() -> frozenset[str]:
    """Return every skeleton of which `is_attested` holds: for callers that ask of each word of a column."""
    return frozenset(word for word, count in _known().items() if count >= _COMMON)


def _both_known(a: str, b: str) -> bool:
    """Two words, not a word with its misprint: the list holds misprints too, rarer by far than what they misprint."""
    rare, common = sorted((_known().get(a, 0), _known().get(b, 0)))
    return rare >= _COMMON and common < _MISPRINT * rare


@cache
def _known() -> dict[str, int]:
    """Skeleton → count in the shipped word list; words of the tables count as the commonest."""
    named = {word for row in rows("names") if row[0] == "name" for word in row[1].split()}
    return skeleton_counts() | {skeleton(fold(word)): _CERTAIN for word in named | listed("protected")}
