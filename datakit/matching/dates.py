"""When: the years, dates and centuries that an answer names, and whether two answers can both be right.

१६३० · 1630 · सन १६३० · १९ फेब्रुवारी १६३० · सोळाशे तीस · शके १५५१ · १७ वे शतक  agree
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from datakit.matching.lexemes import fold, lexemes
from datakit.matching.word_tables import rows

_DIGITS: Final = str.maketrans("०१२३४५६७८९", "0123456789")
_SHAKA: Final = 78  # शके + 78 or 79 = इ.स.: the Shaka year begins in March
_MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


@dataclass(frozen=True, slots=True)
class Moment:
    """A year or a span of years (negative: before Christ), with month and day where they are named; 0: not named."""

    first: int
    last: int
    month: int = 0
    day: int = 0

    def agrees(self, other: "Moment") -> bool:
        """Tell whether both can be the date of one event."""
        if self.first and other.first and (self.last < other.first or other.last < self.first):
            return False
        if self.month and other.month and self.month != other.month:
            return False
        return not (self.day and other.day and self.day != other.day)


@cache
def _month_names() -> dict[str, int]:
    order = ["जानेवारी", "फेब्रुवारी", "मार्च", "एप्रिल", "मे", "जून", "जुलै", "ऑगस्ट", "सप्टेंबर", "ऑक्टोबर", "नोव्हेंबर", "डिसेंबर"]
    number = {fold(name): at for at, name in enumerate(order, 1)}
    names = {name: at for at, name in enumerate(_MONTHS, 1)} | {name[:3]: at for at, name in enumerate(_MONTHS, 1)}
    for row in rows("words"):
        if row[0] == "value" and fold(row[1]) in number:
            names |= {fold(word): number[fold(row[1])] for word in row[2].split()}
    return names


@cache
def _dated() -> re.Pattern[str]:
    months = "|".join(sorted(map(re.escape, _month_names()), key=len, reverse=True))
    return re.compile(
        rf"(?:(?<!\d)(?P<d1>\d{{1,2}})(?:\s*(?:ला|रोजी|st|nd|rd|th))?\s*,?\s*)?(?P<month>{months})(?![\w\u0900-\u094d])\s*"
        rf"(?:(?P<d2>\d{{1,2}})(?!\d)\s*)?[,’']?\s*(?:सन|इ\s?\.?\s?स\s?\.?)?\s*(?P<year>\d{{3,4}})?"
    )


_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?!\d)")
_CENTURY = re.compile(r"(\d{1,2})\s*(?:व्या|वे|वा|वं|th)\s*(?:शतक|century)")
_SPAN = re.compile(r"(?<!\d)(\d{3,4})\s*(?:[-–—]|ते|to)\s*(?:इ\s?\.?\s?स\s?\.?)?\s*(\d{2,4})(?!\d)")
_SHAKE = re.compile(r"(?:शके|शक|शालिवाहन शके)\s*(\d{3,4})")
_ERA = re.compile(r"(?:इ\s?\.?\s?स\s?\.?(?:\s?पू\s?\.?)?|इसवी सन(?:\s?पूर्व)?|सन)\s*(\d{1,4})(?!\d|[,.]\d)")
_YEAR = re.compile(r"(?<![\d,.])(\d{3,4})(?![\d]|[,.]\d)")
_BEFORE = re.compile(
    r"(?:इ\s?\.?\s?स\s?\.?\s?पू|ख्रि\s?\.?\s?पू|इसवी सन\s?पूर्व|इसवीसनपूर्व|इ\s?\.?\s?स\s?\.?\s?पूर्व|ई\.?पू|\bbc)"
)
_LATEST: Final = 2100


def moments(text: str) -> list[Moment]:
    """Return the moments a text names, in no order; empty where it names none."""
    plain = fold_keeping_signs(text)
    sign = -1 if _BEFORE.search(plain) else 1
    return list(dict.fromkeys(_found(plain, sign))) or [Moment(year, year) for year in _spelt_years(text)]


def fold_keeping_signs(text: str) -> str:
    """Fold digits and case, keep punctuation: dates need their dots and dashes."""
    return text.translate(_DIGITS).casefold().replace("ँ", "ं")


def _found(plain: str, sign: int) -> Iterator[Moment]:
    for pattern, made in (
        (_NUMERIC, lambda m: Moment(int(m[3]), int(m[3]), int(m[2]), int(m[1]))),
        (_dated(), _from_month),
        (_CENTURY, lambda m: Moment(*_ordered(sign * (int(m[1]) * 100 - 99), sign * int(m[1]) * 100))),
        (_SHAKE, lambda m: Moment(int(m[1]) + _SHAKA, int(m[1]) + _SHAKA + 1)),
        (_SPAN, lambda m: _span(m, sign)),
        (_ERA, lambda m: Moment(sign * int(m[1]), sign * int(m[1]))),
        (_YEAR, lambda m: Moment(sign * int(m[1]), sign * int(m[1]))),
    ):
        for match in pattern.finditer(plain):
            moment = made(match)
            if moment is not None and abs(moment.last) <= _LATEST and moment.month <= 12 and moment.day <= 31:
                yield moment
        plain = pattern.sub(" ", plain)


def _from_month(match: re.Match[str]) -> Moment | None:
    day = int(match["d1"] or match["d2"] or 0)
    year = int(match["year"] or 0)
    if match["month"] in ("मे", "may", "mar") and not (day or year):
        return None
    return Moment(year, year, _month_names()[match["month"]], day)


def _span(match: re.Match[str], sign: int) -> Moment:
    """`१९४७-४८` ends in 1948."""
    end = match[2] if len(match[2]) >= 3 else match[1][: len(match[1]) - len(match[2])] + match[2]
    return Moment(*_ordered(sign * int(match[1]), sign * int(end)))


def _ordered(one: int, two: int) -> tuple[int, int]:
    return (one, two) if one <= two else (two, one)


def _spelt_years(text: str) -> Iterator[int]:
    """`सोळाशे चौऱ्याहत्तर`: a number joined to शे, and the rest after it."""
    words = lexemes(text)
    for number, word in enumerate(words):
        for ending in ("शें", "शे"):
            hundreds = lexemes(word.surface.removesuffix(ending)) if word.surface.endswith(ending) else []
            if len(hundreds) == 1 and hundreds[0].kind == "number" and hundreds[0].stem.isdigit():
                rest = words[number + 1] if number + 1 < len(words) else None
                units = int(rest.stem) if rest and rest.kind == "number" and rest.stem.isdigit() else 0
                if units < 100:
                    yield int(hundreds[0].stem) * 100 + units
                break
