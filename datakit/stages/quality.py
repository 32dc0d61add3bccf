"""The quality stage: faults of a pair that a reader sees at once."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.screening.cut_answer import is_cut
from datakit.screening.echo import echo, may_echo
from datakit.screening.first_look import asked_of, shows
from datakit.screening.phrases import as_words, either, kinds, shown_by
from datakit.screening.question_asks import asks_nothing, may_ask_nothing
from datakit.screening.repetition import MIN_WORDS, repetition
from datakit.screening.suspects import mark_suspects
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
        asked = batch.with_columns(
            shows(batch, "|".join((TAIL, *HINTS)), "answer").alias("__page"),
            shows(batch, f"{REFUSAL}|{OPENING}|{SELF}", "answer").alias("__speaks"),
            is_cut().alias("__cut"),
            loops.alias("__loops"),
        )
        marked = mark_suspects(
            asked,
            self.name,
            short | tiny | pl.any_horizontal("__cut", "__loops", "__page", "__speaks"),
            _measure,
            [
                Fault("answer_repeats_question", pl.col("__echo").is_not_null(), pl.col("__echo")),
                Fault("asks_nothing", pl.col("__asks_nothing"), question.str.head(60)),
                Fault("answer_truncated", pl.col("__cut"), pl.format("…{}", answer.str.strip_chars_end().str.tail(40))),
                Fault("repeated_ngrams", pl.col("__repeats").is_not_null(), pl.col("__repeats").str.head(80)),
                Fault("boilerplate", pl.col("__boilerplate"), _boilerplate_found()),
                Fault("model_refusal", pl.col("__refusal"), answer.str.head(80)),
            ],
        )
        return marked.select(batch.columns)


def _is_boilerplate() -> pl.Expr:
    answer = pl.col("answer")
    hints = pl.sum_horizontal(answer.str.contains(hint).cast(pl.Int8) for hint in HINTS)
    return answer.str.contains(TAIL) | (hints >= 3) | ((hints == 2) & (answer.str.len_bytes() <= 600))


def _is_refusal() -> pl.Expr:
    answer = pl.col("answer")
    says_self = answer.str.contains(SELF) & ~pl.col("question").str.contains(ASKS_WHO_SPEAKS)
    return answer.str.contains(f"{REFUSAL}|{OPENING}") | says_self


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


def _measure(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what the answer repeats of the question and of itself, and the verdicts that few rows are asked for."""
    asked = pl.col("question").str.len_bytes() <= _ECHO_BYTES
    short = rows.select((asked & may_echo()).fill_null(False)).to_series()
    pairs = rows.filter(short).select(pl.col("question", "answer").fill_null(""))
    echoes = [echo(question, answer) for question, answer in pairs.iter_rows()]
    repeats = [repetition(answer) for answer in rows.filter("__loops")["answer"].fill_null("")]
    nothing = pl.repeat(None, rows.height, dtype=pl.String, eager=True)
    return rows.with_columns(
        nothing.scatter(short.arg_true(), pl.Series(echoes, dtype=pl.String)).alias("__echo"),
        nothing.clone().scatter(rows["__loops"].arg_true(), pl.Series(repeats, dtype=pl.String)).alias("__repeats"),
        asked_of(rows, rows.select(may_ask_nothing()).to_series(), asks_nothing()).alias("__asks_nothing"),
        asked_of(rows, rows["__page"], _is_boilerplate()).alias("__boilerplate"),
        asked_of(rows, rows["__speaks"], _is_refusal()).alias("__refusal"),
    )
