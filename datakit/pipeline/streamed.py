"""Frames that a generator makes, read by polars one after the other: what it writes of them is laid aside nowhere."""

from collections.abc import Iterator, Mapping

import polars as pl
from polars.io.plugins import register_io_source


def streamed(frames: Iterator[pl.DataFrame], schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """Return a lazy frame of these frames in their order; it can be collected or sunk once.

    Every frame has the columns of `schema`. An error of the generator comes out of `collect` or
    `sink_parquet` as it is.
    """
    left = iter(frames)

    def source(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,  # noqa: ARG001 - the form polars calls; it cuts what is too much itself
        batch_size: int | None,  # noqa: ARG001 - a frame is as large as its part
    ) -> Iterator[pl.DataFrame]:
        for frame in left:
            picked = frame if predicate is None else frame.filter(predicate)
            yield picked if with_columns is None else picked.select(with_columns)

    return register_io_source(source, schema=dict(schema))
