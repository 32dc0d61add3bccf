"""Two answers to one question: the same, at odds, or not to be told. At odds needs proof; in doubt nothing is said."""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np

from datakit.matching.alignment import WORTH_A_LOOK, align
from datakit.matching.amounts import amounts
from datakit.matching.close_words import close_words
from datakit.matching.dates import moments
from datakit.matching.lexemes import Lexeme, first_words, fold, lexeme, lexemes, stem
from datakit.matching.names import canonical, lies_in
from datakit.matching.question_form import Asked
from datakit.matching.spelling import same_word
from datakit.matching.word_tables import rows

_SHORT: Final = 4  # content words up to which an answer is a name and no account of it
_FRAME: Final = 0.6  # share of words in common from which two sentences are one with a value exchanged
_MEMO_SIZE: Final = 256  # answers, of which one group has 40 at most
_NO_MATTER: Final = frozenset({"function", "tense", "light", "filler", "honorific"})


@dataclass(frozen=True, slots=True)
class Finding:
    """`same`: True, False (at odds: the two values say in what) or None (cannot be told)."""

    same: bool | None
    value: str = ""
    other: str = ""


_UNKNOWN: Final = Finding(None)
_SAME: Final = Finding(True)


def compare(asked: Asked, one: str, two: str) -> Finding:
    """Hold two answers to one question against each other, by what the question asks for."""
    left, right = _yes_or_no(one), _yes_or_no(two)
    if left is not None and right is not None:
        return _SAME if left == right else Finding(False, one.strip(), two.strip())
    if asked.kind == "?कधि":
        return _dates(asked, one, two)
    if asked.kind == "?किति":
        return _amounts(asked, one, two)
    frame = _frame(one, two)
    if frame.same is not None or asked.kind in ("?का", "?कसे"):
        return frame
    return _names(asked, one, two)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is seen of an answer by itself."""

    polar: bool | None
    content: int
    """How many words `_content` has."""
    values: frozenset[str]
    """The kinds of them that a sentence may exchange."""
    telling: frozenset[str]
    """Stems of the words that tell something."""
    named: bool


@lru_cache(maxsize=_MEMO_SIZE)
def _seen(text: str) -> _Seen:
    content = _content(text)
    values = frozenset([word.kind for word in content if word.kind in _EXCHANGED])
    telling = frozenset([word.stem for word in _telling(text, frozenset()) if word.kind != "honorific"])
    return _Seen(_yes_or_no(text), len(content), values, telling, any(w.kind == "name" for w in _canonical(text)))


def may_be_at_odds(asked: Asked, one: str, two: str) -> bool:
    """Tell whether `compare` may find two answers at odds, by what is seen of each: false of nine pairs in ten.

    Two long answers of unequal length are never held to be at odds, nor is an account without a name.
    """
    left, right = _seen(one), _seen(two)
    if asked.kind in ("?कधि", "?किति") or (left.polar is not None and right.polar is not None):
        return True
    if left.content == right.content >= _SHORT and left.values & right.values:
        return True  # see _frame
    long = [len(seen.telling - asked.given) > _SHORT for seen in (left, right)]
    named = left.named and right.named
    if asked.kind == "?वर्णन":
        return named and not any(long)
    return not any(long) or (named and not all(long))


def _dates(asked: Asked, one: str, two: str) -> Finding:
    left, right = moments(one), moments(two)
    told = (
        [m for m in left if not _is_given(str(m.first), asked)],
        [m for m in right if not _is_given(str(m.first), asked)],
    )
    left, right = (told[0] or left), (told[1] or right)
    if not left or not right:
        return _frame(one, two)
    if any(a.agrees(b) for a in left for b in right):
        return _SAME
    return Finding(False, one.strip(), two.strip())


def _is_given(stem_of_number: str, asked: Asked) -> bool:
    return stem_of_number in asked.given


def _amounts(asked: Asked, one: str, two: str) -> Finding:
    left = [a for a in amounts(one) if not _is_given(f"{a.value:g}", asked)]
    right = [a for a in amounts(two) if not _is_given(f"{a.value:g}", asked)]
    if not left or not right:
        return _frame(one, two)
    if any(a.agrees(b) for a in left for b in right):
        units = {a.quantity for a in left}, {b.quantity for b in right}
        return _SAME if units[0] & units[1] or "" in units[0] | units[1] else _UNKNOWN
    return Finding(False, one.strip(), two.strip())


@cache
def _polar() -> dict[str, bool]:
    yes = ["होय", "हो", "खरे", "सत्य", "बरोबर", "yes", "true"]
    no = ["नाही", "नाहीत", "खोटे", "असत्य", "चूक", "no", "false"]
    return {fold(word): True for word in yes} | {fold(word): False for word in no}


@lru_cache(maxsize=_MEMO_SIZE)
def _yes_or_no(text: str) -> bool | None:
    """Only an answer that begins with yes or no and is short: `नाही, ते …` of forty words may be about anything."""
    words = first_words(text, 2 * _SHORT + 1)
    return _polar().get(lexeme(words[0]).surface) if words and len(words) <= 2 * _SHORT else None


def _frame(one: str, two: str) -> Finding:
    """One sentence with one value exchanged: most words align, and what is left is a number or a name on both sides."""
    left, right = _content(one), _content(two)
    if [w.stem for w in left] == [w.stem for w in right] and left:
        return _SAME
    if min(len(left), len(right)) < _SHORT or len(left) != len(right):
        return _UNKNOWN
    pairs, left_over, right_over = align(left, right)
    if len(pairs) / len(left) < _FRAME or not left_over:
        return _UNKNOWN
    kinds = [{a.kind, b.kind} for a, b in zip(left_over, right_over, strict=True)]
    if any(len(kind) == 1 and kind <= _EXCHANGED for kind in kinds) and all(kind <= _VALUES for kind in kinds):
        if any(_one_place(a, b) for a, b in zip(left_over, right_over, strict=True)):
            return _UNKNOWN
        return Finding(False, _shown(left_over), _shown(right_over))
    return _UNKNOWN


_VALUES: Final = frozenset({"number", "name", "value"})
_EXCHANGED: Final = frozenset({"number", "name"})


def _content(text: str) -> list[Lexeme]:
    words = _canonical(text)
    return [word for word in words if word.kind not in _NO_MATTER] or [*words]


@lru_cache(maxsize=_MEMO_SIZE)
def _canonical(text: str) -> tuple[Lexeme, ...]:
    """Answers of one group are compared each with each: their words are looked up once."""
    return tuple(canonical(lexemes(text)))


def _names(asked: Asked, one: str, two: str) -> Finding:
    """Who, where, which: the words beyond the question's own, as sets."""
    left, right = _told(asked, one, two)
    if not left or not right:
        return _UNKNOWN
    if _script(left) != _script(right):
        return _UNKNOWN  # WEF and जागतिक आर्थिक मंच
    only_left, only_right = _alone(left, right), _alone(right, left)
    if not only_left or not only_right:
        return _SAME
    if any(_one_place(a, b) for a in left for b in right):
        return _SAME
    shared = len(left) - len(only_left)
    if shared and _initials(only_left, only_right):
        return _SAME
    short, long = sorted((_joined(only_left), _joined(only_right)), key=len)
    if short == long or (shared and len(short) > _SHORT and long.startswith(short)):
        return _SAME  # राममोहन, राम मोहन; मिर्झाराजे, मिर्झा राजे
    one_short = min(len(left), len(right)) <= _SHORT
    both_short = max(len(left), len(right)) <= _SHORT
    named = any(w.kind == "name" for w in only_left) and any(w.kind == "name" for w in only_right)
    if asked.kind == "?वर्णन" and not (named and both_short):
        return _UNKNOWN
    if asked.kind == "?काय" and not named and (asked.given & _open() or max(len(left), len(right)) > _SHORT // 2):
        return _UNKNOWN  # a meaning or a cause has many wordings
    if shared:
        numbers = any(w.kind == "number" for w in only_left) and any(w.kind == "number" for w in only_right)
        sides = asked.kind == "?कोणामध्ये"  # two sides of a war or a treaty: one in common, the other not
        odds = both_short and (sides or named or numbers or len(only_left) == len(only_right) == 1)
    else:
        odds = both_short or (one_short and named)
    return Finding(False, one.strip(), two.strip()) if odds else _UNKNOWN


def _told(asked: Asked, one: str, two: str) -> tuple[list[Lexeme], list[Lexeme]]:
    """What two answers tell beyond their question, each stem once.

    Where one of them tells nothing beyond it (पुरंदरचा तह कोणत्या किल्ल्यावर झाला? पुरंदर) the question's words count.
    """
    both = _telling(one, frozenset()), _telling(two, frozenset())
    beyond = _telling(one, asked.given), _telling(two, asked.given)
    return beyond if all(beyond) or max(map(len, both)) > _SHORT else both


def _telling(text: str, given: frozenset[str]) -> list[Lexeme]:
    words = _canonical(text)
    plain = [w for w in words if w.kind not in _NO_MATTER and w.stem not in given and w.kind != "question"]
    telling = [w for w in plain if w.kind != "weak"] or [w for w in words if w.kind == "honorific"]
    return list({w.stem: w for w in telling}.values())


def _alone(words: list[Lexeme], others: list[Lexeme]) -> list[Lexeme]:
    """Return those of some words that none of the others is the same as: by its root, a synonym, or but for a slip."""
    roots, meanings = {_name_root(word.stem) for word in others}, {_meaning(word.stem) for word in others}
    left = [word for word in words if _name_root(word.stem) not in roots and _meaning(word.stem) not in meanings]
    if len(left) * len(others) < WORTH_A_LOOK:
        return [word for word in left if not any(same_word(word, other) for other in others)]
    close = close_words(left, others)
    return [
        word
        for word, near in zip(left, close, strict=True)
        if not any(same_word(word, others[number]) for number in np.flatnonzero(near).tolist())
    ]


def _meaning(stem_of_word: str) -> str:
    return _synonyms().get(stem_of_word, stem_of_word)


def _name_root(name: str) -> str:
    """जिजाई and जिजाबाई, मुक्ताई and मुक्ताबाई are one woman, जयसिंग and जयसिंह one man."""
    if name.endswith("सिंह"):
        return name[:-1] + "ग"
    for ending in ("बाइ", "इ"):
        if name.endswith(ending) and len(name) > len(ending) + 3:
            return name.removesuffix(ending)
    return name


@cache
def _synonyms() -> dict[str, str]:
    return {stem(fold(word)): row[0] for row in rows("synonyms") for word in row[1].split()}


@cache
def _open() -> frozenset[str]:
    """Nouns that ask for a wording: अर्थ, कारण, महत्त्व."""
    return frozenset(stem(fold(word)) for row in rows("pointing") if row[0] == "open" for word in row[1].split())


def _script(words: list[Lexeme]) -> bool:
    return all(word.surface.isascii() and not word.surface.isdigit() for word in words)


def _one_place(one: Lexeme, two: Lexeme) -> bool:
    return lies_in(one.stem, two.stem) or lies_in(two.stem, one.stem)


def _initials(one: list[Lexeme], two: list[Lexeme]) -> bool:
    """Given names on one side, their first letters on the other: गोपाळ कृष्ण गोखले, गो. कृ. गोखले."""
    short, full = (one, two) if sum(len(w.surface) for w in one) <= sum(len(w.surface) for w in two) else (two, one)
    return len(short) <= len(full) and all(
        len(w.surface) <= 2 and any(v.surface.startswith(w.surface[:1]) for v in full) for w in short
    )


def _joined(words: list[Lexeme]) -> str:
    return "".join(word.stem for word in words)


def _shown(words: list[Lexeme]) -> str:
    return " ".join(word.surface for word in words)
