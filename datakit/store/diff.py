"""The difference between two versions: rows, splits, reasons, sources and recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.lineage import Manifest, read_manifest
from datakit.store.strip import read_withdrawal

PLACE: Final = ("source_id", "file", "locator")
TEXT: Final = ("question", "answer")


@dataclass(frozen=True)
class Diff:
    """What changed from version `a` to version `b`. Each frame has one row for each row of the dataset it speaks of."""

    added: pl.DataFrame
    """`id, split, source_id, file, locator, question, answer`: kept in b, not in a."""
    removed: pl.DataFrame
    """The same columns and `stage, reason`: kept in a, not in b; the reason where b rejected it, else null: it is not
    read any more."""
    edited: pl.DataFrame
    """`source_id, file, locator, id, id_before, question, question_before, answer, answer_before`: same place, new
    text."""
    moved: pl.DataFrame
    """`id, source_id, before, after`: in both, in another split."""
    recipe: list[str]
    """One line for each option or stage that differs, and for what people decided or withdrew."""
    sources: pl.DataFrame
    """`source_id, before, after, added, removed, rejected, edited, moved`: rows of each source; `before` and `after`
    are kept rows, `rejected` are those of `removed` that b gives a reason for."""
    reasons: pl.DataFrame
    """`reason, before, after, from_kept`: rejected rows by reason in a and b, and how many of them a had kept."""


def diff(a: Path, b: Path) -> Diff:
    """Compare two version folders; text is read of changed rows only, and is null where it was withdrawn.

    Errors: as `read_manifest`.
    """
    before, after = read_manifest(a), read_manifest(b)
    old, new = _kept(a, before), _kept(b, after)
    gone = old.join(new.select("id"), on="id", how="anti")
    come = new.join(old.select("id"), on="id", how="anti")
    edited = come.join(gone, on=PLACE, suffix="_before").select(*PLACE, "id", "id_before")
    removed = gone.join(edited.select(pl.col("id_before").alias("id")), on="id", how="anti")
    added = come.join(edited.select("id"), on="id", how="anti")
    moved = old.select("id", "source_id", pl.col("split").alias("before")).join(
        new.select("id", pl.col("split").alias("after")), on="id"
    )
    removed = _with_reasons(removed, a, b)
    moved = moved.filter(pl.col("before") != pl.col("after"))
    columns = ["id", "split", *PLACE, *TEXT]
    texts_before = _texts(a, before, pl.concat([removed["id"], edited["id_before"]]))
    texts_after = _texts(b, after, pl.concat([added["id"], edited["id"]]))
    with_text = edited.join(texts_after, on="id", how="left", maintain_order="left").join(
        texts_before.rename({name: f"{name}_before" for name in ("id", *TEXT)}),
        on="id_before", how="left", maintain_order="left",
    )  # fmt: skip
    pairs = [name for text in TEXT for name in (text, f"{text}_before")]
    return Diff(
        added=added.join(texts_after, on="id", how="left", maintain_order="left").select(columns),
        removed=removed.join(texts_before, on="id", how="left", maintain_order="left").select(
            *columns, "stage", "reason"
        ),
        edited=with_text.select(*PLACE, "id", "id_before", *pairs),
        moved=moved,
        recipe=[*_recipe_lines(before.identity["recipe"], after.identity["recipe"]), *_people_lines(before, after)],
        sources=_source_counts(old, new, added, removed, edited, moved),
        reasons=_reason_counts(before, after, removed),
    )


def _kept(folder: Path, manifest: Manifest) -> pl.DataFrame:
    """Return `id, source_id, file, locator, split` of the kept rows; of a withdrawn version from its lineage."""
    if read_withdrawal(folder) is not None:
        lineage = pl.scan_parquet(folder / "lineage.parquet").filter(pl.col("role") == "kept")
        return lineage.select(pl.col("row_id").alias("id"), *PLACE, "split").collect()
    frames = [
        pl.read_parquet(folder / f"{split}.parquet", columns=["id", *PLACE]).with_columns(pl.lit(split).alias("split"))
        for split in manifest.identity["row_roots"]
    ]
    return pl.concat(frames)


def _texts(folder: Path, manifest: Manifest, ids: pl.Series) -> pl.DataFrame:
    """Return `id, question, answer` of some rows; nothing where they were withdrawn."""
    if read_withdrawal(folder) is not None or ids.is_empty():
        return pl.DataFrame(schema={"id": pl.String, **dict.fromkeys(TEXT, pl.String)})
    wanted = pl.LazyFrame({"id": ids.unique()})
    splits = [pl.scan_parquet(folder / f"{split}.parquet") for split in manifest.identity["row_roots"]]
    rows = pl.concat([split.select("id", *TEXT) for split in splits])
    return rows.join(wanted, on="id", how="semi").unique("id", keep="first").collect()


def _with_reasons(removed: pl.DataFrame, before: Path, after: Path) -> pl.DataFrame:
    """Add `stage, reason` of rows that the later version rejects.

    A row is found there by its id; or by its digest as read, since a withdrawn row has no id; or by its place, where
    that holds a text which is new: then it was edited, and rejected for it.
    """
    was = pl.scan_parquet(before / "lineage.parquet").select("row_id", "role", "source_id", "raw_sha256").collect()
    lines = pl.scan_parquet(after / "lineage.parquet").filter(pl.col("role") != "kept")
    said = lines.select("row_id", *PLACE, "raw_sha256", "stage", "reason").collect()
    raw = was.filter(pl.col("role") == "kept").select(pl.col("row_id").alias("id"), "raw_sha256")
    found = removed.join(raw.unique("id", keep="first"), on="id", how="left", maintain_order="left")
    record = ["source_id", "raw_sha256"]
    new = said.join(was, on=record, how="anti")
    for name, those, on in (
        ("by_id", said.drop_nulls("row_id").rename({"row_id": "id"}), ["id"]),
        ("by_raw", said, record),
        ("by_place", new, list(PLACE)),
    ):
        once = those.unique(on, keep="first", maintain_order=True)
        told = once.select(*on, pl.struct("stage", "reason").alias(name))
        found = found.join(told, on=on, how="left", maintain_order="left")
    verdict = pl.coalesce("by_id", "by_raw", "by_place").struct
    return found.with_columns(verdict.field("stage"), verdict.field("reason"))


def _source_counts(
    old: pl.DataFrame,
    new: pl.DataFrame,
    added: pl.DataFrame,
    removed: pl.DataFrame,
    edited: pl.DataFrame,
    moved: pl.DataFrame,
) -> pl.DataFrame:
    frames = {"before": old, "after": new, "added": added, "removed": removed}
    frames |= {"rejected": removed.drop_nulls("reason"), "edited": edited, "moved": moved}
    joined = pl.concat([old.select("source_id"), new.select("source_id")]).unique()
    for name, frame in frames.items():
        joined = joined.join(frame.group_by("source_id").agg(pl.len().alias(name)), on="source_id", how="left")
    return joined.with_columns(pl.col(list(frames)).fill_null(0)).sort("source_id")


def _reason_counts(before: Manifest, after: Manifest, removed: pl.DataFrame) -> pl.DataFrame:
    was, now = before.counts["rejected"], after.counts["rejected"]
    moved = dict(removed.drop_nulls("reason").group_by("reason").len().iter_rows())
    rows = [(name, was.get(name, 0), now.get(name, 0), moved.get(name, 0)) for name in sorted({*was, *now, *moved})]
    schema = {"reason": pl.String, "before": pl.Int64, "after": pl.Int64, "from_kept": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _people_lines(before: Manifest, after: Manifest) -> list[str]:
    lines = []
    was, now = (len(one.identity["decisions"]) for one in (before, after))
    if before.identity["decisions"] != after.identity["decisions"]:
        lines.append(f"decisions of people were {was}, are {now}")
    stones = [{stone["source"] for stone in one.identity["tombstones"]} for one in (before, after)]
    lines += [f"source {name}: withdrawn" for name in sorted(stones[1] - stones[0])]
    return lines + [f"source {name}: no longer withdrawn" for name in sorted(stones[0] - stones[1])]


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
