"""Signs that change what a text says and that dedup keys drop: A+ is not A-, C++ is not C, -५ is not ५."""

import re

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datakit.matching.unit_classes import BEFORE_MINUS, HYPHEN, LATIN, SIGN, UnitClasses, unit_classes

_SIGN = re.compile(r"[+=<>×÷√±^∞≠≤≥]|(?<![^\s(=])[-−](?=[0-9०-९])|(?<=[A-Za-z])[-−](?![\w\u0900-\u097F])")


def signs(text: str | None) -> str:
    """Return the signs of a text in order, minus as `-`; ranges, dashes and hyphens between words are no signs."""
    return "".join(_SIGN.findall(text)).replace("−", "-") if text else ""


def signs_of(texts: pl.Series) -> list[str]:
    """Return the signs of each text of a column, equal to `signs` row by row; null has none."""
    found = [""] * len(texts)
    places = np.flatnonzero(_may_hold(unit_classes(texts)))
    for place, text in zip(places.tolist(), texts.gather(places).to_list(), strict=True):
        found[place] = signs(text)
    return found


def _may_hold(column: UnitClasses) -> NDArray[np.bool_]:
    """Tell which texts hold a sign, or a hyphen that may be one: true of every text with a sign."""
    may_hold: NDArray[np.bool_] = (column.texts & SIGN) > 0
    units, classes = column.units, column.classes
    hyphens = np.flatnonzero((classes & HYPHEN) > 0)  # BETWEEN stands behind the last unit, and in -1
    after = units[hyphens + 1]
    digit = ((after >= ord("0")) & (after <= ord("9"))) | ((after >= ord("०")) & (after <= ord("९")))
    before = classes[hyphens - 1]
    minus = hyphens[((before & LATIN) > 0) | (((before & BEFORE_MINUS) > 0) & digit)]
    may_hold[np.searchsorted(column.begins, minus, side="right") - 1] = True
    return may_hold
