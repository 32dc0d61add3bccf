"""How many: the amounts that an answer names, with their units, and whether two answers can both be right."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from datakit.matching.dates import fold_keeping_signs
from datakit.matching.lexemes import fold, stem
from datakit.matching.word_tables import rows

_ROUGHLY = re.compile("सुमारे|जवळपास|अंदाजे|जवळजवळ|साधारण|पेक्षा जास्त|पेक्षा अधिक|हून अधिक|हून जास्त|किमान|about")
_NUMBER = re.compile(r"\d+(?:,\d{2,3})*(?:\.\d+)?")
_PIECE = re.compile(r"\d+(?:,\d{2,3})*(?:\.\d+)?|%|[^\W\d_][\w\u0900-\u094d\u200c\u200d]*")
_EXACT: Final = 0.005  # rounding: 1,646 m and 1646.5 m
_ROUGH: Final = 0.1  # सुमारे, and feet against metres of rounded figures


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, its quantity (length, mass … or the stem of what is counted) in base units, and whether it is rough."""

    value: float
    quantity: str
    rough: bool

    def agrees(self, other: "Amount") -> bool:
        """Tell whether both can be one amount; different quantities always can."""
        if self.quantity and other.quantity and self.quantity != other.quantity:
            return True
        room = _ROUGH if self.rough or other.rough else _EXACT
        return abs(self.value - other.value) <= room * max(abs(self.value), abs(other.value))


@cache
def _scales() -> dict[str, float]:
    return {fold(word): float(row[0]) for row in rows("scales") for word in row[1].split()}


@cache
def _spelt() -> dict[str, float]:
    return {fold(word): float(row[0]) for row in rows("numbers") for word in row[1].split()} | {"एक": 1.0}


@cache
def _units() -> dict[str, tuple[str, float]]:
    return {stem(fold(word)): (row[0], float(row[1])) for row in rows("units") for word in row[2].split()}


def amounts(text: str) -> list[Amount]:
    """Return the amounts a text names: `४ लाख ५० हजार` is one, `साडेतीन किमी` is 3,500 m."""
    plain = fold_keeping_signs(text)
    rough = bool(_ROUGHLY.search(plain))
    found: list[Amount] = []
    total, current, half = 0.0, None, 0.0
    pieces: list[str] = [*_PIECE.findall(plain), ""]
    for piece in pieces:
        value = _value(piece)
        if piece == "साडे":
            half = 0.5
            continue
        if (
            value is not None
            and current is not None
            and current % 100 == 0
            and 0 < value < 100
            and not piece[0].isdigit()
        ):
            current += value  # तीनशे साठ
            continue
        if value is not None and current is None:
            current = value + half
            continue
        scale = _scales().get(fold(piece)) if piece else None
        if scale is not None and (current is not None or total == 0):
            total, current = total + (1.0 if current is None else current) * scale, None
            half = 0.0
            continue
        if current is not None or total:
            unit, factor = _unit(piece)
            found.append(Amount((total + (current or 0.0)) * factor, unit, rough or factor not in (1.0, 1000.0)))
        total, current, half = 0.0, value, 0.0
    return list(dict.fromkeys(found))


def _value(piece: str) -> float | None:
    if _NUMBER.fullmatch(piece):
        return float(piece.replace(",", ""))
    folded = fold(piece)
    if folded.startswith("साडे") and folded[4:] in _spelt():
        return _spelt()[folded[4:]] + 0.5
    for ending in ("शे", "शें"):  # सोळाशे, तीनशे
        if folded.endswith(ending) and folded.removesuffix(ending) in _spelt():
            return _spelt()[folded.removesuffix(ending)] * 100
    return _spelt().get(folded) if folded != "एक" else None


def _unit(piece: str) -> tuple[str, float]:
    if piece == "%":
        return "percent", 1.0
    return _units().get(stem(fold(piece)), ("", 1.0)) if piece else ("", 1.0)
