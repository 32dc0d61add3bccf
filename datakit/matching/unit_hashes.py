"""A hash of each of many stretches of one array of code units: equal text has equal hashes wherever it stands."""

from functools import cache
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16
from datakit.matching.minhash import U64, mix

USUAL: Final = 2**18
"""Units at a time: arrays of 2 MB, which a core's own cache holds."""
_LONGEST: Final = 64  # code units; sums of powers modulo 2^64 tell words of this length apart, Thue-Morse words too
_FACTOR: Final = 0xD1342543DE82EF95  # odd, so it has an inverse modulo 2^64

_UNIT: Final = mix(np.arange(2**16, dtype=np.uint64))


def unit_hashes(units: U16, starts: I64, ends: I64) -> U64:
    """Hash each stretch: the sum over its code units of a random number for the unit times a power for the place."""
    powers, inverse = _powers(max(USUAL, 1 << len(units).bit_length()))
    total = np.zeros(len(units) + 1, dtype=np.uint64)
    np.cumsum(_UNIT[units] * powers[: len(units)], out=total[1:])
    found = mix((total[ends] - total[starts]) * inverse[starts])
    for number in np.flatnonzero(ends - starts > _LONGEST).tolist():
        found[number] = xxhash.xxh3_64_intdigest(units[starts[number] : ends[number]].tobytes())
    return found


@cache
def _powers(count: int) -> tuple[U64, U64]:
    def up(base: int) -> U64:
        row = np.full(count, base, dtype=np.uint64)
        row[0] = 1
        return np.cumprod(row, dtype=np.uint64)

    return up(_FACTOR), up(pow(_FACTOR, -1, 2**64))


class HashedWords:
    """A set of words by their hashes: which of a column's words may be in it."""

    def __init__(self, words: frozenset[str]) -> None:
        """Take the words, of characters below U+10000."""
        units = np.frombuffer("".join(words).encode("utf-16-le"), dtype="<u2")
        lengths = np.array([len(word) for word in words], dtype=np.int64)
        ends = np.cumsum(lengths)
        self._hashes = np.sort(unit_hashes(units, ends - lengths, ends))

    def may_hold(self, hashes: U64) -> NDArray[np.bool_]:
        """Tell of each hash whether it is that of a word of the set; of another word once in 2^64 words of a table."""
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found: NDArray[np.bool_] = self._hashes[at] == hashes
        return found
