"""A hash of each of many stretches of one array of code units: equal text has equal hashes wherever it stands."""

from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16
from datakit.matching.minhash import U64, mix

USUAL: Final = 2**18
"""Units at a time: arrays of 2 MB, which a core's own cache holds."""
_LONGEST: Final = 64  # units; words are shorter, and taken four at a time a stretch of a megabyte takes seconds
_AT_ONCE: Final = 4
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_FIRST: Final = np.array([2 ** (16 * units) - 1 for units in range(_AT_ONCE + 1)], dtype=np.uint64)
"""Masks that keep so many units of four."""


def unit_hashes(units: U16, starts: I64, ends: I64) -> U64:
    """Hash each stretch: four units at a time as one number, multiplied into what was before."""
    four = _fours(units)
    lengths = ends - starts
    found = _stirred(four[starts] & _FIRST[np.minimum(lengths, _AT_ONCE)])
    which = np.flatnonzero((lengths > _AT_ONCE) & (lengths <= _LONGEST))
    at = 0
    while len(which):
        at += _AT_ONCE
        left = lengths[which] - at
        found[which] = _stirred(found[which] ^ (four[starts[which] + at] & _FIRST[np.minimum(left, _AT_ONCE)]))
        which = which[left > _AT_ONCE]
    found = mix(found + lengths.astype(np.uint64))
    for number in np.flatnonzero(lengths > _LONGEST).tolist():
        found[number] = xxhash.xxh3_64_intdigest(units[starts[number] : ends[number]].tobytes())
    return found


def _fours(units: U16) -> U64:
    """Return for each place the four units from it on as one number; behind the end are zeros."""
    padded = np.concatenate([units, np.zeros(_AT_ONCE, dtype=np.uint16)])
    first = padded[:_AT_ONCE].view(np.uint64)
    return np.lib.stride_tricks.as_strided(first, shape=(len(units) + 1,), strides=(padded.itemsize,))


def _stirred(values: U64) -> U64:
    values *= _ODD
    values ^= values >> _HALF
    return values


_FIRST_BITS: Final = 18
_BEHIND: Final = np.uint64(64 - _FIRST_BITS)


class HashedWords:
    """A set of words by their hashes: which of a column's words may be in it."""

    def __init__(self, words: frozenset[str]) -> None:
        """Take the words, of characters below U+10000."""
        units = np.frombuffer("".join(words).encode("utf-16-le"), dtype="<u2")
        lengths = np.array([len(word) for word in words], dtype=np.int64)
        ends = np.cumsum(lengths)
        self._hashes = np.sort(unit_hashes(units, ends - lengths, ends))
        self._first = np.zeros(2**_FIRST_BITS, dtype=np.bool_)
        self._first[self._hashes >> _BEHIND] = True

    def may_hold(self, hashes: U64) -> NDArray[np.bool_]:
        """Tell of each hash whether it is that of a word of the set; of another word once in 2^64 words of a table."""
        found: NDArray[np.bool_] = self._first[hashes >> _BEHIND]
        near = np.flatnonzero(found)  # most are told by their first bits, which cost a tenth of a search
        at = np.minimum(np.searchsorted(self._hashes, hashes[near]), len(self._hashes) - 1)
        found[near] = self._hashes[at] == hashes[near]
        return found
