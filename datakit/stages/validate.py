"""The validate stage: a row must have a question and an answer, and a licence where the recipe asks for one."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.stage import Fault, mark

VISIBLE: Final = r"[\p{L}\p{N}\p{P}\p{S}\p{M}\p{Co}\x{FFFD}]"
"""Anything a reader could see; spaces, joiners (U+200D) and control characters alone make an empty text."""


@dataclass(frozen=True, kw_only=True)
class Validate:
    """Reject rows without a question, without an answer, or (when asked) without a licence."""

    name: ClassVar[str] = "validate"
    reasons: ClassVar[tuple[str, ...]] = ("empty_question", "empty_answer", "licence_missing")
    writes: ClassVar[tuple[str, ...]] = ()

    require_licence: bool = False  # whether a row whose source declares no licence is rejected

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with incomplete rows marked."""
        return mark(
            batch,
            self.name,
            [
                Fault("empty_question", _is_empty("question"), "the question has no visible character"),
                Fault("empty_answer", _is_empty("answer"), "the answer has no visible character"),
                Fault(
                    "licence_missing",
                    pl.lit(self.require_licence) & _is_empty("licence"),
                    pl.format(
                        "source {} names no licence; add `licence` to it in sources.toml",
                        pl.col("source_id").fill_null("?"),
                    ),
                ),
            ],
        )


def _is_empty(column: str) -> pl.Expr:
    return ~pl.col(column).str.contains(VISIBLE).fill_null(False)
