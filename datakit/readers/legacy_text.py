"""Text of a font older than Unicode turned into Unicode: Kruti Dev, DevLys and Chanakya, by hinlegacy."""

import re
from collections.abc import Sequence
from typing import Final

from datakit.readers.extra import needed

FONTS: Final = {"kruti": "krutidev_010", "devlys": "devlys_010", "chanakya": "walkman_chanakya"}
"""Part of a font's name, small letters and no signs, and hinlegacy's name for its code."""

LATE_SHORT_I: Final = re.compile("\u094d\u093f\u093e")
"""Kruti Dev writes श as half श and a stroke; a short i before it is moved between the two: श्िावाजी for शिवाजी."""


def legacy_code(fonts: Sequence[str]) -> str | None:
    """Return hinlegacy's name for the code of the most used font that has one; None: a font it does not know."""
    for name in fonts:
        plain = re.sub(r"[^a-z]", "", name.casefold())
        for part, code in FONTS.items():
            if part in plain:
                return code
    return None


def to_unicode(text: str, code: str) -> str:
    """Return text of a legacy font in Unicode. Errors: `MissingDependencyError` without hinlegacy."""
    with needed("hinlegacy", "legacy Marathi fonts"):
        import hinlegacy  # type: ignore[import-untyped]  # it ships no types
    return LATE_SHORT_I.sub("\u093f", str(hinlegacy.decode(text, code)))
