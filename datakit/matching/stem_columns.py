"""`strip` and `bare` of stems.py over a column of words at once: every step is one of all words, none is a string.

A word by itself takes 3 µs in Python, and each distinct word of a corpus passes here once: a run of 20,000 long rows
has 130,000.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16, LetterTree, letter_tree
from datakit.matching.stems import LETTERS, MOST_ENDINGS, OBLIQUE, Ending, endings_by_place, keeps_ya, protected

_VIRAMA, _BINDU, _RA, _YA, _AA, _EYELASH_RA = (ord(char) for char in "्ंरयाऱ")
_YA_ENDING: Final = 3  # code points of ्या


@dataclass(frozen=True)
class StrippedWords:
    """Where what is left of words without their endings ends."""

    told: NDArray[np.bool_]
    """Not of words that may be protected, nor where ऱ may become र: those have to be asked for one by one."""
    left: I64
    """What `strip` leaves."""
    short: I64
    """What `bare` makes of that."""
    cases: list[str]


def strip_words(units: U16, starts: I64, ends: I64) -> StrippedWords:
    """Take the case endings off folded words, as `strip` does: word i is `units[starts[i]:ends[i]]`."""
    told = _told(units, starts, ends)
    left, cases = _without_endings(units, starts, ends)
    base = _roots(units, starts, left)
    keeps = (units[base - 1] == _VIRAMA) | (base - starts < 2)
    return StrippedWords(told, left, np.where(keeps, left, base), cases)


def _told(units: U16, starts: I64, ends: I64) -> NDArray[np.bool_]:
    """Tell which words begin with no protected root, and are not empty."""
    told = (ends > starts) & ~_protected_tree().touched(units, starts, ends - starts, back=False)
    special = np.flatnonzero((units == _EYELASH_RA) | ((units & 0xF800) == 0xD800))
    told[np.searchsorted(starts, special, side="right") - 1] = False
    return told


@cache
def _protected_tree() -> LetterTree:
    return letter_tree((root for root in protected() if root), back=False)


@cache
def _endings_tree() -> tuple[LetterTree, tuple[NDArray[np.int64], NDArray[np.int64]], list[str]]:
    """Return the tree of all endings; by node what each takes off, at the end of a word and before another ending, 0
    for none; and the case of each."""
    every, inner = endings_by_place()
    tree = letter_tree(every, back=True)
    cases = [""] * tree.size
    for ending, entry in every.items():
        cases[tree.ends[ending]] = entry.case
    return tree, (_cuts(tree, every), _cuts(tree, inner)), cases


def _cuts(tree: LetterTree, endings: dict[str, Ending]) -> NDArray[np.int64]:
    cuts = np.zeros(tree.size, dtype=np.int64)
    for ending, entry in endings.items():
        cuts[tree.ends[ending]] = entry.cut
    return cuts


def _without_endings(units: U16, starts: I64, ends: I64) -> tuple[I64, list[str]]:
    """Return where what is left of each word ends, and the case of its outermost ending."""
    tree, (last, inner), cases = _endings_tree()
    second = _second_letters(units, starts)
    left, outermost = ends.copy(), np.zeros(len(starts), dtype=np.int64)
    todo = np.arange(len(starts))
    for number in range(MOST_ENDINGS):
        cuts = inner if number else last
        best = np.zeros(len(todo), dtype=np.int64)
        for which, nodes in tree.walks(units, left[todo] - 1, left[todo] - starts[todo], back=True):
            rest = left[todo[which]] - cuts[nodes]
            fits = (cuts[nodes] > 0) & (rest > second[todo[which]]) & (units[rest - 1] != _VIRAMA)
            best[which[fits]] = nodes[fits]  # a longer ending comes later and wins
        todo, best = todo[best > 0], best[best > 0]
        left[todo] -= cuts[best]
        if not number:
            outermost[todo] = best
    return left, [cases[node] for node in outermost.tolist()]


def _second_letters(units: U16, starts: I64) -> I64:
    """Return the place of the second letter at or behind each start: what is left of a word must reach beyond it."""
    letters = np.append(np.flatnonzero(np.take(_is_letter(), units)), [len(units), len(units)])
    second: I64 = letters[np.searchsorted(letters, starts) + 1]
    return second


@cache
def _is_letter() -> NDArray[np.bool_]:
    found = np.zeros(2**16, dtype=np.bool_)
    found[[ord(letter) for letter in LETTERS]] = True
    return found


def _roots(units: U16, starts: I64, ends: I64) -> I64:
    """Return where the root of what is left of each word ends, as `root` finds it."""
    bindu = (units[ends - 1] == _BINDU) & (ends - starts > _YA_ENDING)
    ends = ends - bindu
    oblique = np.isin(units[ends - 1], [ord(vowel) for vowel in OBLIQUE])
    cut = oblique.astype(np.int64)
    may_be_ya = oblique & (units[ends - 1] == _AA) & (ends - starts > _YA_ENDING + 1)
    at = np.flatnonzero(may_be_ya)
    tail = ends[at]
    at = at[(units[tail - 2] == _YA) & (units[tail - 3] == _VIRAMA)]
    tail = ends[at]
    at = at[(units[tail - 4] != _RA) | (units[tail - 5] == _VIRAMA)]
    stretches = zip(starts[at].tolist(), (ends[at] - 1).tolist(), strict=True)
    heads = (units[start:end].tobytes().decode("utf-16-le", "replace") for start, end in stretches)
    cut[at] = [1 if keeps_ya(head) else _YA_ENDING for head in heads]
    return ends - cut
