"""Many words in one array of code units, and copies of them in which a few units are taken away or put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16
from datakit.matching.unit_hashes import unit_hashes

BETWEEN: Final = 0
_GONE: Final = 0xFFFF  # no character


@dataclass(frozen=True)
class EditedWords:
    """Word i is `units[starts[i]:ends[i]]`; BETWEEN stands before the first word, behind each, and last again."""

    units: U16
    starts: I64
    ends: I64

    def those(self, which: I64) -> "EditedWords":
        """Return some of the words."""
        return EditedWords(self.units, self.starts[which], self.ends[which])

    def inside(self) -> NDArray[np.bool_]:
        """Tell which units are of the words; none of them is BETWEEN."""
        change = np.zeros(len(self.units) + 1, dtype=np.int8)
        change[self.starts] += 1
        change[self.ends] -= 1
        return np.cumsum(change[:-1], dtype=np.int8) > 0

    def hashes(self) -> NDArray[np.uint64]:
        """Return a hash of each word."""
        return unit_hashes(self.units, self.starts, self.ends)


@dataclass(frozen=True)
class Edits:
    """What to make of words: one unit is taken away, and before another place some are put; places are in the units."""

    taken: I64
    at: I64
    put: tuple[int, ...]


def in_one_array(words: Sequence[str]) -> EditedWords:
    """Put words of characters below U+10000, none of them 0, behind one another."""
    lengths = np.array([len(word) for word in words], dtype=np.int64)
    ends = np.cumsum(lengths + 1)
    units = np.frombuffer("\0".join(["", *words, "", ""]).encode("utf-16-le"), dtype="<u2")
    return EditedWords(units, ends - lengths, ends)


def edited(words: EditedWords, edits: Edits) -> tuple[EditedWords, I64]:
    """Return a copy of a word for each edit, edited, and of which word it is."""
    owner = np.searchsorted(words.starts, edits.taken, side="right") - 1
    starts, lengths = words.starts[owner], (words.ends - words.starts)[owner] + 1
    offsets = np.cumsum(lengths) - lengths
    copies = words.units[np.repeat(starts - offsets, lengths) + np.arange(lengths.sum())]
    copies[edits.taken - starts + offsets] = _GONE
    at = np.repeat(edits.at - starts + offsets, len(edits.put))
    copies = np.insert(copies, at, np.tile(np.array(edits.put, dtype=np.uint16), len(owner)))
    units = copies[copies != _GONE]
    ends = np.flatnonzero(units == BETWEEN)
    return EditedWords(units, np.append(0, ends + 1)[:-1], ends), owner


def joined(parts: list[EditedWords]) -> EditedWords:
    """Put words of several arrays behind one another."""
    units = np.concatenate(
        [np.zeros(1, dtype=np.uint16), *(part.units for part in parts), np.zeros(1, dtype=np.uint16)]
    )
    ends = np.flatnonzero(units[:-1] == BETWEEN)[1:]
    return EditedWords(units, np.append(1, ends + 1)[:-1], ends)
