"""Verdicts of clusters that are stars: each rejected row was compared with the very row that stays for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from datakit.stage import VERDICT, Corpus

_FETCH: Final = 20_000  # ids fetched at a time


@dataclass(frozen=True, slots=True)
class Kept:
    """The row that stays for a rejected one, and how alike they are, 0 to 1."""

    row: int
    score: float


def verdicts(corpus: Corpus, merged: Mapping[int, Kept], reason: str, says: str) -> pl.DataFrame:
    """Return verdicts for the rejected rows and, without a reason, for the rows they were merged into.

    `merged` maps a rejected row to the row that stays. Details name the row that stays by id and
    source, never by number.
    """
    lowest: dict[int, int] = {}
    for row, kept in merged.items():
        lowest[kept.row] = min(lowest.get(kept.row, kept.row), row)
    names = _names(corpus, sorted(lowest))
    rejected = [
        (row, reason, f"{says} {names[kept.row]}", kept.row, lowest[kept.row], kept.score)
        for row, kept in sorted(merged.items())
    ]
    stays = [(row, None, None, None, cluster, None) for row, cluster in sorted(lowest.items())]
    return pl.DataFrame(rejected + stays, schema=VERDICT, orient="row").sort("row")


def _names(corpus: Corpus, rows: list[int]) -> dict[int, str]:
    names = {}
    for start in range(0, len(rows), _FETCH):
        part = pl.Series(rows[start : start + _FETCH], dtype=pl.UInt32)
        for row, row_id, source in corpus.fetch(part, "id", "source_id").iter_rows():
            names[row] = name_of(row_id, source)
    return names


def name_of(row_id: str | None, source: str | None) -> str:
    """Name a row to people: twelve digits of its id, and its source where it has one."""
    short = row_id[:12] if row_id else "a row without id"
    return f"{short} of {source}" if source else short
