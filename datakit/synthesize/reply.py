"""A reply of the model, read with suspicion: every object in it is checked against the schema by this code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from datakit.synthesize.page import Page
from datakit.synthesize.prompt import schema

MAX_PAIRS: Final = 50
"""Objects of one reply that are looked at; the schema allows 8."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One pair as the model wrote it."""

    kind: str
    question: str
    answer: str
    span: str


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The drafts of a reply, and what was wrong with the rest."""

    drafts: tuple[Draft, ...] = ()
    faults: tuple[str, ...] = ()
    """One text for each object that is no pair; `reply_not_json` alone where there is no object at all."""


def parse(text: str, page: Page) -> Parsed:
    """Read a reply: one JSON object with `pairs`, also between words or in a code block; of a cut one what is whole."""
    items = _items(text)
    if items is None:
        return Parsed(faults=("reply_not_json",))
    rules = schema(page)["properties"]["pairs"]["items"]["properties"]
    drafts, faults = [], []
    for item in items[:MAX_PAIRS]:
        fault = _fault(item, rules)
        if fault is None:
            drafts.append(Draft(**{name: item[name].strip() for name in rules}))
        else:
            faults.append(fault)
    return Parsed(drafts=tuple(drafts), faults=tuple(faults))


def _items(text: str) -> list[Any] | None:
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            found, _ = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return _whole_items(text, decoder)
        if isinstance(found, dict) and isinstance(found.get("pairs"), list):
            return list(found["pairs"])
        at = text.find("{", at + 1)
    return None


def _whole_items(text: str, decoder: json.JSONDecoder) -> list[Any] | None:
    """Return the objects of a list that was cut before its end."""
    start = text.find('"pairs"')
    at = text.find("{", start) if start >= 0 else -1
    found: list[Any] = []
    while at >= 0:
        try:
            item, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(item)
        at = text.find("{", end)
    return found or None


def _fault(item: Any, rules: Mapping[str, Any]) -> str | None:
    if not isinstance(item, dict):
        return f"found {type(item).__name__}, expected an object"
    if item.keys() != rules.keys():
        return f"found the keys {', '.join(sorted(map(str, item)))[:200]}, expected {', '.join(rules)}"
    for name, rule in rules.items():
        value = item[name]
        if not isinstance(value, str) or not value.strip():
            return f"{name}: found {'nothing' if isinstance(value, str) else type(value).__name__}, expected text"
        if any(0xD800 <= ord(char) <= 0xDFFF for char in value):
            return f"{name}: found half of a character"
        if len(value) > rule.get("maxLength", len(value)):
            return f"{name}: found {len(value):,} characters, expected at most {rule['maxLength']:,}"
        if value not in rule.get("enum", [value]):
            return f"{name}: found {value[:60]!r}, expected {', '.join(rule['enum'])}"
    return None
