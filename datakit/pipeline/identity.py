"""What a version is: its manifest, and what it takes over from the version before."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.errors import IntegrityError
from datakit.lineage import Manifest, read_manifest, version_id
from datakit.pipeline.corpus import DiskCorpus
from datakit.pipeline.decided import Decided
from datakit.pipeline.provenance import tools
from datakit.pipeline.release import Released
from datakit.pipeline.rows import Tally
from datakit.recipe import Recipe
from datakit.stages.split import SPLITS
from datakit.store import Tombstone, latest

IDENTITY_FORMAT: Final = 1


def dataset_manifest(
    name: str,
    recipe: Recipe,
    released: Released,
    corpus: DiskCorpus,
    tallies: Mapping[str, Tally],
    decided: Decided,
    tombstones: Sequence[Tombstone] = (),
) -> Manifest:
    """Return the manifest of a release, without its files: they are listed when they are written."""
    sources = [
        {"id": source, "sha256": root, "licence": licence}
        for source, (root, licence) in released.records_by_source.items()
    ]
    identity: dict[str, Any] = {
        "format": IDENTITY_FORMAT,
        "name": name,
        "row_roots": released.roots,
        "sources": sources,
        "recipe": recipe.resolved(),
        "decisions": [decision.identity() for decision in decided.applied],
        "tombstones": [stone.identity() for stone in tombstones if _matters(stone, released)],
    }
    rejected: dict[str, int] = {}
    for tally in tallies.values():
        for reason, count in tally.rejected.items():
            rejected[reason] = rejected.get(reason, 0) + count
    rejected = dict(sorted(rejected.items(), key=lambda item: (-item[1], item[0])))
    stages = {stage: {"in": tally.rows_in, "rejected": tally.rejected} for stage, tally in tallies.items()}
    counts = {
        "in": corpus.height,
        "kept": sum(released.rows.values()),
        "rejected": rejected,
        "splits": {split: released.rows[split] for split in SPLITS},
        "stages": stages,
        "decisions": decided.counts,
    }
    return Manifest(kind="dataset", id=version_id(identity), identity=identity, counts=counts, tools=tools())


def _matters(stone: Tombstone, released: Released) -> bool:
    """Tell whether a tombstone can have kept a row of this corpus out; one of an unrelated dataset is no part of it."""
    return not {stone.source, *(source for source, _ in stone.derived)}.isdisjoint(released.records_by_source)


def previous_splits(curated: Path, name: str, recipe: Recipe) -> pl.DataFrame | None:
    """Return `id, split` of every row that the last version placed, rows merged into a kept one included.

    A version split by other options has no say: its placement is not what this recipe asks for. Errors:
    `IntegrityError` where that version's lineage is damaged.
    """
    version = latest(curated, name)
    if version is None:
        return None
    before = read_manifest(version.path).identity["recipe"]["stages"]
    options = next((stage for stage in before if stage["use"] == "split"), None)
    if options != next(stage for stage in recipe.resolved()["stages"] if stage["use"] == "split"):
        return None
    path = version.path / "lineage.parquet"
    try:
        lineage = pl.read_parquet(path, columns=["row_id", "of", "role", "split"])
    except (FileNotFoundError, pl.exceptions.ComputeError) as error:
        raise IntegrityError(
            f"{path}: cannot be read ({error}), so nobody can tell where the last version placed its rows;"
            " `datakit verify` tells what was changed. Move the folder away and run again"
        ) from error
    kept = (
        lineage.filter(pl.col("role") == "kept")
        .select(pl.col("row_id").alias("id"), "split")
        .unique("id", keep="first")
    )
    merged = lineage.filter(pl.col("role") == "duplicate_of").select(
        pl.col("row_id").alias("id"), pl.col("of").alias("kept")
    )
    follow = merged.join(kept.rename({"id": "kept"}), on="kept").select("id", "split")
    return pl.concat([kept, follow]).unique("id", keep="first", maintain_order=True)
