"""What changed since the version before: the same definitions as `datakit diff`, but it works on a version that has no
manifest on disk yet, and reads text only of the rows it shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from datakit.lineage import read_manifest
from datakit.report.passages import Row, rows
from datakit.report.release import Release

SAMPLES: Final = 3
_ROOM: Final = 12_000  # characters of each kind of change
_PLACE: Final = ("source_id", "file", "locator")


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One place whose text changed."""

    before: Row
    after: Row


@dataclass(frozen=True, kw_only=True)
class Changes:
    """From the version before to this one; counts are rows."""

    before: str
    """The id of the version before."""
    rows_before: int
    added: int
    removed: int
    edited: int
    """Same place, new text; counted neither as added nor as removed."""
    moved: int
    """Rows in another split than before."""
    recipe_changed: bool
    added_rows: tuple[Row, ...]
    removed_rows: tuple[Row, ...]
    edits: tuple[Edit, ...]


def changes(release: Release, previous: Path) -> Changes:
    """Compare with the version in the folder `previous`. Errors: as `read_manifest`."""
    manifest = read_manifest(previous)
    before = Release(previous, manifest)
    old, new = (side.kept("id", *_PLACE).collect() for side in (before, release))
    gone = old.join(new, on="id", how="anti")
    now = new.join(old.select("id", pl.col("split").alias("was")), on="id", how="left")
    come = now.filter(pl.col("was").is_null())
    edited = come.join(gone, on=_PLACE, suffix="_before").select("id", "id_before").sort("id", "id_before")
    removed = gone.filter(~pl.col("id").is_in(edited["id_before"].implode()))["id"].sort()
    taken_back = release.rejected().filter(pl.col("reject_reason") == "withdrawn_source").select(_PLACE).collect()
    told = gone.join(taken_back, on=_PLACE, how="anti")  # the text of a withdrawn row must not live on in a report
    added = come.filter(~pl.col("id").is_in(edited["id"].implode()))["id"].sort()
    sample = edited.head(SAMPLES)
    pairs = zip(_rows(before, sample["id_before"]), _rows(release, sample["id"]), strict=True)
    return Changes(
        before=manifest.id,
        rows_before=old.height,
        added=added.len(),
        removed=removed.len(),
        edited=edited.height,
        moved=now.filter(pl.col("was") != pl.col("split")).height,
        recipe_changed=manifest.identity["recipe"] != release.manifest.identity["recipe"],
        added_rows=tuple(_rows(release, added.head(SAMPLES))),
        removed_rows=tuple(_rows(before, removed.filter(removed.is_in(told["id"].implode())).head(SAMPLES))),
        edits=tuple(Edit(before=was, after=now) for was, now in pairs),
    )


def _rows(release: Release, ids: pl.Series) -> list[Row]:
    """Return the rows of these ids, in the order of the ids."""
    if ids.is_empty():
        return []
    every = release.kept("id", *_PLACE, "question", "answer")
    texts = every.filter(pl.col("id").is_in(ids.implode()))  # not joined: a filter spares the texts of all other rows
    ordered = pl.LazyFrame({"id": ids}).join(texts.unique("id", keep="any"), on="id", how="left", maintain_order="left")
    return rows(ordered.collect().to_dicts(), _ROOM)
