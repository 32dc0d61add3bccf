"""Decontamination: rows that overlap an evaluation set are rejected, with the set and the row they overlap."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final

import polars as pl

from datakit.matching.evaluation_sets import digest, load
from datakit.matching.overlap import Reference
from datakit.stage import Fault, mark, with_text_keys

_HOW: Final = {
    "question": "same question as",
    "words": "shares eight words in a row with",
    "near": "nearly the same question as",
}


@dataclass(frozen=True, kw_only=True)
class Decontaminate:
    """Reject rows that overlap an evaluation set: an equal question, eight words in a row, or nearly the same question.

    A row stage: the sets are small, each batch is held against all of them. Runs of words that stand in more than three
    rows of a set are phrases of the trade and do not count.
    """

    name: ClassVar[str] = "decontaminate"
    reasons: ClassVar[tuple[str, ...]] = ("in_evaluation_set",)
    writes: ClassVar[tuple[str, ...]] = ()

    against: tuple[Path, ...] = ()
    """Files of questions and answers (.jsonl, .json, .parquet, .csv), relative to the recipe; hashed by content."""

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Mark the rows that overlap; the first set in the list names the fault.

        Errors: InputError for a set that cannot be read.
        """
        details = pl.Series([None] * len(batch), dtype=pl.String)
        keyed = with_text_keys(batch.select("question", "answer")) if self.against and len(batch) else batch
        for path in self.against if len(batch) else ():
            found = _reference(path, digest(path)).find(keyed)
            place = pl.format(
                "{} row {} of {}", pl.col("how").replace_strict(_HOW), pl.col("reference") + 1, pl.lit(path.name)
            )
            named = found.select("row", place.alias("detail"))
            rows = pl.DataFrame({"row": pl.Series(range(len(batch)), dtype=pl.UInt32), "before": details})
            joined = rows.join(named, on="row", how="left", maintain_order="left")
            details = joined.select(pl.coalesce("before", "detail")).to_series()
        if details.null_count() == len(details):
            return batch
        told = batch.with_columns(details.alias("__overlap"))
        fault = Fault("in_evaluation_set", pl.col("__overlap").is_not_null(), pl.col("__overlap"))
        return mark(told, self.name, [fault]).drop("__overlap")


@lru_cache(maxsize=16)
def _reference(path: Path, sha256: str) -> Reference:  # noqa: ARG001 - part of the key: a changed file is read anew
    """Load and index a set once a process."""
    return Reference(with_text_keys(load(path)))
