"""langdetect, seeded: unseeded it changes its answer from call to call (26 of 400 short texts)."""

from collections.abc import Sequence
from threading import Lock
from typing import Final

from langdetect import DetectorFactory, detect_langs  # type: ignore[import-untyped]  # the package ships no types
from langdetect.lang_detect_exception import LangDetectException  # type: ignore[import-untyped]

from datakit.langid.guess import UNKNOWN, Guesses

SEED: Final = 0
_ONE_AT_A_TIME: Final = Lock()  # the package seeds the random module's global generator


def identify(texts: Sequence[str]) -> Guesses:
    """Return langdetect's first guess for each text and its probability."""
    with _ONE_AT_A_TIME:
        DetectorFactory.seed = SEED
        return Guesses.of([_identify(text) for text in texts])


def _identify(text: str) -> tuple[str, float]:
    try:
        first = detect_langs(text)[0]
    except LangDetectException:  # no features: digits, emoji, an empty text
        return UNKNOWN, 0.0
    return first.lang, first.prob
