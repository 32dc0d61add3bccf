"""Text out of the values a source holds, and the columns that are no part of the pair."""

import datetime
import decimal
import re
from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from datakit.readers.row import canonical

MIDNIGHT: Final = re.compile(r"^(\d{4}-\d{2}-\d{2})[ T]00:00:00$")
"""How a spreadsheet's date without a time comes out."""


class NotText(Exception):  # noqa: N818 - caught where the row is built
    """A value that is no text; `column` is set by whoever knows it."""

    def __init__(self, value: object, column: str = "") -> None:
        super().__init__(column)
        self.value = value
        self.column = column

    def found(self) -> str:
        """Say what was found and what was expected."""
        kind = {dict: "an object", list: "a list", bool: "a truth value"}.get(
            type(self.value), type(self.value).__name__
        )
        return f"column {self.column}: found {kind}, expected text or a number; write the text itself there"


def as_text(value: object) -> str | None:
    """Return a text as it is and a number as its digits. Errors: `NotText` for anything else."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        raise NotText(value)
    if isinstance(value, int | decimal.Decimal):
        return str(value)
    if isinstance(value, float):
        return None if value != value else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.date | datetime.time):
        return MIDNIGHT.sub(r"\1", value.isoformat())
    raise NotText(value)


def text_of(row: Mapping[str, object], column: str | None) -> str | None:
    """Return the text of one column, None where there is no such column. Errors: `NotText` with the column's name."""
    if column is None:
        return None
    value = row.get(column)
    if value is None or type(value) is str:
        return value
    try:
        return as_text(value)
    except NotText as error:
        raise NotText(error.value, column) from None


def meta_of(row: Mapping[str, object], columns: Iterable[str]) -> str | None:
    """Return the scalar columns as canonical JSON, floats as text; None where none has a value."""
    found: dict[str, object] = {}
    for name in columns:
        value = row.get(name)
        kind = type(value)
        if kind is str or kind is bool:
            found[name] = value
        elif isinstance(value, int):
            found[name] = value if -(1 << 63) <= value < (1 << 64) else str(value)
        elif value is not None and kind is not dict and kind is not list:
            try:
                text = as_text(value)
            except NotText:
                continue
            if text is not None:
                found[name] = text
    return canonical(found) if found else None


def shown(value: object) -> str:
    """Return a value as people may read it in a reject's detail."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (orjson.JSONEncodeError, RecursionError):
        return repr(value)[:2000]
