"""The difference between two versions: rows, splits, reasons, sources and recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.lineage import read_manifest

PLACE: Final = ("source_id", "file", "locator")


@dataclass(frozen=True)
class Diff:
    """What changed from version `a` to version `b`. Each frame has one row for each row of the dataset it speaks of."""

    added: pl.DataFrame
    """`id, split, file, locator, question, answer`: kept in b, not in a."""
    removed: pl.DataFrame
    """The same columns and `reason`: kept in a, not in b; the reason where b rejected it, else null."""
    edited: pl.DataFrame
    """`file, locator, id, id_before, question, question_before, answer, answer_before`: same place, new text."""
    moved: pl.DataFrame
    """`id, before, after`: in both, in another split."""
    recipe: list[str]
    """One line for each option or stage that differs."""
    sources: pl.DataFrame
    """`source_id, before, after`: rows kept of each source."""


def diff(a: Path, b: Path) -> Diff:
    """Compare two version folders. Errors: as `read_manifest`."""
    before, after = read_manifest(a), read_manifest(b)
    old, new = _kept(a), _kept(b)
    gone = old.join(new.select("id"), on="id", how="anti")
    come = new.join(old.select("id"), on="id", how="anti")
    edited = come.join(gone, on=PLACE, suffix="_before").select(
        "file", "locator", "id", "id_before", "question", "question_before", "answer", "answer_before"
    )
    rejected = (
        pl.scan_parquet(b / "lineage.parquet")
        .filter(pl.col("role") != "kept")
        .select(pl.col("row_id").alias("id"), "reason")
        .drop_nulls("id")
        .unique("id", keep="first", maintain_order=True)
        .collect()
    )
    removed = gone.join(edited.select(pl.col("id_before").alias("id")), on="id", how="anti").join(
        rejected, on="id", how="left"
    )
    added = come.join(edited.select("id"), on="id", how="anti")
    moved = old.select("id", pl.col("split").alias("before")).join(
        new.select("id", pl.col("split").alias("after")), on="id"
    )
    columns = ["id", "split", "file", "locator", "question", "answer"]
    return Diff(
        added=added.select(columns),
        removed=removed.select(*columns, "reason"),
        edited=edited,
        moved=moved.filter(pl.col("before") != pl.col("after")),
        recipe=_recipe_lines(before.identity["recipe"], after.identity["recipe"]),
        sources=_source_counts(old, new),
    )


def _kept(folder: Path) -> pl.DataFrame:
    columns = ["id", *PLACE, "question", "answer"]
    splits = read_manifest(folder).identity["row_roots"]
    frames = [
        pl.read_parquet(folder / f"{split}.parquet", columns=columns).with_columns(pl.lit(split).alias("split"))
        for split in splits
    ]
    return pl.concat(frames)


def _source_counts(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    counted = [
        frame.group_by("source_id").agg(pl.len().alias(name)) for frame, name in ((old, "before"), (new, "after"))
    ]
    joined = counted[0].join(counted[1], on="source_id", how="full", coalesce=True)
    return joined.with_columns(pl.col("before", "after").fill_null(0)).sort("source_id")


def _recipe_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old = {stage["use"]: stage for stage in before["stages"]}
    new = {stage["use"]: stage for stage in after["stages"]}
    lines = [f"stage {name}: removed" for name in old.keys() - new.keys()] + [
        f"stage {name}: added" for name in new.keys() - old.keys()
    ]
    for name in old.keys() & new.keys():
        for option in sorted(old[name].keys() | new[name].keys()):
            was, now = old[name].get(option), new[name].get(option)
            if was != now:
                lines.append(f"stage {name}: {option} was {was!r}, is {now!r}")
    if list(old) != list(new) and old.keys() == new.keys():
        lines.append(f"order of stages was {', '.join(old)}, is {', '.join(new)}")
    if before["columns"] != after["columns"]:
        lines.append(f"columns were {before['columns']!r}, are {after['columns']!r}")
    return sorted(lines)
