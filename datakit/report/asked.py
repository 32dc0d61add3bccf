"""What kept questions ask for: who, when, where, why, how …, told by their question word.

A word list and no more: it does not understand the question. Where a question has several question words, the first
kind of the table wins, so `कोणत्या वर्षी कोणी …` counts as when.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import polars as pl

from datakit.report.mix import Share
from datakit.report.release import Release

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
_OPTIONS: Final = r"([?？])\s*\(?\s*[अaA1१]\s*[).][\s\S]*$"
"""Choices after the question, from `? (अ)` on, are not what is asked."""

_BETWEEN_WORDS: Final = r"[^\p{L}\p{M}\p{N}_.…\u200C\u200D]+|\.{1,3}(?:\s+|$)"
r"""Becomes one space, so that a space in a pattern stands for the edge of a word: with `\b` the Rust engine took six
times as long on Devanagari (84,000 questions of the legislature, 6.7 against 1.1 CPU-seconds)."""


@cache
def _table() -> tuple[tuple[str, str], ...]:
    text = (files("datakit.report") / "tables" / "question_words.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return tuple((kind, pattern) for kind, pattern, _ in rows)


def asking(questions: pl.Expr) -> pl.Expr:
    """Return the end of each question as words with one space before and after each; choices are cut off."""
    end = questions.str.tail(2 * _TAIL).str.replace(_OPTIONS, "$1").str.tail(_TAIL)
    words = pl.concat_str(pl.lit(" "), end.str.replace_all(_BETWEEN_WORDS, " "), pl.lit(" "))
    return words.str.replace_all("  ", " ", literal=True)


def kinds(questions: pl.Expr) -> pl.Expr:
    """Return what each question asks for: a kind of `tables/question_words.tsv`, or `no question word`."""
    return asking(questions).map_batches(_kinds_of, return_dtype=pl.String, is_elementwise=True)


def _kinds_of(asked: pl.Series) -> pl.Series:
    """Go through the table; what a row of it has named is not held against the rows below."""
    found = pl.Series(asked.name, [None], dtype=pl.String).new_from_index(0, len(asked))
    left = asked.is_not_null().arg_true()
    texts = asked.gather(left)
    for kind, pattern in (*_table(), (UNKNOWN, "")):
        hit = texts.str.contains(pattern)
        found = found.scatter(left.filter(hit), kind) if hit.any() else found
        left, texts = left.filter(~hit), texts.filter(~hit)
    return found


def question_kinds(release: Release) -> list[Share]:
    """Return how many kept questions ask for what, most frequent first, those without a question word last."""
    counted = (
        release.kept("question")
        .select(kinds(pl.col("question")).alias("kind"))
        .drop_nulls()
        .group_by("kind")
        .len("rows")
        .sort(pl.col("kind") == UNKNOWN, "rows", "kind", descending=[False, True, False])
        .collect(engine="streaming")
    )
    return [Share(name=kind, rows=rows) for kind, rows in counted.iter_rows()]
