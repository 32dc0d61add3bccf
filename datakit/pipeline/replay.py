"""A version decided again from its own files: what its corpus stages said is taken back, and they are asked anew.

The rows come from the version, not from raw/, which may be gone. Each part of the pipeline sees what it would see in a
run over raw/: a withdrawn source leaves exactly the version that such a run would publish.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from datakit.errors import IntegrityError
from datakit.lineage import canonical_json, read_manifest
from datakit.pipeline.curate import finish
from datakit.pipeline.engine import Local
from datakit.pipeline.parts import Part, write_part
from datakit.pipeline.person import REVIEW
from datakit.pipeline.progress import Progress, Silent
from datakit.pipeline.result import Result
from datakit.pipeline.rows import READ, Processed, keys_of
from datakit.pipeline.withdrawn import mark_withdrawn
from datakit.recipe import Recipe
from datakit.record import SCHEMA, complete, is_live
from datakit.store import Tombstone, Version, clear, sweep, work_folder

BATCH_ROWS: Final = 8192
_PARTS: Final = "replay"
_LINE: Final = ("source_id", "licence", "file", "locator", "raw_sha256", "role", "split", "changes")
_ASKED: Final = ("priority", "group")  # absent in versions that were made before there were withdrawals


def replay(
    version: Version,
    curated: Path,
    *,
    recipe: Recipe,
    tombstones: Sequence[Tombstone],
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Publish what becomes of a version under these tombstones; call it under `lock`.

    Memory follows a batch. Errors: as `curate`; `IntegrityError` where lineage and rows do not fit together.
    """
    sweep(curated, version.name)
    folder = work_folder(curated, version.name) / _PARTS
    clear(folder)
    try:
        parts = _parts(version.path, folder, recipe, tombstones)
        with Local() as engine:
            return finish(
                parts,
                curated,
                version.name,
                recipe=recipe,
                engine=engine,
                tombstones=tombstones,
                dry_run=dry_run,
                progress=progress or Silent(),
            )
    finally:
        clear(folder)


def _parts(version: Path, folder: Path, recipe: Recipe, tombstones: Sequence[Tombstone]) -> list[Part]:
    return [
        write_part(folder, number, processed(mark_withdrawn(batch, tombstones), recipe))
        for number, batch in enumerate(records(version, recipe))
    ]


def processed(batch: pl.DataFrame, recipe: Recipe) -> Processed:
    """Return a batch, which the row stages have been through, as they would have left it."""
    decided = (READ, *(stage.name for stage in recipe.row_stages))
    seconds = dict.fromkeys(decided, 0.0)
    live = batch.with_row_index("__row").filter(is_live())
    return Processed(batch, keys_of(live, recipe, seconds), seconds, decided)


def records(version: Path, recipe: Recipe) -> Iterator[pl.DataFrame]:
    """Yield every record of a version in the order of its input, as the row stages left it, in `record.SCHEMA`.

    Line n of the lineage is row n of the input; the rows of each split and the rejected ones stand in the same order.
    """
    lineage = _lineage(version)
    splits = tuple(read_manifest(version).identity["row_roots"])
    again = {REVIEW, *(stage.name for stage in recipe.corpus_stages)}
    read = dict.fromkeys((*splits, "rejected"), 0)
    total = lineage.select(pl.len()).collect().item()
    for start in range(0, total, BATCH_ROWS):
        lines = lineage.slice(start, BATCH_ROWS).collect().with_row_index("__at")
        lines = lines.with_columns(
            pl.when(pl.col("role") == "kept").then("split").otherwise(pl.lit("rejected")).alias("__in")
        )
        pieces = []
        for name in read:
            mine = lines.filter(pl.col("__in") == name)
            rows = pl.scan_parquet(version / f"{name}.parquet").slice(read[name], mine.height).collect()
            read[name] += mine.height
            _check(version / f"{name}.parquet", rows, mine)
            pieces.append(_rejected(rows, again) if name == "rejected" else _kept(rows, mine))
            pieces[-1] = pieces[-1].with_columns(mine["__at"])
        yield pl.concat(pieces).sort("__at").drop("__at")


def _lineage(version: Path) -> pl.LazyFrame:
    lineage = pl.scan_parquet(version / "lineage.parquet")
    there = lineage.collect_schema().names()
    stood = (pl.col("role") == "kept").cast(pl.Int32)  # without priorities, at least the rows that stood stay
    absent = {"priority": stood, "group": pl.lit(None, pl.String)}
    missing = [value.alias(name) for name, value in absent.items() if name not in there]
    return lineage.with_columns(missing).select(*_LINE, *_ASKED)


def _check(path: Path, rows: pl.DataFrame, lines: pl.DataFrame) -> None:
    places = ["file", "locator"]
    if rows.height != lines.height or not rows.select(places).equals(lines.select(places)):
        raise IntegrityError(
            f"{path}: its rows do not stand in the order of lineage.parquet; expected the places line by line."
            " `datakit verify` tells which of the two was changed"
        )


def _kept(rows: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    beside = lines.select("raw_sha256", "changes", *_ASKED)
    turns = zip(rows["messages"].to_list(), rows["system"].to_list(), strict=True)
    history = pl.Series("history", [_history(told, bool(system)) for told, system in turns], dtype=pl.String)
    return complete(pl.concat([rows.drop("messages"), beside], how="horizontal").with_columns(history))


def _history(turns: list[dict[str, str]], has_system: bool) -> str | None:
    """Return the earlier turns as `record.history` holds them: without the system prompt, the question, the answer."""
    earlier = turns[1 if has_system else 0 : -2]
    return canonical_json(earlier).decode("utf-8", "surrogatepass") if earlier else None


def _rejected(rows: pl.DataFrame, again: set[str]) -> pl.DataFrame:
    undone = pl.col("reject_stage").is_in(sorted(again))
    verdict = ("reject_stage", "reject_reason", "reject_detail")
    return complete(rows.select(SCHEMA.keys())).with_columns(
        pl.when(~undone.fill_null(False)).then(pl.col(name)).alias(name) for name in verdict
    )
