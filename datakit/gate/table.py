"""The release as one table: every column of the splits as they lie on disk, and what is measured on them.

Measures are the gate's own, not the stages': a fault of a stage must not excuse itself.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from datakit.lineage import Manifest

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMNS: Final = (
    "id", "question", "answer", "context", "system", "source_id", "licence", "file", "locator", "split_group", "lang",
    "meta",
)  # fmt: skip
"""Columns of a release that hold text or null."""
COLUMNS: Final = (*TEXT_COLUMNS, "messages", "flags")
"""All columns of a release; `messages` and `flags` come to the table as JSON."""
MEASURES: Final = (
    "split", "question_chars", "answer_chars", "devanagari_percent", "last_role", "last_content", "splits_of_group",
)  # fmt: skip
"""Columns that the table has beside those of a release."""
BY_PEOPLE: Final = ("question_chars", "answer_chars", "devanagari_percent")
"""Measures that are null, and so expect nothing, on rows that a person let in against the stages."""

_DEVANAGARI: Final = r"[\u0900-\u0963\u0970-\u097F\u{A8E0}-\u{A8FF}]"  # digits are in both scripts' texts
_FOREIGN: Final = r"[\p{L}--[\u0900-\u097F\u{A8E0}-\u{A8FF}]]"


def release_table(folder: Path, manifest: Manifest) -> pl.DataFrame:
    """Return the kept rows of all splits with MEASURES; a column that one split lacks, the table lacks.

    `question_chars` and `answer_chars` are code points, the question's without spaces at its ends;
    `devanagari_percent` is the share of Devanagari among the letters and signs of both, null where there are none;
    `splits_of_group` is how many splits a group has rows in.
    """
    frames = [
        pl.read_parquet(folder / f"{split}.parquet").with_columns(pl.lit(split).alias("split"))
        for split in manifest.identity["row_roots"]
    ]
    rows = pl.concat(_alike(frames), how="diagonal_relaxed")
    present = set(rows.columns)
    measures: list[pl.Expr] = []
    if "question" in present:
        measures.append(pl.col("question").str.strip_chars().str.len_chars().alias("question_chars"))
    if "answer" in present:
        measures.append(pl.col("answer").str.len_chars().alias("answer_chars"))
    if {"question", "answer"} <= present:
        measures.append(_devanagari_percent())
    if "messages" in present:
        last = pl.col("messages").list.last().struct
        measures += [last.field("role").alias("last_role"), last.field("content").alias("last_content")]
    if "split_group" in present:
        measures.append(pl.col("split").n_unique().over("split_group").alias("splits_of_group"))
    rows = rows.with_columns(measures)
    spared = _spared(folder, manifest)
    if not spared.is_empty() and "id" in present:
        judged = ~pl.col("id").is_in(spared.implode())
        rows = rows.with_columns(
            pl.when(judged).then(pl.col(name)).alias(name) for name in BY_PEOPLE if name in rows.columns
        )
    nested = [name for name, kind in rows.schema.items() if isinstance(kind, pl.List | pl.Struct)]
    return rows.with_columns(_as_json(rows[name]) for name in nested)


def to_pandas(table: pl.DataFrame) -> "pd.DataFrame":
    """Return the table for pandas, without pyarrow: text as Python objects, numbers as floats with NaN for null."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for name in table.columns:
        series = table[name]
        if series.dtype.is_numeric():
            columns[name] = series.cast(pl.Float64).to_numpy()
        else:
            columns[name] = pd.Series(series.to_list(), dtype=object)
    return pd.DataFrame(columns)


def _alike(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Return frames that can be joined without hiding what is wrong: a column of another type keeps that type."""
    lacking = {name for name in COLUMNS if any(name not in frame.columns for frame in frames)}
    odd = {
        name: kind
        for frame in frames
        for name, kind in frame.schema.items()
        if name in TEXT_COLUMNS and kind not in (pl.String, pl.Null)
    }
    return [
        frame.drop(lacking, strict=False).with_columns(
            pl.col(name).cast(kind, strict=False) for name, kind in odd.items() if name not in lacking
        )
        for frame in frames
    ]


def _devanagari_percent() -> pl.Expr:
    def count(pattern: str) -> pl.Expr:
        texts = [pl.col(name).str.count_matches(pattern).fill_null(0) for name in ("question", "answer")]
        return (texts[0] + texts[1]).cast(pl.Float64)

    own, foreign = count(_DEVANAGARI), count(_FOREIGN)
    return pl.when(own + foreign > 0).then(100 * own / (own + foreign)).alias("devanagari_percent")


def _spared(folder: Path, manifest: Manifest) -> pl.Series:
    """Return the ids of the kept rows for which a person overruled a stage; decisions name a row by its raw digest."""
    digests: set[str] = set()
    for decision in manifest.identity.get("decisions", ()):
        if decision.get("overrules"):
            digests |= {decision["row"], *decision.get("also", ())}
    if not digests:
        return pl.Series("row_id", [], dtype=pl.String)
    lineage = pl.scan_parquet(folder / "lineage.parquet").filter(pl.col("role") == "kept")
    wanted = pl.Series(sorted(digests)).implode()
    return lineage.filter(pl.col("raw_sha256").is_in(wanted)).select("row_id").collect()["row_id"]


def _as_json(series: pl.Series) -> pl.Series:
    """Return a nested column as text, one JSON value a row; null stays null."""
    wrapped = pl.struct(pl.col(series.name).alias("v")).struct.json_encode()  # {"v": …}: a list alone has no encoder
    inner = wrapped.str.strip_prefix('{"v":').str.slice(0, wrapped.str.len_chars() - 6)
    return series.to_frame().select(pl.when(pl.col(series.name).is_not_null()).then(inner).alias(series.name))[
        series.name
    ]
