"""Judge a few rows closely: a cheap trigger finds the suspects, and only they pay for the expensive checks."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from datakit.record import is_live
from datakit.stage import Fault, flag


def any_text(pattern: str, *columns: str) -> pl.Expr:
    """Return whether one of the text columns matches a Rust regular expression; null counts as no match."""
    return pl.any_horizontal(pl.col(name).str.contains(pattern).fill_null(False) for name in columns)


def mark_suspects(
    batch: pl.DataFrame,
    stage: str,
    suspect: pl.Expr,
    measure: Callable[[pl.DataFrame], pl.DataFrame],
    faults: Sequence[Fault],
    flags: Sequence[tuple[str, pl.Expr]] = (),
) -> pl.DataFrame:
    """Mark the live rows for which `suspect` holds, leaving the others and the order as they are; as `mark` does.

    `measure` adds the columns that the faults and flags speak of; it sees the suspects only, and what it adds is gone
    from the result. A flag (name, when) goes to suspects that no fault rejects.
    """
    hit = batch.select((is_live() & suspect).fill_null(False)).to_series()
    if not hit.any():
        return batch
    measured = measure(batch.filter(hit))
    which = pl.coalesce(
        *(pl.when(fault.when).then(pl.lit(number, pl.Int16)) for number, fault in enumerate(faults)),
        pl.lit(None, pl.Int16),
    )
    found = measured.select(pl.when(is_live()).then(which).alias("fault")).to_series()
    rows = hit.arg_true()
    said = _verdicts(batch, stage, rows, measured, found, faults)
    for name, when in flags:
        light = measured.select((pl.lit(found.is_null()) & when).fill_null(False)).to_series()
        measured = flag(measured, name, pl.lit(light)) if light.any() else measured
    if flags:
        said.append(_put(batch["flags"], rows, measured["flags"]))
    return batch.with_columns(said)


def _verdicts(
    batch: pl.DataFrame, stage: str, rows: pl.Series, measured: pl.DataFrame, found: pl.Series, faults: Sequence[Fault]
) -> list[pl.Series]:
    """Return the columns of the verdict; the details of a fault are made for its own rows only, if it has any."""
    columns = {name: batch[name] for name in ("reject_stage", "reject_reason", "reject_detail")}
    for number in found.drop_nulls().unique().to_list():
        fault, mine = faults[number], (found == number).fill_null(False)
        detail = fault.detail if isinstance(fault.detail, pl.Expr) else pl.lit(fault.detail, pl.String)
        of_fault = measured.filter(mine).with_columns(
            pl.lit(stage).alias("reject_stage"),
            pl.lit(fault.reason).alias("reject_reason"),
            detail.cast(pl.String).alias("reject_detail"),
        )
        for name, column in columns.items():
            columns[name] = _put(column, rows.filter(mine), of_fault[name])
    return list(columns.values())


def _put(column: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """Return a column with some rows replaced, whatever its type."""
    source = np.arange(len(column))
    source[rows.to_numpy()] = np.arange(len(column), len(column) + len(values))
    return pl.concat([column.cast(values.dtype), values.alias(column.name)]).gather(source)
