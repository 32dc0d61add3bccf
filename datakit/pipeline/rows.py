"""The row stages over one batch: what a worker does, wherever it runs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from datakit.recipe import Recipe
from datakit.record import empty, is_live
from datakit.stage import KEY_COLUMNS, RowStage, with_text_keys

READ: Final = "read"
"""The stage name of what a reader itself rejects."""
STAGE_FAILED: Final = "stage_failed"
"""The reason of a row on which a stage raised: a bug of ours must not end a user's run."""


@dataclass
class Tally:
    """What one stage did: rows in, rows rejected by reason, seconds of wall time."""

    rows_in: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        self.rows_in += other.rows_in
        self.seconds += other.seconds
        for reason, count in other.rejected.items():
            self.rejected[reason] = self.rejected.get(reason, 0) + count


@dataclass(frozen=True)
class Processed:
    """A batch after the row stages."""

    rows: pl.DataFrame
    """Every row of the batch in its order, live and rejected, in record.SCHEMA."""
    keys: pl.DataFrame
    """One row for each live row: `row` (its place in `rows`), KEY_COLUMNS, and the keys of each corpus stage."""
    tallies: dict[str, Tally]


def process(batch: pl.DataFrame, recipe: Recipe) -> Processed:
    """Run the row stages and compute the corpus stages' keys. Rows in = rows out, in order."""
    tallies = {READ: Tally(batch.height, _reasons(batch.filter(~is_live())))}
    batch = batch.with_row_index("__row")
    rejected = [batch.filter(~is_live())]
    live = batch.filter(is_live())
    for stage in recipe.row_stages:
        began = time.perf_counter()
        places = live["__row"]
        marked = apply_safely(stage, live.drop("__row")).with_columns(places)
        bad = marked.filter(~is_live())
        rejected.append(bad.select(batch.columns))
        live = marked.filter(is_live()).select(batch.columns)
        tallies[stage.name] = Tally(marked.height, _reasons(bad), time.perf_counter() - began)
    rows = pl.concat([live, *rejected]).sort("__row")
    return Processed(rows.drop("__row"), _keys(live, recipe, tallies), tallies)


def _keys(live: pl.DataFrame, recipe: Recipe, tallies: dict[str, Tally]) -> pl.DataFrame:
    records = live.drop("__row")
    began = time.perf_counter()
    keyed = with_text_keys(records)
    columns = [live.select(pl.col("__row").alias("row")), records.select(KEY_COLUMNS)]
    tallies["text_keys"] = Tally(seconds=time.perf_counter() - began)
    for stage in recipe.corpus_stages:
        began = time.perf_counter()
        columns.append(stage.keys(keyed))
        tallies[stage.name] = Tally(seconds=time.perf_counter() - began)
    return pl.concat(columns, how="horizontal")


def apply_safely(stage: RowStage, batch: pl.DataFrame) -> pl.DataFrame:
    """Apply a stage; where it raises, halve the batch until the rows that it fails on stand alone, and reject those."""
    try:
        out = stage.apply(batch)
        if out.height != batch.height:
            raise AssertionError(
                f"stage {stage.name}: {batch.height} rows in, {out.height} out; a stage marks, it never drops"
            )
    except Exception as error:
        if batch.height == 0:
            return batch
        if batch.height > 1:
            half = batch.height // 2
            return pl.concat([apply_safely(stage, batch[:half]), apply_safely(stage, batch[half:])])
        return batch.with_columns(
            pl.lit(stage.name).alias("reject_stage"),
            pl.lit(STAGE_FAILED).alias("reject_reason"),
            pl.lit(f"{type(error).__name__}: {error}"[:500]).alias("reject_detail"),
        )
    return out.select(batch.columns)


def _reasons(rejected: pl.DataFrame) -> dict[str, int]:
    counted = rejected["reject_reason"].value_counts(sort=True)
    return dict(counted.iter_rows())


def of_nothing(recipe: Recipe) -> Processed:
    """Return what `process` makes of no rows: the columns every part has."""
    return process(empty(), recipe)


def merge(tallies: Sequence[dict[str, Tally]]) -> dict[str, Tally]:
    """Add the tallies of many batches, stage by stage, in the order of the stages."""
    total: dict[str, Tally] = {}
    for one in tallies:
        for name, tally in one.items():
            total.setdefault(name, Tally()).add(tally)
    return total
