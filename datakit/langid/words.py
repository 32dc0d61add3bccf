"""From characters to features: the words of many texts, and hashed n-grams of each distinct word.

A word is a run of letters of one text. Its features are its n-grams of 2 to 6 characters, the boundaries before and
after it included, and the word as a whole. All of it is arithmetic on whole arrays: the hash of any stretch of text is
a difference of two prefix sums, so no text, word or n-gram is ever a Python object.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

ORDERS: Final = (2, 3, 4, 5, 6)
BASE: Final = 0x9E3779B97F4A7C15
"""Odd, so that it has an inverse modulo 2**64; 2**64 divided by the golden ratio, as in Fibonacci hashing."""
INVERSE: Final = pow(BASE, -1, 1 << 64)


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of many texts, in the order in which they stand there."""

    prefix: "Prefix"  # hashes of any stretch of the characters, in which 0 stands where there is no letter
    first: Places  # where a word stands: [first, last) in the characters
    last: Places
    text: NDArray[np.int32]  # the number of its text, ascending

    def hashes(self) -> Hashes:
        """Return a number for each word; equal words have equal numbers, in this array and in any other."""
        return self.prefix.of(self.first, self.last)

    def distinct(self) -> tuple["Words", Places]:
        """Return each different word once, and for each occurrence which of those it is."""
        _, where, kind = np.unique(self.hashes(), return_index=True, return_inverse=True)
        return self.some(where), kind

    def some(self, which: Places) -> "Words":
        """Return the words at these places of the list."""
        return Words(prefix=self.prefix, first=self.first[which], last=self.last[which], text=self.text[which])


@cache
def _character_hashes() -> Hashes:
    """A 64-bit number for each character: splitmix64 of its code."""
    z = (np.arange(0x10000, dtype=np.uint64) + np.uint64(1)) * np.uint64(BASE)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@cache
def _powers(base: int, blocks: int) -> Hashes:
    """Return base**0, base**1, … for so many blocks of 2**18 characters."""
    steps = np.full(blocks << 18, base, np.uint64)
    steps[0] = 1
    return np.cumprod(steps)


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """Prefix sums of a text's polynomial hash: `of` gives the hash of any stretches."""

    sums: Hashes
    inverse: Hashes

    def of(self, start: Places, end: Places) -> Hashes:
        value: Hashes = (self.sums.take(end) - self.sums.take(start)) * self.inverse.take(start)
        value ^= value >> np.uint64(32)
        value *= np.uint64(0xD6E8FEB86659FD93)
        return value ^ (value >> np.uint64(32))


def _prefix(folded: NDArray[np.uint16]) -> Prefix:
    sums = np.empty(len(folded) + 1, np.uint64)
    sums[0] = 0
    blocks = 1 << (len(folded) >> 18).bit_length()  # a power of two: few sizes, and so little memory, are kept
    np.cumsum(_character_hashes().take(folded) * _powers(BASE, blocks)[: len(folded)], out=sums[1:])
    return Prefix(sums=sums, inverse=_powers(INVERSE, blocks)[: len(folded) + 1])


def find_words(folded: NDArray[np.uint16], text: NDArray[np.int32]) -> Words:
    """Find the words in characters that begin and end with a 0 and belong to the texts numbered in `text`."""
    letter = folded != 0
    edge = np.flatnonzero(letter[1:] != letter[:-1]) + 1
    first, last = edge[0::2], edge[1::2]
    return Words(prefix=_prefix(folded), first=first, last=last, text=text[first])


def buckets(words: Words, *, bits: int) -> tuple[NDArray[np.int64], Places]:
    """Return the features of each word, numbers below 2**bits, and where each word's features begin."""
    prefix = words.prefix
    start, size = words.first - 1, words.last - words.first + 2
    counts = [np.maximum(size - order + 1, 0) for order in ORDERS]
    offsets = np.zeros(len(start) + 1, np.int64)
    np.cumsum(1 + np.sum(counts, axis=0, dtype=np.int64), out=offsets[1:])
    found = np.empty(offsets[-1], np.uint64)
    place = offsets[:-1].copy()
    found[place] = prefix.of(start, start + size) ^ np.uint64(
        BASE
    )  # a short word is its own n-gram too: keep them apart
    place += 1
    for order, count in zip(ORDERS, counts, strict=True):
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        gram = np.repeat(start, count) + within
        found[np.repeat(place, count) + within] = prefix.of(gram, gram + order)
        place += count
    return (found >> np.uint64(64 - bits)).astype(np.int64), offsets[:-1]
