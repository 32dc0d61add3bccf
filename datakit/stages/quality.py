"""The quality stage: faults of a pair that a reader sees at once."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

import polars as pl

from datakit.screening.cut_answer import is_cut
from datakit.screening.echo import echo, may_echo
from datakit.screening.first_look import among_shown
from datakit.screening.phrases import as_words, either, kinds, shown_by
from datakit.screening.question_asks import asks_nothing
from datakit.screening.repetition import MIN_WORDS, repetition
from datakit.screening.suspects import any_text, mark_suspects
from datakit.stage import Fault

TAIL: Final = rf"(?m:(?:^|[\s.।!?…»|>•]){either('boilerplate', 'tail')}[\s.…»>|:→]*$)"
"""A link or a button at the end of a line."""

HINTS: Final = tuple(as_words(either("boilerplate", kind)) for kind in kinds("boilerplate", "hint_"))
"""What a page carries around its text, one pattern a kind; two kinds in a short answer are a fault, three in any."""

_WORDS: Final = tuple(as_words(either("model_phrases", kind)) for kind in ("refusal", "self"))
REFUSAL, SELF = _WORDS
OPENING: Final = (
    rf"(?s:^[\s\p{{P}}]*{either('model_phrases', 'opening')}.*(?:शकत नाही|शकणार नाही|येणार नाही|माहिती नाही|माहीत नाही))"
)
ASKS_WHO_SPEAKS: Final = r"(?:तू|तुम्ही|आपण|तुला|तुम्हाला|तुझे|तुमचे|तुझ|तुमच)|(?i:who are you|your name|are you)"
"""A question to the model itself: there its answer may say what it is."""

_ECHO_BYTES: Final = 600
"""Longer questions (200 characters) are passages or lists of questions; no answer that repeats one was seen."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Reject pairs that answer nothing, ask nothing, were cut, go round in circles, or hold a page or a model's excuse.

    The phrases are in `tables/`. Final punctuation is never demanded; short answers are good answers.
    """

    name: ClassVar[str] = "quality"
    reasons: ClassVar[tuple[str, ...]] = (
        "answer_repeats_question",
        "asks_nothing",
        "answer_truncated",
        "repeated_ngrams",
        "boilerplate",
        "model_refusal",
    )
    writes: ClassVar[tuple[str, ...]] = ()
    trigger: ClassVar[str] = "|".join(
        (
            shown_by("boilerplate", "tail", *kinds("boilerplate", "hint_")),
            shown_by("model_phrases", "refusal", "self", "opening"),
        )
    )

    max_unique_percent: int = 55  # different words among all: below it the rules of repetition.py are asked

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with faulty pairs marked."""
        question, answer = pl.col("question"), pl.col("answer")
        short = (question.str.len_bytes() <= _ECHO_BYTES) & (answer.str.len_bytes() <= question.str.len_bytes() * 2)
        tiny = question.str.len_bytes() <= 300
        loops = _unique_percent(batch["answer"]) <= self.max_unique_percent
        suspect = (
            short
            | tiny
            | is_cut()
            | pl.lit(loops)
            | pl.lit(
                among_shown(
                    batch,
                    any_text("|".join((TAIL, *HINTS)), "answer") | answer.str.contains(f"{REFUSAL}|{OPENING}|{SELF}"),
                )
            )
        )
        hints = pl.sum_horizontal(answer.str.contains(hint).cast(pl.Int8) for hint in HINTS)
        refuses = answer.str.contains(f"{REFUSAL}|{OPENING}")
        says_self = answer.str.contains(SELF) & ~question.str.contains(ASKS_WHO_SPEAKS)
        return mark_suspects(
            batch,
            self.name,
            suspect,
            partial(_measure, most=self.max_unique_percent),
            [
                Fault("answer_repeats_question", pl.col("__echo").is_not_null(), pl.col("__echo")),
                Fault("asks_nothing", asks_nothing(), question.str.head(60)),
                Fault("answer_truncated", is_cut(), pl.format("…{}", answer.str.strip_chars_end().str.tail(40))),
                Fault("repeated_ngrams", pl.col("__repeats").is_not_null(), pl.col("__repeats").str.head(80)),
                Fault(
                    "boilerplate",
                    answer.str.contains(TAIL) | (hints >= 3) | ((hints == 2) & (answer.str.len_bytes() <= 600)),
                    _boilerplate_found(),
                ),
                Fault("model_refusal", refuses | says_self, answer.str.head(80)),
            ],
        )


def _boilerplate_found() -> pl.Expr:
    answer = pl.col("answer")
    hints = pl.concat_str(
        [answer.str.extract(f"({hint})").str.strip_chars() for hint in HINTS], separator=", ", ignore_nulls=True
    )
    return pl.coalesce(answer.str.extract(f"({TAIL})").str.strip_chars(), hints)


def _unique_percent(texts: pl.Series) -> pl.Series:
    """Return how many of a text's words are different, in percent; 100 for texts of few words."""
    words = texts.str.strip_chars().str.split(" ")
    share = words.list.n_unique() * 100 / words.list.len().clip(1)
    return pl.select(pl.when(words.list.len() >= MIN_WORDS).then(share).otherwise(100.0)).to_series().fill_null(100.0)


def _measure(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Add what the answer repeats of the question, and what it repeats of itself."""
    pairs = list(zip(rows["question"].fill_null(""), rows["answer"].fill_null(""), strict=True))
    asked = pl.col("question").str.len_bytes() <= _ECHO_BYTES
    short = rows.select((asked & may_echo()).fill_null(False)).to_series()
    echoes = [echo(question, answer) if small else None for (question, answer), small in zip(pairs, short, strict=True)]
    looping = _unique_percent(rows["answer"]) <= most
    repeats = [repetition(answer) if loops else None for (_, answer), loops in zip(pairs, looping, strict=True)]
    return rows.with_columns(
        pl.Series("__echo", echoes, dtype=pl.String), pl.Series("__repeats", repeats, dtype=pl.String)
    )
