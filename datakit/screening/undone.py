"""What `wrong_letters._undo` makes of a word, of many words at once: each confusion undone at each place, in arrays."""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16
from datakit.screening.edited_words import BETWEEN, EditedWords, Edits, edited, joined
from datakit.screening.wrong_letters import CONSONANTS, REPH_SEEN_AS, SHORT_I_SEEN_AS, SIGNS

Bools = NDArray[np.bool_]

_CONSONANT, _SIGN, _AS_REPH, _AS_SHORT_I = (1 << bit for bit in range(4))
_VIRAMA, _SHORT_A, _A, _AA, _I, _LONG_A, _BINDU, _LA, _RA = (ord(char) for char in "्ऄअआिांलर")


def undone(words: EditedWords) -> tuple[EditedWords, I64]:
    """Return what `wrong_letters._undo` makes of each word, and of which word each is."""
    edits = list(_edits(words))
    made = [edited(words, some) for some in edits]
    return joined([some for some, _ in made]), np.concatenate([owner for _, owner in made])


def _edits(words: EditedWords) -> Iterator[Edits]:
    """Yield the edits of each confusion, as `_undo` lists them."""
    units, classes = words.units, np.take(_classes(), words.units)
    inside = words.inside()
    consonant, before, after = (classes & _CONSONANT) > 0, np.roll(units, 1), np.roll(units, -1)
    free = inside & consonant & (after != _VIRAMA)
    for letter in (_AA, _A):
        places = np.flatnonzero(inside & (units == _SHORT_A))
        yield Edits(places, places, (letter,))
    places = np.flatnonzero(inside & (units == _I) & ~np.roll(consonant, 1))
    yield Edits(places, places, (_LA,))
    places = np.flatnonzero(inside & (units == _BINDU) & (before == _LONG_A))
    yield Edits(places - 1, places, ())
    signless = (np.roll(classes, -1) & _SIGN) == 0
    seen = free & ((classes & _AS_REPH) > 0) & (before != BETWEEN) & (before != _VIRAMA) & signless
    places = np.flatnonzero(seen)
    yield Edits(places, _cluster_starts(units, consonant, places), (_RA, _VIRAMA))
    seen = free & np.roll(consonant, -1) & (((classes & _AS_SHORT_I) > 0) | (units == after))
    places = np.flatnonzero(seen)
    ends = _cluster_ends(units, consonant, places)
    signless = (classes[ends] & _SIGN) == 0
    yield Edits(places[signless], ends[signless], (_I,))


def _cluster_starts(units: U16, consonant: Bools, places: I64) -> I64:
    """Return where the last syllable before each place begins."""
    numbers = np.arange(len(units))
    stops = np.maximum.accumulate(np.where(consonant | (np.roll(units, 1) == BETWEEN), numbers, 0))
    first = np.maximum.accumulate(np.where(units == BETWEEN, numbers, 0))[places] + 1  # of the word
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


@cache
def _classes() -> NDArray[np.uint8]:
    classes = np.zeros(2**16, dtype=np.uint8)
    letters = ((_CONSONANT, CONSONANTS), (_SIGN, SIGNS), (_AS_REPH, REPH_SEEN_AS), (_AS_SHORT_I, SHORT_I_SEEN_AS))
    for bit, chars in letters:
        classes[[ord(char) for char in chars]] |= bit
    return classes
