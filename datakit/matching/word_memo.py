"""What is known of words, by the hash of the word: a table that a whole column is looked up in at once."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from datakit.matching.minhash import U64

I64 = NDArray[np.int64]

_BITS: Final = 20
_FULLEST: Final = 0.6  # of the places; beyond it a word that is not there is looked for in ever longer rows of places


class Known(NamedTuple):
    """What is known of some words, one array a property."""

    stems: U64
    """Hashes of the stems."""
    kinds: NDArray[np.uint8]
    unknown: NDArray[np.bool_]
    """No list knows the word."""
    roots: U64
    flags: NDArray[np.uint8]
    """What the word brings into a question and what it does there, see accounts.py."""


class WordMemo:
    """What `Known` holds of each of up to 629,000 words, in 28 MB.

    Open addressing: a word stands at the place that the first bits of its hash name, or at the next free one.
    """

    def __init__(self, *, bits: int = _BITS) -> None:
        """Make room for `0.6 × 2^bits` words."""
        self._bits = bits
        self._shift = np.uint64(64 - bits)
        self._last = (1 << bits) - 1
        self.clear()

    def clear(self) -> None:
        """Forget all words."""
        self.count = 0
        self._words = np.zeros(self._last + 1, dtype=np.uint64)
        size = self._last + 1
        self.known = Known(
            np.zeros(size, dtype=np.uint64),
            np.zeros(size, dtype=np.uint8),
            np.zeros(size, dtype=np.bool_),
            np.zeros(size, dtype=np.uint64),
            np.zeros(size, dtype=np.uint8),
        )

    def larger(self) -> "WordMemo":
        """Return an empty memo for twice as many words."""
        return WordMemo(bits=self._bits + 1)

    def has_room(self, more: int) -> bool:
        """Tell whether so many words more may be added."""
        return self.count + more <= _FULLEST * (self._last + 1)

    def places(self, words: U64) -> I64:
        """Return where each word stands in `known`; -1 for a word that is not there."""
        words = np.maximum(words, np.uint64(1))  # 0 is a free place
        at = (words >> self._shift).astype(np.int64)
        there = self._words[at]
        open_ = np.flatnonzero(there != words)
        while len(open_):
            free = self._words[at[open_]] == 0
            at[open_[free]] = -1
            open_ = open_[~free]
            at[open_] = (at[open_] + 1) & self._last
            open_ = open_[self._words[at[open_]] != words[open_]]
        return at

    def add(self, words: U64, known: Known) -> None:
        """Add distinct words that are not there yet."""
        words = np.maximum(words, np.uint64(1))
        at = (words >> self._shift).astype(np.int64)
        todo = np.arange(len(words))
        while len(todo):
            free = todo[self._words[at[todo]] == 0]
            self._words[at[free]] = words[free]  # of two words at one place the last stays, the other goes on
            todo = todo[self._words[at[todo]] != words[todo]]
            at[todo] = (at[todo] + 1) & self._last
        held: tuple[NDArray[Any], ...] = self.known
        for column, new in zip(held, known, strict=True):
            column[at] = new
        self.count += len(words)
