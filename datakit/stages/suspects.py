"""Judge a few rows closely: a cheap trigger finds the suspects, and only they pay for the expensive checks."""

from collections.abc import Callable, Sequence

import polars as pl

from datakit.record import is_live
from datakit.stage import Fault, flag, mark

_AT = "__at"


def any_text(pattern: str, *columns: str) -> pl.Expr:
    """Return whether one of the text columns matches a Rust regular expression; null counts as no match."""
    return pl.any_horizontal(pl.col(name).str.contains(pattern).fill_null(False) for name in columns)


def joined_text(*columns: str) -> pl.Expr:
    """Return the text columns one below the other, null for none of them."""
    return pl.concat_str([pl.col(name) for name in columns], separator="\n", ignore_nulls=True)


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
    numbered = batch.with_row_index(_AT)
    judged = mark(measure(numbered.filter(hit)), stage, faults)
    for name, when in flags:
        judged = flag(judged, name, is_live() & when)
    return pl.concat([numbered.filter(~hit), judged.select(numbered.columns)]).sort(_AT).drop(_AT)
