"""The first look: one pass over the texts of a batch for everything that the row stages look for.

A pass of Rust's regular expressions takes 2 ns a byte, whatever it looks for: six stages that each look for something
rare read every text six times. Their triggers are therefore joined into one pattern, and a stage asks its own question
only about the texts in which that one was found: 0.2 CPU-seconds for the pass over 71 MB of questions and answers,
0.15 for each of the six that it saves; one text in twelve shows anything there.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from datakit.record import TEXT

_SHOWN: Final = "__shown_"


def first_look(batch: pl.DataFrame, triggers: Sequence[str]) -> pl.DataFrame:
    """Return which texts hold one of the triggers, Rust patterns: a boolean column for each column of text.

    A batch carries these columns beside the record to the stages that the triggers are of.
    """
    pattern = "|".join(f"(?:{trigger})" for trigger in triggers)
    look = batch.select(_found(name, pattern).alias(_SHOWN + name) for name in TEXT if triggers)
    return look if triggers else pl.DataFrame()


def shows(batch: pl.DataFrame, pattern: str, *columns: str) -> pl.Series:
    """Return in which rows a text of the columns matches; texts in which the first look saw nothing are not read.

    For patterns alone that match only where the stage's trigger does. A batch without a first look is read as a whole.
    """
    rows = pl.repeat(False, batch.height, dtype=pl.Boolean, eager=True)
    for name in columns:
        looked = _SHOWN + name in batch.columns
        seen = batch[_SHOWN + name] if looked else batch[name].is_not_null()
        rows |= asked_of(batch, seen, _found(name, pattern))
    return rows


def _found(name: str, pattern: str) -> pl.Expr:
    return pl.col(name).str.contains(pattern).fill_null(False)


def asked_of(batch: pl.DataFrame, rows: pl.Series, when: pl.Expr) -> pl.Series:
    """Return `when` for some rows of a batch and false for the others, of which nothing is read.

    Where there are no such rows, no pattern is compiled either: that of a Unicode class takes up to 10 ms, and polars
    remembers 32 patterns, fewer than the stages have.
    """
    if rows.all():
        return batch.select(when.fill_null(False)).to_series()
    found = rows.alias("")
    if rows.any():
        needed = batch.select(pl.col(name).filter(rows) for name in dict.fromkeys(when.meta.root_names()))
        found = found.scatter(rows.arg_true(), needed.select(when.fill_null(False)).to_series())
    return found
