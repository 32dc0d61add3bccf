"""A column of texts as one array of UTF-16 code units: what is looked up unit by unit costs no pass over strings."""

from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl

Units = np.ndarray[Any, np.dtype[np.uint16]]
Positions = np.ndarray[Any, np.dtype[np.int64]]

BETWEEN = 0
"""The unit that stands behind each text; a text may hold it too."""

_REMEMBERED: Final = 2  # questions and answers of a batch: their keys and their words are made of the same units
_last: Final[list[tuple[pl.Series, Units, Positions]]] = []


def code_units(texts: pl.Series) -> tuple[Units, Positions]:
    """Return the units of all texts, each followed by BETWEEN, and where each text begins; null is an empty text.

    The last two columns are remembered, and known again by content.
    """
    for held, units, begins in _last:
        if held.equals(texts):
            return units, begins
    units, begins = _units(texts)
    _last[:] = [*_last[1 - _REMEMBERED :], (texts, units, begins)]
    return units, begins


def _units(texts: pl.Series) -> tuple[Units, Positions]:
    joined = texts.fill_null("").str.join("\0").item() + "\0" if len(texts) else ""
    units = np.frombuffer(joined.encode("utf-16-le"), dtype="<u2")
    lengths = texts.str.len_chars().fill_null(0).cast(pl.Int64).to_numpy()
    if len(units) != lengths.sum() + len(lengths):  # some character takes two units
        lengths = lengths + _pairs(texts)
    return units, np.cumsum(lengths + 1) - lengths - 1


def _pairs(texts: pl.Series) -> Positions:
    """Return how many characters of each text take two units."""
    return texts.str.count_matches(r"[\x{10000}-\x{10FFFF}]").fill_null(0).cast(pl.Int64).to_numpy()


@cache
def characters() -> tuple[Positions, pl.Series]:
    """Return the code units that are characters by themselves, 0 left out, and those characters."""
    codes = np.concatenate([np.arange(1, 0xD800), np.arange(0xE000, 2**16)])
    return codes, pl.Series(codes.astype(np.uint32).view("<U1").tolist())
