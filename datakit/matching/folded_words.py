"""`fold` and `skeleton` of stems.py over words that lie in an array of code units: a look-up, no string a word."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from datakit.devanagari.code_units import BETWEEN
from datakit.matching.letter_tree import I64, U16
from datakit.matching.stems import FOLDED, SKELETONS, STOPS
from datakit.matching.word_spans import WordSpans

_GONE, _STRANGE = 1, 2
_VIRAMA, _BINDU, _RA, _JOINER = (ord(char) for char in "्ंर\u200d")


@dataclass(frozen=True)
class FoldedWords:
    """Words behind one another: word i is `surfaces[starts[i]:ends[i]]`, and of `plains` its skeleton; BETWEEN ends it.

    Not those that are `strange` (other scripts, eyelash ra by a joiner, a visarga): they have to be folded one by one.
    """

    surfaces: U16
    plains: U16
    starts: I64
    ends: I64
    strange: NDArray[np.bool_]


def fold_words(spans: WordSpans, numbers: I64) -> FoldedWords:
    """Fold some words of a column."""
    lengths = spans.ends[numbers] - spans.starts[numbers] + 1
    starts = np.cumsum(lengths) - lengths
    places = np.repeat(spans.starts[numbers] - starts, lengths) + np.arange(lengths.sum())
    raw = spans.units[np.minimum(places, len(spans.units) - 1)]
    raw[starts + lengths - 1] = BETWEEN
    units = np.take(_folds(), raw)
    eyelash = np.flatnonzero(raw == _JOINER)
    eyelash = eyelash[(raw[eyelash - 1] == _VIRAMA) & (raw[eyelash - 2] == _RA)]
    odd = np.concatenate([np.flatnonzero(units == _STRANGE), eyelash])
    strange = np.zeros(len(numbers), dtype=np.bool_)
    strange[np.searchsorted(starts, odd, side="right") - 1] = True
    units = units[units != _GONE]
    at = np.flatnonzero(units == _VIRAMA)  # never the first or the last unit that this looks at: BETWEEN ends all
    nasal = at[(_CLASS_OF_NASAL[units[at - 1]] == _CLASS_OF_STOP[units[at + 1]]) & (_CLASS_OF_STOP[units[at + 1]] > 0)]
    units[nasal - 1] = _BINDU
    units[nasal] = _GONE
    units = units[units != _GONE]
    ends = np.flatnonzero(units == BETWEEN)
    return FoldedWords(units, np.take(_skeletons(), units), np.append(0, ends + 1)[:-1], ends, strange)


@cache
def _folds() -> U16:
    """Say what each code unit of a word is folded to, or that it is dropped, or that such words are strange."""
    known = [*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B), *range(0x900, 0x980)]
    folds = np.full(2**16, _STRANGE, dtype=np.uint16)
    folds[known] = [ord(chr(code).lower()) for code in known]
    for char, to in FOLDED.items():
        folds[ord(char)] = ord(to) if to else _GONE
    folds[BETWEEN] = BETWEEN
    folds[ord("ः")] = _STRANGE
    return folds


@cache
def _skeletons() -> U16:
    """Say of each code unit of a folded word what stands for it in the skeleton."""
    plain = np.arange(2**16, dtype=np.uint16)
    for char, to in SKELETONS.items():
        plain[ord(char)] = ord(to) if to else ord(char)
    return plain


def _classes(letters: dict[str, str], *, stops: bool) -> NDArray[np.uint8]:
    found = np.zeros(2**16, dtype=np.uint8)
    for number, (nasal, members) in enumerate(letters.items(), 1):
        found[[ord(letter) for letter in (members if stops else nasal)]] = number
    return found


_CLASS_OF_NASAL: Final = _classes(STOPS, stops=False)
_CLASS_OF_STOP: Final = _classes(STOPS, stops=True)
