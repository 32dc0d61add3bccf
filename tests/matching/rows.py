"""Rows and runs that the tests of this folder share."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from datakit.record import frame, is_live
from datakit.stage import CorpusStage, MemoryCorpus

Pair = tuple[str | None, str | None]


def batch(pairs: Iterable[Pair], **columns: Any) -> pl.DataFrame:
    """Return records of question and answer, ids `000`, `001` …, sources `s0`, `s1` …, `columns` the same in all."""
    return frame(
        {"id": f"{n:03}", "question": question, "answer": answer, "source_id": f"s{n}", **columns}
        for n, (question, answer) in enumerate(pairs)
    )


def judge(stage: CorpusStage, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the verdicts of a stage on a whole corpus."""
    return stage.apply(MemoryCorpus(rows, stage))


def rejected(stage: CorpusStage, rows: pl.DataFrame) -> dict[int, int | None]:
    """Return rejected row → the row it is shown against."""
    verdicts = judge(stage, rows).filter(pl.col("reject_reason").is_not_null())
    return dict(verdicts.select("row", "of").iter_rows())


def after(stage: CorpusStage, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with those that the stage rejects marked, as the pipeline does."""
    gone = list(rejected(stage, rows))
    marked = pl.when(pl.col("row").is_in(gone) & is_live()).then(pl.lit(stage.reasons[0])).otherwise("reject_reason")
    return rows.with_row_index("row").with_columns(marked.alias("reject_reason")).drop("row")
