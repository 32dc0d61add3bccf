"""Tell what an input holds without writing anything: for `datakit inspect`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from datakit.readers.columns import check_mapping
from datakit.readers.document import Reading
from datakit.readers.ocr import Ocr
from datakit.readers.read import open_rows
from datakit.readers.source import Input

MAX_PROBLEMS: Final = 5


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What an input holds. `rows` counts those with question and answer, `rejects` the others by reason.

    `shape` is the one seen most, `columns` the column taken for each role; `problems` are the first rejects as
    (file, locator, reason, detail).
    """

    name: str
    format: str
    size: int
    encoding: str | None
    rows: int
    shape: str | None
    shapes: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    rejects: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[tuple[str, str, str, str], ...] = ()


def inspect(source: Input, *, columns: Mapping[str, str] | None = None, ocr: Ocr = Ocr()) -> Inspection:  # noqa: B008
    """Read an input to its end and say what was found. Errors: those of `read`."""
    check_mapping(columns)
    reading = Reading(columns=columns, ocr=ocr)
    rows = 0
    rejects: Counter[str] = Counter()
    problems: list[tuple[str, str, str, str]] = []
    for file, row in open_rows(source, reading):
        if row.reason is None:
            rows += 1
            continue
        rejects[row.reason] += 1
        if len(problems) < MAX_PROBLEMS:
            problems.append((file, row.locator, row.reason, row.detail or ""))
    shapes = reading.shapes
    return Inspection(
        name=source.name,
        format=source.format,
        size=source.size,
        encoding=reading.encoding,
        rows=rows,
        shape=max(shapes, key=lambda shape: shapes[shape]) if shapes else None,
        shapes=dict(shapes),
        columns=dict(reading.guesses),
        rejects=dict(rejects.most_common()),
        problems=tuple(problems),
    )
