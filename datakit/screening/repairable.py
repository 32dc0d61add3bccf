"""Which of many words `repaired` may find the right word for: the confusions of all are undone at once, in arrays.

Of 60,000 unknown words in 40,000 short documents 102 have a repair; to look for one costs 6 microseconds, this 1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16
from datakit.matching.unit_hashes import HashedWords, unit_hashes
from datakit.screening.known_words import known_words
from datakit.screening.wrong_letters import (
    CONSONANTS,
    MAX_LETTERS,
    MIN_COUNT,
    MIN_LETTERS,
    REPH_SEEN_AS,
    SHORT_I_SEEN_AS,
    SIGNS,
)

Bools = NDArray[np.bool_]

_BETWEEN: Final = 0
_GONE: Final = 0xFFFF  # no character
_CONSONANT, _SIGN, _AS_REPH, _AS_SHORT_I = (1 << bit for bit in range(4))
_VIRAMA, _SHORT_A, _A, _AA, _I, _LONG_A, _BINDU, _LA, _RA = (ord(char) for char in "्ऄअआिांलर")


@dataclass(frozen=True)
class _Words:
    """Word i is `units[starts[i]:ends[i]]`; BETWEEN stands before the first word, behind each, and last again."""

    units: U16
    starts: I64
    ends: I64

    def those(self, which: I64) -> "_Words":
        """Return some of the words."""
        return _Words(self.units, self.starts[which], self.ends[which])


@dataclass(frozen=True)
class _Edits:
    """What to make of words: one unit is taken away, and before another place some are put; places are in the units."""

    taken: I64
    at: I64
    put: tuple[int, ...]


def may_be_repaired(words: Sequence[str]) -> Bools:
    """Tell of each word whether `repaired` may find something; words are of characters below U+10000, none of them 0.

    True of every word that it repairs, and of another once in 2^64.
    """
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    ends = np.cumsum(lengths + 1)
    joined = "\0".join(["", *words, "", ""])
    every = _Words(np.frombuffer(joined.encode("utf-16-le"), dtype="<u2"), ends - lengths, ends)
    looked = np.flatnonzero((lengths >= MIN_LETTERS) & (lengths <= MAX_LETTERS))
    found = np.zeros(len(words), dtype=np.bool_)
    once, owner = _undone(every.those(looked))
    found[looked[owner[_frequent().may_hold(_hashes(once))]]] = True
    more = np.flatnonzero((once.ends - once.starts > 2) & ~found[looked[owner]])
    twice, of = _undone(once.those(more))
    found[looked[owner[more[of[_frequent().may_hold(_hashes(twice))]]]]] = True
    return found


@cache
def _frequent() -> HashedWords:
    return HashedWords(frozenset(word for word, count in known_words().items() if count >= MIN_COUNT))


def _hashes(words: _Words) -> NDArray[np.uint64]:
    return unit_hashes(words.units, words.starts, words.ends)


def _undone(words: _Words) -> tuple[_Words, I64]:
    """Return what `wrong_letters._undo` makes of each word, and of which word each is."""
    edits = list(_edits(words))
    made = [_edited(words, some) for some in edits]
    return _joined([some for some, _ in made]), np.concatenate([owner for _, owner in made])


def _edits(words: _Words) -> Iterator[_Edits]:
    """Yield the edits of each confusion, as `_undo` lists them."""
    units, classes = words.units, np.take(_classes(), words.units)
    inside = _inside(words)
    consonant, before, after = (classes & _CONSONANT) > 0, np.roll(units, 1), np.roll(units, -1)
    free = inside & consonant & (after != _VIRAMA)
    for letter in (_AA, _A):
        places = np.flatnonzero(inside & (units == _SHORT_A))
        yield _Edits(places, places, (letter,))
    places = np.flatnonzero(inside & (units == _I) & ~np.roll(consonant, 1))
    yield _Edits(places, places, (_LA,))
    places = np.flatnonzero(inside & (units == _BINDU) & (before == _LONG_A))
    yield _Edits(places - 1, places, ())
    signless = (np.roll(classes, -1) & _SIGN) == 0
    seen = free & ((classes & _AS_REPH) > 0) & (before != _BETWEEN) & (before != _VIRAMA) & signless
    places = np.flatnonzero(seen)
    yield _Edits(places, _cluster_starts(units, consonant, places), (_RA, _VIRAMA))
    seen = free & np.roll(consonant, -1) & (((classes & _AS_SHORT_I) > 0) | (units == after))
    places = np.flatnonzero(seen)
    ends = _cluster_ends(units, consonant, places)
    signless = (classes[ends] & _SIGN) == 0
    yield _Edits(places[signless], ends[signless], (_I,))


def _inside(words: _Words) -> Bools:
    """Tell which units are of the words; none of them is BETWEEN."""
    change = np.zeros(len(words.units) + 1, dtype=np.int8)
    change[words.starts] += 1
    change[words.ends] -= 1
    return np.cumsum(change[:-1], dtype=np.int8) > 0


def _cluster_starts(units: U16, consonant: Bools, places: I64) -> I64:
    """Return where the last syllable before each place begins."""
    numbers = np.arange(len(units))
    stops = np.maximum.accumulate(np.where(consonant | (np.roll(units, 1) == _BETWEEN), numbers, 0))
    first = np.maximum.accumulate(np.where(units == _BETWEEN, numbers, 0))[places] + 1  # of the word
    at = stops[places - 1]
    while len(going := np.flatnonzero((at > first + 1) & (units[at - 1] == _VIRAMA))):
        at[going] -= 2
    return at


def _cluster_ends(units: U16, consonant: Bools, places: I64) -> I64:
    """Return where the consonant cluster behind each place ends."""
    at = places + 2
    while len(going := np.flatnonzero((units[at] == _VIRAMA) & consonant[np.minimum(at + 1, len(units) - 1)])):
        at[going] += 2
    return at


def _edited(words: _Words, edits: _Edits) -> tuple[_Words, I64]:
    """Return a copy of a word for each edit, edited, and of which word it is."""
    owner = np.searchsorted(words.starts, edits.taken, side="right") - 1
    starts, lengths = words.starts[owner], (words.ends - words.starts)[owner] + 1
    offsets = np.cumsum(lengths) - lengths
    copies = words.units[np.repeat(starts - offsets, lengths) + np.arange(lengths.sum())]
    copies[edits.taken - starts + offsets] = _GONE
    at = np.repeat(edits.at - starts + offsets, len(edits.put))
    copies = np.insert(copies, at, np.tile(np.array(edits.put, dtype=np.uint16), len(owner)))
    units = copies[copies != _GONE]
    ends = np.flatnonzero(units == _BETWEEN)
    return _Words(units, np.append(0, ends + 1)[:-1], ends), owner


def _joined(parts: list[_Words]) -> _Words:
    """Put words of several arrays behind one another."""
    units = np.concatenate(
        [np.zeros(1, dtype=np.uint16), *(part.units for part in parts), np.zeros(1, dtype=np.uint16)]
    )
    ends = np.flatnonzero(units[:-1] == _BETWEEN)[1:]
    return _Words(units, np.append(1, ends + 1)[:-1], ends)


@cache
def _classes() -> NDArray[np.uint8]:
    classes = np.zeros(2**16, dtype=np.uint8)
    letters = ((_CONSONANT, CONSONANTS), (_SIGN, SIGNS), (_AS_REPH, REPH_SEEN_AS), (_AS_SHORT_I, SHORT_I_SEEN_AS))
    for bit, chars in letters:
        classes[[ord(char) for char in chars]] |= bit
    return classes
