"""The length stage: a band made for question and answer, not for web pages."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from datakit.stage import Fault, mark


@dataclass(frozen=True, kw_only=True)
class Length:
    """Reject questions outside a band of characters and answers that are articles.

    Answers have no minimum beyond emptiness (see validate): the median answer to a Marathi-history question is 12
    characters (`शीतयुद्ध`, `१६७४`), and a 50-word minimum, as web filters have it, would drop every exam question.
    Characters are Unicode code points after normalization.
    """

    name: ClassVar[str] = "length"
    reasons: ClassVar[tuple[str, ...]] = ("question_too_short", "question_too_long", "answer_too_long")
    writes: ClassVar[tuple[str, ...]] = ()

    min_question_chars: int = 4  # the shortest real question of 1,592 is 11 ("१५ ऑगस्ट?" would be 9); "का?" is 3
    max_question_chars: int = 4_500  # the longest of 84,002 real questions has 4,225: passages and options are in some
    max_answer_chars: int = 8_000  # 99.9 % of 84,002 real answers stay below 3,783; longer ones are tables and annexes

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with rows outside the band marked; a null text is left to the validate stage."""
        question = pl.col("question").str.strip_chars().str.len_chars()
        answer = pl.col("answer").str.len_chars()
        short, long, article = self.min_question_chars, self.max_question_chars, self.max_answer_chars
        return mark(
            batch,
            self.name,
            [
                Fault(
                    "question_too_short",
                    question < short,
                    pl.format("{} characters, at least {}", question, pl.lit(short)),
                ),
                Fault(
                    "question_too_long", question > long, pl.format("{} characters, at most {}", question, pl.lit(long))
                ),
                Fault(
                    "answer_too_long", answer > article, pl.format("{} characters, at most {}", answer, pl.lit(article))
                ),
            ],
        )
