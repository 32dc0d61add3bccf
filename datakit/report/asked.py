"""What kept questions ask for: who, when, where, why, how …, told by their question word.

A word list and no more: it does not understand the question. Where a question has several question words, the first
kind of the table wins, so `कोणत्या वर्षी कोणी …` counts as when.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import polars as pl

from datakit.report.mix import Share

UNKNOWN: Final = "no question word"
WORDS: Final = {
    "who": "कोण",
    "when": "केव्हा",
    "where": "कोठे",
    "why": "का",
    "how": "कसे",
    "how many": "किती",
    "which": "कोणता",
    "what": "काय",
    "yes or no": "… का?",
    "task": "सांगा, लिहा",
    "fill in": "____",
}
"""A word of each kind, for readers."""
_TAIL: Final = 240  # characters: Marathi asks at the end, and the legislature's questions run to pages
_OPTIONS: Final = r"([?？])\s*\(?\s*[अaA1१]\s*[).]"
"""Choices after the question, from `? (अ)` on, are not what is asked."""

_BETWEEN_WORDS: Final = r"[^\p{L}\p{M}\p{N}_.…\u200C\u200D ]+|\.{1,3}(?:\s+|$)"
r"""Becomes a space, so that a space in a pattern stands for the edge of a word: with `\b` the Rust engine took six
times as long on Devanagari (84,000 questions of the legislature, 6.7 against 1.1 CPU-seconds)."""
_AN_EDGE: Final = r"(?:^|[^\p{L}\p{M}\p{N}_…\u200C\u200D]+|$)"
"""What such a space may have been in the text as it stands."""
_OFTEN: Final = 8
"""The row of the table, from 0, that tells most: nine of ten questions of the legislature ask for reasons."""


@cache
def _table() -> tuple[tuple[str, str], ...]:
    text = (files("datakit.report") / "tables" / "question_words.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return tuple((kind, pattern) for kind, pattern, _ in rows)


@cache
def _before_often() -> str:
    """Return a pattern that finds, in texts not yet cut into words, all that the rows above `_OFTEN` name, and more."""
    above = (pattern.replace("[^ ]", r"\S").replace(" ", _AN_EDGE) for _, pattern in _table()[:_OFTEN])
    return "|".join(f"(?:{pattern})" for pattern in above)


def kinds(questions: pl.Series) -> pl.Series:
    """Return what each question asks for: a kind of `tables/question_words.tsv`, or `no question word`.

    The first row of the table that finds something tells the kind. What the row `_OFTEN` finds between spaces of the
    text itself it would find between words too, so such questions are not cut into words unless a row above may name
    them.
    """
    ends = asking(questions)
    kind, pattern = _table()[_OFTEN]
    often = ends.str.contains(pattern).arg_true()
    told = often.filter(~ends.gather(often).str.contains(_before_often()))
    found = pl.Series(ends.name, [None], dtype=pl.String).new_from_index(0, len(ends)).scatter(told, kind)
    left = (found.is_null() & ends.is_not_null()).arg_true()
    texts = ends.gather(left).to_frame("text").select(words(pl.col("text")).alias("text"))
    return found.scatter(left, texts.select(_by_table(pl.col("text"))).to_series())


def _by_table(texts: pl.Expr) -> pl.Expr:
    rows = (pl.when(texts.str.contains(pattern)).then(pl.lit(kind)) for kind, pattern in _table())
    return pl.coalesce(*rows, pl.lit(UNKNOWN))


def asking(questions: pl.Series) -> pl.Series:
    """Return the end of each question; choices are cut off."""
    chosen = questions.str.contains(_OPTIONS).arg_true()
    asked = questions.gather(chosen).str.tail(2 * _TAIL).str.replace(rf"{_OPTIONS}[\s\S]*$", "$1").str.tail(_TAIL)
    return questions.str.tail(_TAIL).scatter(chosen, asked)


def words(texts: pl.Expr) -> pl.Expr:
    """Return the words of each text with one space before and after each."""
    apart = pl.format(" {} ", texts.str.replace_all(_BETWEEN_WORDS, " "))
    return apart.str.replace_all(" {2,}", " ")


def question_kinds(seen: pl.DataFrame) -> list[Share]:
    """Return how many kept questions ask for what, most frequent first, those without a question word last.

    `seen` is what `look` saw of the texts.
    """
    counted = (
        seen.lazy()
        .select(pl.col("kind").drop_nulls())
        .group_by("kind")
        .len("rows")
        .sort(pl.col("kind") == UNKNOWN, "rows", "kind", descending=[False, True, False])
        .collect()
    )
    return [Share(name=kind, rows=rows) for kind, rows in counted.iter_rows()]
