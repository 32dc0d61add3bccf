"""MinHash with banding over the word pairs of long texts, all rows of a batch at once.

One changed word in twenty-five changes two of twenty-four word pairs: Jaccard .85. Twelve bands of six rows find a pair
of that similarity with probability 1 - (1 - .85^6)^12 = .996, and one of .4 with .05 (Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", 3.4). Hashes are our own arithmetic on 64-bit words: equal on every machine and version.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.devanagari.code_units import cuts

U64 = NDArray[np.uint64]

BANDS: Final = 12
ROWS_A_BAND: Final = 6

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_STEPS: Final = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST: Final = np.uint64(31)
_CHUNK: Final = 2**16
"""Numbers at a time: many passes over half a megabyte, which a core's own cache holds, in .6 of the time."""


def mix(values: U64) -> U64:
    """Scramble 64-bit words so that every bit of the input reaches every bit of the output (splitmix64)."""
    mixed = values + _GOLDEN
    room = np.empty(min(len(mixed), _CHUNK), dtype=np.uint64)
    for start in range(0, len(mixed), _CHUNK):
        part = mixed[start : start + _CHUNK]
        shifted = room[: len(part)]
        for bits, factor in _STEPS:
            part ^= np.right_shift(part, bits, out=shifted)
            part *= factor
        part ^= np.right_shift(part, _LAST, out=shifted)
    return mixed


def paired(one: U64, two: U64) -> U64:
    """Return a hash of each pair of hashes; their order counts."""
    return mix(mix(one) ^ two)


_FACTORS: Final = mix(np.arange(1, BANDS * ROWS_A_BAND + 1, dtype=np.uint64)) | np.uint64(1)


def word_pairs(owner: NDArray[np.int64], hashes: U64) -> tuple[NDArray[np.int64], U64]:
    """Return owner and hash of each pair of neighbouring words of one text."""
    second = np.flatnonzero(owner[1:] == owner[:-1]) + 1
    return owner[second], mix(hashes[second - 1] * np.uint64(3) + hashes[second])


def bands(starts: NDArray[np.int64], features: U64) -> U64:
    """Return `(BANDS, rows)` band hashes; row i has the features from `starts[i]` to `starts[i + 1]`, at least one."""
    least = np.empty((ROWS_A_BAND, BANDS, len(starts)), dtype=np.uint64)
    for first, last in pairwise(cuts(starts, len(features), _CHUNK)):
        end = starts[last] if last < len(starts) else len(features)
        _least_of(starts[first:last] - starts[first], features[starts[first] : end], least[:, :, first:last])
    found = np.repeat(np.arange(BANDS, dtype=np.uint64), len(starts))
    for row in least:
        found = mix(found ^ row.ravel())
    return found.reshape(BANDS, len(starts))


def _least_of(starts: NDArray[np.int64], features: U64, into: U64) -> None:
    """Write the least hash of the features of each row under each of the hash functions."""
    scrambled = np.empty_like(features)
    for number, factor in enumerate(_FACTORS):
        np.multiply(features, factor, out=scrambled)
        np.minimum.reduceat(scrambled, starts, out=into[number % ROWS_A_BAND, number // ROWS_A_BAND])
