"""Signs that change what a text says and that dedup keys drop: A+ is not A-, C++ is not C, -५ is not ५."""

import re

_SIGN = re.compile(r"[+=<>×÷√±^∞≠≤≥]|(?<![^\s(=])[-−](?=[0-9०-९])|(?<=[A-Za-z])[-−](?![\w\u0900-\u097F])")


def signs(text: str | None) -> str:
    """Return the signs of a text in order, minus as `-`; ranges, dashes and hyphens between words are no signs."""
    return "".join(_SIGN.findall(text)).replace("−", "-") if text else ""
