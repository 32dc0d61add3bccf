"""Signs that change what a text says and that dedup keys drop: A+ is not A-, C++ is not C, -५ is not ५."""

import re
from typing import Final

import polars as pl

_SIGN = re.compile(r"[+=<>×÷√±^∞≠≤≥]|(?<![^\s(=])[-−](?=[0-9०-९])|(?<=[A-Za-z])[-−](?![\w\u0900-\u097F])")
_MAY_HOLD: Final = r"[+=<>×÷√±^∞≠≤≥]|(?:^|[\s\x1c-\x1f(=])[-−][0-9०-९]|[A-Za-z][-−]"
"""In the engine of polars, which looks at what is behind a place by matching it: true of every text with a sign."""


def signs(text: str | None) -> str:
    """Return the signs of a text in order, minus as `-`; ranges, dashes and hyphens between words are no signs."""
    return "".join(_SIGN.findall(text)).replace("−", "-") if text else ""


def signs_of(texts: pl.Series) -> list[str]:
    """Return the signs of each text of a column, equal to `signs` row by row; null has none."""
    found = [""] * len(texts)
    places = texts.str.contains(_MAY_HOLD).fill_null(False).arg_true()
    for place, text in zip(places.to_list(), texts.gather(places).to_list(), strict=True):
        found[place] = signs(text)
    return found
