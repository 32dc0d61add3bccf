"""The row stages over one batch: what a worker does, wherever it runs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from datakit.recipe import Recipe
from datakit.record import TEXT, is_live
from datakit.screening.first_look import first_look
from datakit.stage import KEY_COLUMNS, RowStage, with_text_keys
from datakit.stages.normalize import Normalize

READ: Final = "read"
"""The stage name of what a reader itself rejects."""
TEXT_KEYS: Final = "text_keys"
"""What the time of the dedup keys, which all corpus stages share, is booked under."""
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
    seconds: dict[str, float]
    """Wall time by stage, in order; for a corpus stage the time of its keys."""
    decided: tuple[str, ...]
    """The stages that have decided about the rows: the reader and the row stages."""

    @property
    def tallies(self) -> dict[str, Tally]:
        """Count rows in and rows rejected stage by stage; a stage sees what the ones before it kept."""
        verdicts = self.rows.filter(~is_live()).group_by("reject_stage", "reject_reason").len().sort("reject_reason")
        rejected: dict[str, dict[str, int]] = {}
        for stage, reason, count in verdicts.iter_rows():
            rejected.setdefault(stage, {})[reason] = count
        tallies: dict[str, Tally] = {}
        left = self.rows.height
        for stage, seconds in self.seconds.items():
            lost = rejected.get(stage, {})
            tallies[stage] = Tally(left if stage in self.decided else 0, lost, seconds)
            left -= sum(lost.values())
        return tallies

    def cut(self, heights: Sequence[int]) -> list["Processed"]:
        """Return consecutive pieces of these heights, as if each had been processed alone; time is shared by rows."""
        pieces = []
        start = 0
        for height in heights:
            keys = self.keys.filter(pl.col("row").is_between(start, start + height - 1))
            share = height / self.rows.height if self.rows.height else 1.0
            pieces.append(
                Processed(
                    self.rows.slice(start, height),
                    keys.with_columns(pl.col("row") - start),
                    {stage: seconds * share for stage, seconds in self.seconds.items()},
                    self.decided,
                )
            )
            start += height
        return pieces


def process(batch: pl.DataFrame, recipe: Recipe) -> Processed:
    """Run the row stages and compute the corpus stages' keys. Rows in = rows out, in order."""
    seconds = {READ: 0.0}
    batch = batch.with_row_index("__row")
    rejected = [batch.filter(~is_live())]
    live = batch.filter(is_live())
    normal: pl.DataFrame | None = None  # the texts as `normalize` left them
    looking = [stage for stage in recipe.row_stages if hasattr(stage, "trigger")]
    look: pl.DataFrame | None = None
    for stage in recipe.row_stages:
        began = time.perf_counter()
        if look is None and stage in looking:
            look = first_look(live, [getattr(later, "trigger") for later in looking[looking.index(stage) :]])  # noqa: B009
        marked = apply_safely(stage, live.drop("__row").with_columns([] if look is None else look))
        marked = marked.with_columns(live["__row"])
        if look is not None and not _keeps_texts(stage, live, marked):
            look = None
        passed = marked.select(is_live()).to_series()
        if not passed.all():
            rejected.append(marked.filter(~passed).select(batch.columns))
            marked = marked.filter(passed)
            look = None if look is None else look.filter(passed)
        live = marked.select(batch.columns)
        if stage == Normalize():
            normal = live.select("__row", *_KEYED)
        seconds[stage.name] = time.perf_counter() - began
    rows = pl.concat([live, *rejected]).sort("__row")
    decided = tuple(seconds)
    return Processed(rows.drop("__row"), keys_of(live, recipe, seconds, normal=normal), seconds, decided)


def _keeps_texts(stage: RowStage, before: pl.DataFrame, after: pl.DataFrame) -> bool:
    """Return whether what was seen in the texts still counts; a stage that may rewrite them seldom does."""
    return not any(name in TEXT and not before[name].equals(after[name]) for name in stage.writes)


_KEYED: Final = ("question", "answer")


def keys_of(
    live: pl.DataFrame, recipe: Recipe, seconds: dict[str, float], *, normal: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the keys of live rows, whose places stand in `__row`; the time they took is written into `seconds`.

    `normal` are texts that are normalized already: where no stage has changed one of them, none is normalized again.
    """
    records = live.drop("__row")
    began = time.perf_counter()
    keyed = with_text_keys(records, normalized=normal is not None and _as_they_were(live, normal))
    columns = [live.select(pl.col("__row").alias("row")), records.select(KEY_COLUMNS)]
    seconds[TEXT_KEYS] = time.perf_counter() - began
    for stage in recipe.corpus_stages:
        began = time.perf_counter()
        columns.append(stage.keys(keyed))
        seconds[stage.name] = time.perf_counter() - began
    return pl.concat(columns, how="horizontal")


def _as_they_were(live: pl.DataFrame, before: pl.DataFrame) -> bool:
    texts = live.select("__row", *_KEYED)
    return texts.equals(live.select("__row").join(before, on="__row", how="left", maintain_order="left"))


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


def merge(tallies: Sequence[dict[str, Tally]]) -> dict[str, Tally]:
    """Add the tallies of many batches, stage by stage, in the order of the stages."""
    total: dict[str, Tally] = {}
    for one in tallies:
        for name, tally in one.items():
            total.setdefault(name, Tally()).add(tally)
    return total
