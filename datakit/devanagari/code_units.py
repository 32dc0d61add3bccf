"""A column of texts as one array of UTF-16 code units: what is looked up unit by unit costs no pass over strings."""

from typing import Any

import numpy as np
import polars as pl

Units = np.ndarray[Any, np.dtype[np.uint16]]
Positions = np.ndarray[Any, np.dtype[np.int64]]

BETWEEN = 0
"""The unit that stands behind each text; a text may hold it too."""


def code_units(texts: pl.Series) -> tuple[Units, Positions]:
    """Return the units of all texts, each followed by BETWEEN, and where each text begins; null is an empty text."""
    joined = texts.fill_null("").str.join("\0").item() + "\0" if len(texts) else ""
    units = np.frombuffer(joined.encode("utf-16-le"), dtype="<u2")
    lengths = texts.str.len_chars().fill_null(0).cast(pl.Int64).to_numpy()
    if len(units) != lengths.sum() + len(lengths):  # some character takes two units
        lengths = np.array([len(text.encode("utf-16-le")) // 2 for text in texts.fill_null("")], dtype=np.int64)
    return units, np.cumsum(lengths + 1) - lengths - 1
