"""Judge a few rows closely: a cheap trigger finds the suspects, and only they pay for the expensive checks."""

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from datakit.record import is_live
from datakit.stage import Fault, flag, mark

_SAID: Final = ("flags", "reject_stage", "reject_reason", "reject_detail")


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
    """Mark the live rows for which `suspect` holds, leaving the others and the order as they are.

    `measure` adds the columns that the faults and flags speak of; it sees the suspects only, and what it adds is gone
    from the result. A flag (name, when) goes to suspects that no fault rejects.
    """
    hit = batch.select((is_live() & suspect).fill_null(False)).to_series()
    if not hit.any():
        return batch
    judged = mark(measure(batch.filter(hit)), stage, faults)
    for name, when in flags:
        judged = flag(judged, name, is_live() & when)
    place = (hit.cum_sum().cast(pl.Int64) - 1).clip(0)  # of each suspect among the suspects; the others take any
    return batch.with_columns(
        pl.when(hit).then(judged[name].gather(place)).otherwise(pl.col(name)).alias(name) for name in _SAID
    )
