"""The Verhoeff check digit, which every Aadhaar number carries (J. Verhoeff, Error Detecting Decimal Codes, 1969)."""

from typing import Final

_FIVE: Final = 5


def _times(left: int, right: int) -> int:
    """Multiply in the dihedral group of order ten: 0-4 are turns, 5-9 are turns after a flip."""
    if left < _FIVE:
        return (left + right) % 5 if right < _FIVE else 5 + (left + right) % 5
    return 5 + (left - right) % 5 if right < _FIVE else (left - right) % 5


_SHIFT: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _shifted(digit: int, times: int) -> int:
    for _ in range(times):
        digit = _SHIFT[digit]
    return digit


_SHIFTED: Final = tuple(tuple(_shifted(digit, times) for digit in range(10)) for times in range(8))


def is_valid(digits: str) -> bool:
    """Return whether the last of these ASCII digits is the right check digit for the others."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _times(check, _SHIFTED[place % 8][int(digit)])
    return check == 0
