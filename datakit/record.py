"""The record: one polars schema from reader to release.

A record is one question with its answer, the place it came from, and what the stages have said about it.
A frame of records is called a batch. Stages add to a batch; they never take a row away.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

TEXT: Final = ("question", "answer", "context", "system", "history")
"""The columns a model may see. `history` is canonical JSON: the earlier turns, a list of {"role", "content"}."""

PLACE: Final = ("file", "locator", "raw_sha256")
"""Where a row was found. `locator` is text such as `line 12`, `sheet "पत्रक1" row 7`, `bytes 100-240`."""

SCHEMA: Final[dict[str, pl.DataType]] = {
    # what the model sees
    "question": pl.String(),
    "answer": pl.String(),
    "context": pl.String(),
    "system": pl.String(),
    "history": pl.String(),
    # where it came from
    "source_id": pl.String(),
    "licence": pl.String(),
    "priority": pl.Int32(),  # of the source, higher wins a duplicate
    "file": pl.String(),  # path below raw/, `archive.zip/inner.csv` for a member
    "locator": pl.String(),
    "raw_sha256": pl.String(),  # of the row's text as read, before any stage
    "group": pl.String(),  # rows of one passage or conversation share it; null: none
    "meta": pl.String(),  # canonical JSON object of the row's other columns; null: none
    # what stages found out
    "id": pl.String(),  # sha256 of what the trainer will see
    "lang": pl.String(),  # ISO 639-3, `mar-Latn` for romanised Marathi
    "changes": pl.List(pl.String()),  # ids of the normalization rules that touched the row
    "flags": pl.List(pl.String()),  # faults seen but kept, snake_case like reasons
    # the verdict: all null while the row is kept
    "reject_stage": pl.String(),
    "reject_reason": pl.String(),
    "reject_detail": pl.String(),
}

READ_COLUMNS: Final = (
    *TEXT,
    "file",
    "locator",
    "raw_sha256",
    "group",
    "meta",
    "reject_stage",
    "reject_reason",
    "reject_detail",
)
"""What a reader fills; the pipeline adds the source's columns, the stages the rest."""


def frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Build a batch from dicts: columns that a row lacks are null, columns unknown to the schema raise.

    Errors: `KeyError` for a column that SCHEMA does not have (a reader's bug, never a user's).
    """
    materialized = list(rows)
    unknown = {key for row in materialized for key in row} - SCHEMA.keys()
    if unknown:
        raise KeyError(f"not columns of a record: {', '.join(sorted(unknown))}")
    columns = {name: [row.get(name) for row in materialized] for name in SCHEMA}
    return pl.DataFrame(columns, schema=SCHEMA, strict=True)


def empty() -> pl.DataFrame:
    """Return a batch of no rows."""
    return pl.DataFrame(schema=SCHEMA)


def complete(batch: pl.DataFrame) -> pl.DataFrame:
    """Add the columns a batch lacks, as nulls, and put all of them in schema order."""
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in SCHEMA.items() if name not in batch.columns]
    return batch.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def is_live() -> pl.Expr:
    """Rows that no stage has rejected."""
    return pl.col("reject_reason").is_null()
