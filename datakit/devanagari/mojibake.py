"""UTF-8 that was once read as Windows-1252: `à¤ªà¥` is पु in disguise.

Only runs that look like encoded Devanagari (lead bytes E0 A4, E0 A5) start a repair: `voilà` and `à la carte` stay. It
must run before any change of spaces: ठ is E0 A4 A0, and byte A0 reads as a no-break space.
"""

import re
from typing import Final


def _byte_of() -> dict[str, int]:
    # Both readings of 80–9F occur: cp1252 (Œ for 8C) and, where cp1252 has no character, C1 controls.
    table = {chr(byte): byte for byte in range(0x80, 0x100)}
    for byte in range(0x80, 0xA0):
        try:
            table[bytes([byte]).decode("cp1252")] = byte
        except UnicodeDecodeError:
            continue
    return table


_BYTES: Final = _byte_of()


def _chars(low: int, high: int) -> str:
    return "".join(re.escape(char) for char, byte in sorted(_BYTES.items()) if low <= byte <= high)


_TAIL: Final = f"[{_chars(0x80, 0xBF)}]"
_SEQUENCES: Final = (
    f"(?:[{_chars(0xC2, 0xDF)}]{_TAIL}|[{_chars(0xE0, 0xEF)}]{_TAIL}{{2}}|[{_chars(0xF0, 0xF4)}]{_TAIL}{{3}})+"
)

TRIGGER: Final = "à[¤¥]|Ã\\u00A0Â[¤¥]"
"""Once-encoded and twice-encoded Devanagari lead bytes."""

RUN: Final = re.compile(_SEQUENCES)
_SIGN: Final = re.compile(TRIGGER)


def decode(match: re.Match[str]) -> str:
    """Return the text that a run of wrongly read bytes stood for, or the run itself if it is not strict UTF-8."""
    try:
        return bytes(_BYTES[char] for char in match[0]).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def is_damaged(text: str) -> bool:
    """Tell whether a text holds Devanagari in disguise; in such a text other runs (â€œ for “) are repaired too."""
    return _SIGN.search(text) is not None
