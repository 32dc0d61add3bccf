"""What the workbook reader leaves out: which cells are merged, and which formulas have no stored result."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL: Final = re.compile(r"([A-Z]{1,3})(\d+)")

MAX_MERGED_CELLS: Final = 100_000
"""More merged cells than this are left empty: a sheet merged as a whole is decoration, not data."""


DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    etree.XMLSyntaxError,
    LookupError,
    ValueError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(kw_only=True)
class Extras:
    """Of one sheet: text of a merged cell by (row, column from 0), and columns of formulas without result by row."""

    merged: dict[tuple[int, int], str] = field(default_factory=dict)
    unsaved: dict[int, list[int]] = field(default_factory=dict)


def sheet_extras(path: Path) -> dict[str, Extras]:
    """Read the extras of every sheet that has any; a workbook whose parts cannot be told apart has none."""
    try:
        with zipfile.ZipFile(path) as parts:
            shared = None
            found = {}
            for name, part in _sheet_parts(parts):
                extras, references = _scan(parts, part)
                if references:
                    shared = _shared_strings(parts) if shared is None else shared
                    _fill(extras, references, shared)
                found[name] = extras
            return found
    except DAMAGE:
        return {}  # an odd workbook: its cells were read all the same


def _sheet_parts(parts: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    targets = {}
    for relation in etree.fromstring(parts.read("xl/_rels/workbook.xml.rels"), _parser()):
        target = relation.get("Target", "")
        targets[relation.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    for sheet in etree.fromstring(parts.read("xl/workbook.xml"), _parser()).iter(f"{MAIN}sheet"):
        if (part := targets.get(sheet.get(LINK))) in parts.NameToInfo:
            yield sheet.get("name", ""), str(part)


def _scan(parts: zipfile.ZipFile, part: str) -> tuple[Extras, dict[str, tuple[str, tuple[str, str]]]]:
    """Return the extras without texts, and merged range → (its first cell, that cell's type and value)."""
    extras, ranges = Extras(), []
    firsts: dict[str, tuple[str, str]] = {}
    with parts.open(part) as stream:
        for _, element in etree.iterparse(stream, tag=(f"{MAIN}c", f"{MAIN}mergeCell"), resolve_entities=False):
            if element.tag == f"{MAIN}mergeCell":
                ranges.append(element.get("ref", ""))
            else:
                value = element.findtext(f"{MAIN}v")
                place = element.get("r", "")
                if element.find(f"{MAIN}f") is not None and not value and (at := _position(place)):
                    extras.unsaved.setdefault(at[0], []).append(at[1])
                text = "".join(element.itertext(f"{MAIN}t")) if element.get("t") == "inlineStr" else value
                if text:
                    firsts[place] = (element.get("t", "n"), text)
            element.clear()
    return extras, {area: (first, firsts[first]) for area in ranges if (first := area.split(":")[0]) in firsts}


def _fill(extras: Extras, references: dict[str, tuple[str, tuple[str, str]]], shared: list[str]) -> None:
    for area, (_, (kind, value)) in references.items():
        text = shared[int(value)] if kind == "s" and int(value) < len(shared) else value
        first, last = (_position(corner) for corner in (*area.split(":"), area)[:2])
        if first is None or last is None or (last[0] - first[0] + 1) * (last[1] - first[1] + 1) > MAX_MERGED_CELLS:
            continue
        for row in range(first[0] + 1, last[0] + 1):
            extras.merged[row, first[1]] = (
                text  # downwards only: across, one cell's text would be taken for two columns'
            )


def _shared_strings(parts: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in parts.NameToInfo:
        return []
    with parts.open("xl/sharedStrings.xml") as stream:
        items = etree.iterparse(stream, tag=f"{MAIN}si", resolve_entities=False)
        return ["".join(item.itertext(f"{MAIN}t")) for _, item in items]


def _position(cell: str) -> tuple[int, int] | None:
    match = CELL.fullmatch(cell)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column - 1


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)
