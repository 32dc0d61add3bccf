"""Numbers that an answer states and its text does not: digits of any script, words, scales, years, centuries.

१६३० · 1630 · सोळाशे तीस · शके १५५१ · साडेतीन किमी · ३,५०० मीटर · सतरावे शतक  are read for what they are worth.
"""

import re
import unicodedata
from typing import Final

from datakit.matching.amounts import amounts
from datakit.matching.dates import Moment, moments
from datakit.matching.lexemes import Lexeme, lexemes

_NUMBER: Final = re.compile(r"\d+(?:,\d{2,3})*(?:\.\d+)?")
_BEFORE_CHRIST: Final = re.compile(
    r"(?:इ\.?\s?स\.?\s?(?:वी\s?सन)?|इसवी सन|ख्रि\.?)\s?(?:पू\b|पू\.|पूर्व)|\bb\.?c\b", re.IGNORECASE
)
_CENTURY_SPAN: Final = 99
_SHAKA: Final = 78  # शके + 78 = the year in which it begins (see matching.dates)
_ONE_YEAR: Final = 1  # a Shaka year and a span such as १९४७-४८ touch two years
_BOTH: Final = frozenset({"दोन्ही", "दोघे", "दोघांनी", "दोघांना", "दोघांची", "दोघांचे", "दोघांच्या"})
_SAME: Final = 0.005  # rounding of measures that were converted: 1,646 m and 1.65 km


_TENS: Final = {
    "विसाव": 20,
    "तिसाव": 30,
    "चाळिसाव": 40,
    "चाळीसाव": 40,
    "पन्नासाव": 50,
    "साठाव": 60,
    "सत्तराव": 70,
    "शंभराव": 100,
}
"""Ordinals whose numeral changes before -आवा, which the table of number words does not spell."""


def ascii_digits(text: str) -> str:
    """Write the decimal digits of every script as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def foreign_numbers(answer: str, span: str) -> list[str]:
    """Return the numbers and dates of `answer` that `span` does not state, as people may read them; none is good.

    One (`एक`) is an article and both (`दोन्ही`) a pronoun: they are not asked for. A century is stated by a year in it.
    """
    answer, span = ascii_digits(answer), ascii_digits(span)
    times, said_times = moments(span), moments(answer)
    stated = _values(span) | {float(abs(year)) for time in times if _is_short(time) for year in (time.first, time.last)}
    stated |= {_century(time.first) for time in times if time.first}
    stated |= {float(said.first - _SHAKA) for said in said_times if _is_short(said) and _touches(said, times)}
    if _spans_century(said_times):
        stated |= {_century(time.last) for time in times if time.last}
    missing = [
        _shown(value) for value in _claims(answer) if value not in stated and not _converted(value, answer, span)
    ]
    missing += [_date(time) for time in said_times if time.month and not any(_states(one, time) for one in times)]
    if _BEFORE_CHRIST.search(answer) and not _BEFORE_CHRIST.search(span):
        missing.append("इ.स.पू.")
    return missing


def _claims(text: str) -> list[float]:
    """Return what is claimed: amounts as wholes (४ लाख ५० हजार is one), and the ordinals that amounts pass over."""
    found = [float(match.replace(",", "")) for match in _NUMBER.findall(text)] if not amounts(text) else []
    found += [amount.value / _factor(amount.value, text) for amount in amounts(text)]
    found += [float(word.stem) for word in _spelt(text) if not amounts(word.surface)]
    return list(dict.fromkeys(found))


def _factor(value: float, text: str) -> float:
    """Undo the unit where the bare number stands in the text, so that `५ किमी` claims the 5 that people read."""
    bare = {float(match.replace(",", "")) for match in _NUMBER.findall(text)}
    return next(
        (value / number for number in bare if number and _is_unit_of(value / number) and value not in bare), 1.0
    )


def _is_unit_of(ratio: float) -> bool:
    return ratio > 1 and ratio in (1000.0, 100.0)


def _values(text: str) -> set[float]:
    found = {float(match.replace(",", "")) for match in _NUMBER.findall(text)}
    found |= {float(word.stem) for word in _spelt(text)}
    found |= {float(_TENS[root]) for word in lexemes(text) if (root := _tens_root(word.surface)) in _TENS}
    return found | {amount.value for amount in amounts(text)}


def _spelt(text: str) -> list[Lexeme]:
    words = [word for word in lexemes(text) if word.kind == "number" and word.stem.isdigit()]
    return [word for word in words if not word.surface.isdigit() and word.stem != "1" and word.surface not in _BOTH]


def _tens_root(word: str) -> str:
    return word.removesuffix("्या").rstrip("ािीे")


def _converted(value: float, answer: str, span: str) -> bool:
    """Tell whether the number belongs to a measure that the span gives in another unit."""
    mine = [one for one in amounts(answer) if one.quantity and one.value]
    theirs = [one for one in amounts(span) if one.quantity]
    return any(
        one.quantity == other.quantity and abs(one.value - other.value) <= _SAME * one.value
        for one in mine
        for other in theirs
        if value in (one.value, one.value / 1000, one.value / 100)
    )


def _is_short(time: Moment) -> bool:
    return (bool(time.first) and time.last - time.first <= _ONE_YEAR) or time.last - time.first not in (
        0,
        _CENTURY_SPAN,
    )


def _touches(said: Moment, times: list[Moment]) -> bool:
    """Tell whether a Shaka year of the answer, read as two years, has the year of a date in the span."""
    return said.last - said.first == _ONE_YEAR and any(one.first and one.agrees(said) for one in times)


def _spans_century(times: list[Moment]) -> bool:
    return any(time.last - time.first == _CENTURY_SPAN for time in times)


def _century(year: int) -> float:
    return float((abs(year) + 99) // 100)


def _states(said: Moment, asked: Moment) -> bool:
    """Tell whether a date of the span holds all that a date of the answer names: its month, its day, its year."""
    if said.month != asked.month or (asked.day and said.day != asked.day):
        return False
    return not asked.first or not said.first or said.agrees(asked)


def _date(time: Moment) -> str:
    return "-".join(str(part) for part in (abs(time.first), time.month, time.day) if part)


def _shown(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
