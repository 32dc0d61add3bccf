"""What the rows are made of: sources and licences, periods and topics, languages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import polars as pl

from datakit.report.release import Release

SHOWN: Final = 20
"""Values of a facet that are named; the rest are counted together."""
_BATCH: Final = 20_000  # rows whose `meta` is in memory at a time
_FACETS: Final = {
    "Periods": ("period", "era", "कालखंड", "काळ"),
    "Topics": ("topic", "subject", "category", "chapter", "विषय", "प्रकरण", "धडा"),
}
"""Names that columns of a source may have for period and topic; other columns are not shown."""
_MAY_DECLARE: Final = "|".join([*(f'"{name}"' for names in _FACETS.values() for name in names), r"\\u"])
"""What stands in the JSON of a row that declares one: the name as it is, or with its letters escaped."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many kept rows have a value."""

    name: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Facet:
    """The values of one column that sources declare, most frequent first."""

    name: str
    shares: tuple[Share, ...]
    others: int
    """Further values, which are not listed."""
    other_rows: int
    without: int
    """Kept rows that declare none."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where rows came from: read = kept + merged + rejected."""

    id: str
    licence: str | None
    read: int
    kept: int
    merged: int
    """Rows that say what a kept row says."""
    rejected: int


def sources(release: Release) -> list[Source]:
    """Return the sources, those that gave most rows first."""
    role = pl.col("role")
    counted = (
        release.lineage()
        .group_by("source_id")
        .agg(
            pl.col("licence").drop_nulls().first(),
            pl.len().alias("read"),
            (role == "kept").sum().alias("kept"),
            (role == "duplicate_of").sum().alias("merged"),
            (role == "rejected").sum().alias("rejected"),
        )
        .sort("kept", "source_id", descending=[True, False])
        .collect()
    )
    return [Source(id=row.pop("source_id") or "", **row) for row in counted.to_dicts()]


def licences(found: Sequence[Source]) -> list[Share]:
    """Return how many kept rows stand under each licence; the empty name is for rows that state none."""
    count: Counter[str] = Counter()
    for source in found:
        count[source.licence or ""] += source.kept
    return _shares({name: rows for name, rows in count.items() if rows})


def facets(release: Release) -> list[Facet]:
    """Return periods and topics as the sources declare them; a facet that no row declares is left out."""
    rows = sum(release.manifest.counts["splits"][split] for split in release.splits)
    metas = release.kept("meta").filter(pl.col("meta").str.contains(_MAY_DECLARE)).select("meta").collect()["meta"]
    found: dict[str, Counter[str]] = {name: Counter() for name in _FACETS}
    for start in range(0, len(metas), _BATCH):
        for meta in metas.slice(start, _BATCH):
            columns = _columns(meta)
            for facet, names in _FACETS.items():
                value = next((columns[name] for name in names if columns.get(name)), None)
                if isinstance(value, str | int):
                    found[facet][str(value).strip()] += 1
    return [_facet(name, values, rows) for name, values in found.items() if values]


def languages(release: Release) -> list[Share]:
    """Return the languages of the kept rows; none where no stage looked."""
    counted = release.kept("lang").drop_nulls("lang").group_by("lang").len().collect()
    return _shares(dict(counted.iter_rows()))


def _columns(meta: str) -> dict[str, Any]:
    try:
        columns = orjson.loads(meta)
    except orjson.JSONDecodeError:  # numbers that JSON of other writers allows, such as NaN
        return {}
    return columns if isinstance(columns, dict) else {}


def _facet(name: str, values: Counter[str], rows: int) -> Facet:
    every = _shares(values)
    rest = every[SHOWN:]
    return Facet(
        name=name,
        shares=tuple(every[:SHOWN]),
        others=len(rest),
        other_rows=sum(share.rows for share in rest),
        without=rows - values.total(),
    )


def _shares(counts: dict[str, int]) -> list[Share]:
    return [Share(name=name, rows=rows) for name, rows in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
