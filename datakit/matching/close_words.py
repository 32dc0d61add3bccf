"""Which words of two texts could be one word at all: a look at lengths and letters that no slip outlasts.

Two long texts have a hundred thousand pairs of words, and `spelling` looks at each letter by letter. Whatever it takes
for one word is at most one slip apart as a skeleton, as the skeleton of the stem, or with its nasals written out; a
slip changes the length by one and adds or drops one letter, or exchanges two.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.matching.lexemes import Lexeme, skeleton
from datakit.matching.spelling import with_nasals

_BITS: Final = 64
_CHANGED: Final = 2  # letters of which one spelling has and the other has not, after one was exchanged for another
_MEMO_SIZE: Final = 20_000  # words, 0.3 kB each
_Look = tuple[int, int, int, int, int, int]


def close_words(left: list[Lexeme], right: list[Lexeme]) -> NDArray[np.bool_]:
    """Return, for each word of `left` (rows) and of `right` (columns), whether the two could be one.

    True wherever `same_word`, `same_but_slip` or `written_alike` is true; where it is true they may still say no.
    """
    one, two = (np.array([_look(word.surface, word.stem) for word in words], np.uint64) for words in (left, right))
    found = np.zeros((len(left), len(right)), dtype=np.bool_)
    for form in range(0, one.shape[1], 2):
        longer = one[:, form, None].astype(np.int64) - two[None, :, form].astype(np.int64)
        apart = np.bitwise_count(one[:, form + 1, None] ^ two[None, :, form + 1])
        found |= (np.abs(longer) <= 1) & (apart <= _CHANGED)
    return found


@lru_cache(maxsize=_MEMO_SIZE)
def _look(surface: str, stem: str) -> _Look:
    """Return length and letters of the three forms that slips are looked for in."""
    plain = skeleton(surface).replace("ऱ", "र")  # one letter to `written_alike`
    stemmed, written_out = skeleton(stem).replace("ऱ", "र"), with_nasals(plain)
    return len(plain), _letters(plain), len(stemmed), _letters(stemmed), len(written_out), _letters(written_out)


def _letters(word: str) -> int:
    """Return a set of 64 bits with the bit of each letter; letters may share one."""
    bits = 0
    for letter in set(word):
        bits |= 1 << ord(letter) % _BITS
    return bits
