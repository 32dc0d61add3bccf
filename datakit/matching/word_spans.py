"""Where the words of a column lie, and a hash of each, found with arrays: no Python object, no string a word."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.letter_tree import I64, U16
from datakit.matching.minhash import U64
from datakit.matching.unit_classes import COMMA, HALF, KIND, LETTER, NUMBER, OTHER, UnitClasses, kinds_of, unit_classes
from datakit.matching.unit_hashes import USUAL, unit_hashes

_NONE: Final = np.empty(0, dtype=np.int64)
_GROUP: Final = (2, 3)  # digits after a comma of ५,००,०००


@dataclass(frozen=True)
class WordSpans:
    """Words of a column, in order: word i is `units[starts[i]:ends[i]]` of text `owner[i]`; equal words, equal hash."""

    units: U16
    starts: I64
    ends: I64
    owner: I64
    hashes: U64

    def word(self, number: int) -> str:
        """Return the text of one word."""
        return self.units[self.starts[number] : self.ends[number]].tobytes().decode("utf-16-le")

    def words(self, numbers: I64) -> list[str]:
        """Return the texts of some words."""
        lengths = self.ends[numbers] - self.starts[numbers]
        ends = np.cumsum(lengths)
        places = np.repeat(self.starts[numbers] - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)
        joined = self.units[places].tobytes().decode("utf-16-le")
        if len(joined) < len(places):  # characters of two units: places in the text are not those of the units
            return [self.word(number) for number in numbers.tolist()]
        return [joined[end - length : end] for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)]


def word_spans(texts: pl.Series) -> WordSpans:
    r"""Find the words that `lexemes.WORD_PATTERN` finds; null has none.

    The one difference: digits beyond U+FFFF (mathematical alphabets) make words, but no groups with commas.
    """
    return spans_of(unit_classes(texts))


def spans_of(known: UnitClasses) -> WordSpans:
    """Find the words of a column whose units are classified."""
    units, kinds = known.units, known.classes & np.uint8(KIND)
    astral = _astral(units, kinds) if (known.texts & HALF).any() else None
    found = [_spans(units[cut], kinds[cut], cut.start, astral) for cut in _cuts(kinds)]
    starts, ends = (np.concatenate([_NONE, *(part[at] for part in found)]) for at in (0, 1))
    hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(part[2] for part in found)])
    counts = np.diff(np.searchsorted(starts, np.append(known.begins, len(units))))
    return WordSpans(units, starts, ends, np.repeat(np.arange(len(known.begins), dtype=np.int64), counts), hashes)


def _astral(units: U16, kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Write the kinds of characters of two code units into `kinds`; tell where such characters are."""
    pairs: NDArray[np.bool_] = (units & 0xF800) == 0xD800
    at = np.flatnonzero(pairs)[::2]
    if len(at):
        chars = pl.Series(list(units[np.flatnonzero(pairs)].tobytes().decode("utf-16-le")))
        distinct = chars.unique()
        known = dict(zip(distinct, kinds_of(distinct).tolist(), strict=True))
        kinds[at] = kinds[at + 1] = [known[char] for char in chars]
    return pairs


def _cuts(kinds: NDArray[np.uint8]) -> Iterator[slice]:
    """Cut a column into chunks at places that are inside no word."""
    start = 0
    while start < len(kinds):
        end = start + USUAL
        while end < len(kinds) and kinds[end] != OTHER:
            end += 1
        yield slice(start, min(end, len(kinds)))
        start = end


def _spans(units: U16, kinds: NDArray[np.uint8], offset: int, astral: NDArray[np.bool_] | None) -> tuple[I64, I64, U64]:
    """Return start and end of the words of a chunk, counted from `offset`, and their hashes."""
    ends = np.append(np.flatnonzero(kinds[1:] != kinds[:-1]) + 1, len(kinds))
    starts = np.append(0, ends[:-1])
    kind = kinds[starts]
    word = (kind == LETTER) | (kind == NUMBER)
    begins, closes, extra = word, word, _NONE
    joined = _joined(kind, ends - starts)
    if len(joined) and astral is not None:
        joined = joined[~astral[offset + starts[joined]] & ~astral[offset + starts[joined - 2]]]
    if len(joined):
        begins, closes = word.copy(), word.copy()
        begins[joined] = False
        closes[joined - 2] = False
        extra = starts[joined[(ends - starts)[joined] > _GROUP[1]]] + _GROUP[1]
    starts, ends = starts[np.flatnonzero(begins)], ends[np.flatnonzero(closes)]  # a quarter of the time of masks
    if len(extra):
        starts, ends = np.sort(np.append(starts, extra)), np.sort(np.append(ends, extra))
    return starts + offset, ends + offset, unit_hashes(units, starts, ends)


def _joined(kind: NDArray[np.uint8], lengths: I64) -> I64:
    """Return the runs of two or more digits that one comma joins to the digits before it."""
    comma = np.flatnonzero((kind[1:-1] == COMMA) & (lengths[1:-1] == 1)) + 1
    digits = (kind[comma - 1] == NUMBER) & (kind[comma + 1] == NUMBER) & (lengths[comma + 1] >= _GROUP[0])
    second: I64 = comma[digits] + 1
    return second
