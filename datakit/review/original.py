"""A row as it stands in its source: the lines of a text file, or what the reader made of the place."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

_LINES: Final = re.compile(r"lines? (\d+)(?:-(\d+))?")
_BYTES: Final = re.compile(r"bytes (\d+)-(\d+)")
_AROUND: Final = 2  # lines before and after
_MOST_BYTES: Final = 64 << 10
_PATIENCE_S: Final = 20.0
"""A reader stops here: half a gigabyte of JSON Lines is read in that time (docs/readers.md)."""
_PLAIN: Final = frozenset([".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".md", ".json", ".html", ".htm"])


@dataclass(frozen=True, kw_only=True)
class Original:
    """What was found. Exactly one of `lines`, `row` and `problem` says something."""

    lines: tuple[tuple[int, str, bool], ...] = ()
    """Number, text, and whether the line is the row's own or one beside it."""
    row: tuple[tuple[str, str], ...] = ()
    """Names and texts of the row as it was read, before any stage."""
    problem: str = ""


def original(raw: Path, file: str, locator: str, digest: str) -> Original:
    """Look a row up in its source below `raw`; `digest` is its `raw_sha256`."""
    if not raw.is_dir():
        return Original(problem=f"the sources are not at hand: no folder {raw}; start the review with --raw FOLDER")
    try:
        return _look(raw, file, locator, digest)
    except (OSError, ValueError) as error:  # a name too long, a NUL in it, a file that vanishes meanwhile
        return Original(problem=f"{file} cannot be read below {raw} ({error})")


def _look(raw: Path, file: str, locator: str, digest: str) -> Original:
    path = raw / file
    inside = path.resolve().is_relative_to(raw.resolve())
    if inside and path.is_file() and path.suffix.lower() in _PLAIN:
        if found := _LINES.fullmatch(locator):
            return _lines(path, int(found[1]), int(found[2] or found[1]))
        if found := _BYTES.fullmatch(locator):
            return _bytes(path, int(found[1]), int(found[2]))
    return _read(raw, file, digest)


def _lines(path: Path, first: int, last: int) -> Original:
    found: list[tuple[int, str, bool]] = []
    left = _MOST_BYTES
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if number > last + _AROUND or left <= 0:
                break
            if number >= first - _AROUND:
                found.append((number, _text(line[:left]).rstrip("\r\n"), first <= number <= last))
                left -= len(line)
    if not any(own for _, _, own in found):
        return Original(problem=f"{path.name} has no line {first} any more: it was changed since this version")
    return Original(lines=tuple(found))


def _bytes(path: Path, start: int, end: int) -> Original:
    with path.open("rb") as stream:
        stream.seek(start)
        found = stream.read(min(end - start, _MOST_BYTES))
    return Original(row=((f"bytes {start} to {end}", _text(found)),))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _read(raw: Path, file: str, digest: str) -> Original:
    from datakit.readers import discover, read

    began = time.monotonic()
    for source in discover(raw):
        if file != source.name and not file.startswith(f"{source.name}/"):
            continue
        for batch in read(source):
            hit = batch.filter((pl.col("raw_sha256") == digest) & (pl.col("file") == file))
            if hit.height:
                names = ("question", "answer", "context", "system", "history", "reject_detail")
                row = hit.row(0, named=True)
                return Original(row=tuple((name.replace("_", " "), row[name]) for name in names if row[name]))
            if time.monotonic() - began > _PATIENCE_S:
                return Original(problem=f"not found in {file} within {_PATIENCE_S:.0f} s; look there by hand")
        return Original(problem=f"{file} holds no row with this text any more: it was changed since this version")
    return Original(problem=f"{file} is not below {raw} any more")
