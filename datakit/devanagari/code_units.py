"""A column of texts as one array of UTF-16 code units: what is looked up unit by unit costs no pass over strings."""

from functools import cache
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl

from datakit.devanagari.recent import Recent

Units = np.ndarray[Any, np.dtype[np.uint16]]
Positions = np.ndarray[Any, np.dtype[np.int64]]

Entry = TypeVar("Entry", bound=np.generic)

BETWEEN = 0
"""The unit that stands behind each text; a text may hold it too."""
_CHUNK: Final = 2**16  # units at a time: numpy makes indexes of eight bytes of them, which stay in a core's own cache
_JOINED: Final = 2**17  # characters at a time: text joined, decoded and encoded again in memory that is still at hand


def code_units(texts: pl.Series) -> tuple[Units, Positions]:
    """Return the units of all texts, each followed by BETWEEN, and where each text begins; null is an empty text."""
    return _recent(texts)


def look_up(table: np.ndarray[Any, np.dtype[Entry]], units: Units) -> np.ndarray[Any, np.dtype[Entry]]:
    """Return the entry of each unit in a table of 2^16: `table[units]` in .4 of the time."""
    found = np.empty(len(units), dtype=table.dtype)
    for start in range(0, len(units), _CHUNK):
        end = start + _CHUNK
        np.take(table, units[start:end], out=found[start:end], mode="clip")  # without a mode the result is copied
    return found


def cuts(begins: Positions, end: int, size: int) -> list[int]:
    """Return between which of the rows that begin there an array is cut into chunks of about `size` units or more."""
    inner = np.searchsorted(begins, np.arange(size, end, size)).tolist()
    return sorted({0, *inner, len(begins)})


def _units(texts: pl.Series) -> tuple[Units, Positions]:
    texts = texts.fill_null("")
    lengths = texts.str.len_chars().cast(pl.Int64).to_numpy()
    begins = np.cumsum(lengths + 1) - lengths - 1
    parts = pairwise(cuts(begins, int(lengths.sum()) + len(lengths), _JOINED))
    joined = (texts[first:last].str.join("\0").item() + "\0" for first, last in parts)
    units = np.frombuffer(b"".join([part.encode("utf-16-le") for part in joined]), dtype="<u2")
    if len(units) != lengths.sum() + len(lengths):  # some character takes two units
        lengths = lengths + _pairs(texts)
        begins = np.cumsum(lengths + 1) - lengths - 1
    return units, begins


def _pairs(texts: pl.Series) -> Positions:
    """Return how many characters of each text take two units."""
    return texts.str.count_matches(r"[\x{10000}-\x{10FFFF}]").fill_null(0).cast(pl.Int64).to_numpy()


_recent: Final = Recent(_units, 2)  # questions and answers of a batch: keys and words are made of the same units


@cache
def characters() -> tuple[Positions, pl.Series]:
    """Return the code units that are characters by themselves, 0 left out, and those characters."""
    codes = np.concatenate([np.arange(1, 0xD800), np.arange(0xE000, 2**16)])
    return codes, pl.Series(codes.astype(np.uint32).view("<U1").tolist())
