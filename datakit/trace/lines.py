"""The lineage of a version as trace rows."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from datakit.trace.result import ROWS


def lines(version: Path, name: str) -> pl.LazyFrame:
    """Return every line of a version's lineage in the columns of ROWS, and `own_id`: the id of its own text."""
    lineage = pl.scan_parquet(version / "lineage.parquet")
    there = lineage.collect_schema().names()
    lineage = lineage.with_columns(
        pl.lit(None, dtype).alias(column) for column, dtype in ROWS.items() if column not in there
    )
    merged = pl.col("role") == "duplicate_of"
    return lineage.select(
        pl.lit(name).alias("version"),
        pl.when(merged).then("of").otherwise("row_id").alias("row_id"),
        *(column for column in ROWS if column not in ("version", "row_id")),
        pl.col("row_id").alias("own_id"),
    )


def places_of(version: Path, name: str, ids: Collection[str] | None = None) -> pl.DataFrame:
    """Return the places of kept rows, those of merged records included, each with the split of its row.

    `ids` None: of all kept rows. A record that was merged into a merged one counts for the row at the end.
    """
    every = lines(version, name).filter(pl.col("role").is_in(["kept", "duplicate_of"])).collect()
    kept = every.filter(pl.col("role") == "kept")
    splits = kept.select("row_id", pl.col("split").alias("of_split")).unique("row_id", keep="first")
    merged = every.filter(pl.col("role") == "duplicate_of")
    onward = merged.select(pl.col("own_id").alias("row_id"), pl.col("row_id").alias("onward")).unique(
        "row_id", keep="first"
    )
    onward = onward.join(splits, on="row_id", how="anti")  # ids of records that were merged and are no kept row
    for _ in range(merged.height):
        step = merged.join(onward, on="row_id", how="left", maintain_order="left")
        if step["onward"].null_count() == step.height:
            break
        merged = step.with_columns(pl.coalesce("onward", "row_id").alias("row_id")).drop("onward")
    found = pl.concat([kept, merged]).join(splits, on="row_id", how="inner", maintain_order="left")
    if ids is not None:
        found = found.join(pl.DataFrame({"row_id": list(ids)}, schema={"row_id": pl.String}), on="row_id", how="semi")
    return found.with_columns(pl.col("of_split").alias("split")).select(ROWS.keys())
