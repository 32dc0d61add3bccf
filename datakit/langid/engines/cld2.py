"""CLD2, by the package pycld2: fast, made for web pages, knows no Konkani."""

from collections.abc import Sequence

import pycld2  # type: ignore[import-untyped]  # the package ships no types

from datakit.langid.guess import UNKNOWN, Guesses


def identify(texts: Sequence[str]) -> Guesses:
    """Return CLD2's first guess for each text; the confidence is the share of the text it gives to that language."""
    return Guesses.of(map(_identify, texts))


def _identify(text: str) -> tuple[str, float]:
    try:
        _, _, details = pycld2.detect(text.encode("utf-8", "ignore"), bestEffort=True)
    except pycld2.error:  # control characters that CLD2 takes for broken UTF-8
        return UNKNOWN, 0.0
    _, code, percent, _ = details[0]
    return code, percent / 100
