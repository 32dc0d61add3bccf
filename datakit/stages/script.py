"""The script stage: question and answer together must be mostly in Devanagari."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.screening.first_look import asked_of, shows
from datakit.screening.phrases import either
from datakit.screening.suspects import mark_suspects
from datakit.stage import Fault

DEVANAGARI: Final = r"[\u0900-\u0963\u0970-\u097F\u{A8E0}-\u{A8FF}]"
_NOT_DEVANAGARI: Final = DEVANAGARI.replace("[", "[^")
LETTER: Final = r"[\p{L}\p{M}]"
FOREIGN: Final = r"[\p{L}--[\u0900-\u097F\u{A8E0}-\u{A8FF}]]"
"""A letter of any other script; in the Rust syntax `--` takes the second class out of the first."""

ROMANISED: Final = rf"(?-u:\b){either('romanised', 'word')}(?-u:\b)"
"""A frequent Marathi word typed in Latin letters (ahe, kuthe, zala)."""

MIN_ROMANISED: Final = 2
"""So many of them make a row romanised Marathi; no English row of 704 has one."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """Reject rows of another script, such as English-only ones.

    Question and answer are judged together, by letters and signs: digits do not count, and a name in Latin letters or a
    number is a good answer to a question in Devanagari. Romanised Marathi is left to the language stage, which knows it
    by name; a recipe without that stage sets `leave_romanised = false`.
    """

    name: ClassVar[str] = "script"
    reasons: ClassVar[tuple[str, ...]] = ("not_devanagari",)
    writes: ClassVar[tuple[str, ...]] = ()
    trigger: ClassVar[str] = FOREIGN

    min_devanagari_percent: int = 25
    """Letters and signs in Devanagari. English rows of a bilingual question bank have 0; good rows have 53 and more, a
    full name in English as the answer to a short question has about 30 (benchmarks/quality.py, 704 + 1,235 rows)."""
    leave_romanised: bool = True
    """Whether romanised Marathi passes, to be named by the language stage."""

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with rows of other scripts marked."""
        foreign = pl.col("__share") < self.min_devanagari_percent
        if self.leave_romanised:
            foreign &= pl.col("__romanised") < MIN_ROMANISED
        texts = ("question", "answer")
        # A share of all characters that is enough is enough of the letters: a name in Latin letters costs one count.
        least = (
            sum((pl.col(name).str.len_chars().fill_null(0) for name in texts), pl.lit(0)) * self.min_devanagari_percent
        )
        few = _count(DEVANAGARI, *texts) * 100 < least
        # Nearly always the first half of the texts has it: only where it has not, the rest is counted.
        few_at_first = _devanagari_at_first(*texts) * 100 < least
        suspect = asked_of(batch, asked_of(batch, shows(batch, FOREIGN, *texts), few_at_first), few)
        return mark_suspects(
            batch,
            self.name,
            pl.lit(suspect),
            _measure,
            [Fault("not_devanagari", foreign, _detail(self.min_devanagari_percent))],
        )


def _detail(least: int) -> pl.Expr:
    return pl.format(
        "{} % of the letters are Devanagari, at least {} %", pl.col("__share").round(0).cast(pl.Int32), pl.lit(least)
    )


def _measure(rows: pl.DataFrame) -> pl.DataFrame:
    texts = ("question", "answer")
    share = _count(DEVANAGARI, *texts) * 100 / _count(LETTER, *texts).clip(1)
    return rows.with_columns(share.alias("__share"), _count(ROMANISED, *texts).alias("__romanised"))


def _devanagari_at_first(*columns: str) -> pl.Expr:
    """Return how many characters in the first half of the texts are Devanagari: the fewer others are counted."""
    halves = [pl.col(name).str.head(pl.col(name).str.len_chars() // 2) for name in columns]
    counts = (half.str.len_chars() - half.str.count_matches(_NOT_DEVANAGARI) for half in halves)
    return sum((count.fill_null(0) for count in counts), pl.lit(0))


def _count(pattern: str, *columns: str) -> pl.Expr:
    return sum((pl.col(name).str.count_matches(pattern).fill_null(0) for name in columns), pl.lit(0))
