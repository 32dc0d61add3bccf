"""Questions of train that are nearly equal to a held-out one: found word by word, as deduplication does it."""

from typing import Final

import polars as pl

from datakit.matching.lexemes import lexemes
from datakit.matching.near_match import question_match
from datakit.matching.overlap import overlaps
from datakit.report.passages import Row, rows
from datakit.report.release import Release

MAX_CHARS: Final = 2_000_000
"""Characters of all questions up to which they are compared: 1.9 CPU-seconds for 3,169 questions of the legislature."""
SHOWN: Final = 5
_MIN_SCORE: Final = 0.9  # as in near_dedup
_ROOM: Final = 12_000  # characters of all texts
_FIRST: Final = 8_192  # rows that are looked at first, one group of a file: of the legislature five million characters


def near_leaks(release: Release) -> tuple[int, tuple[tuple[Row, Row], ...]] | None:
    """Return how many questions of train are nearly equal to a held-out one, and some pairs (train, held out).

    None: not looked for, because the questions are longer than `MAX_CHARS` together. Equal questions are not counted,
    they are leaks already; questions on a passage or after other turns lean on it, so they are left out.
    """
    if _exceeds(release, MAX_CHARS):
        return None
    columns = ("source_id", "file", "locator", "question", "answer")
    bare = release.kept(*columns, "context").filter(pl.col("context").is_null() & pl.col("question").is_not_null())
    every = bare.drop("context").sort("question", *columns[:3]).collect()
    train, held = every.filter(pl.col("split") == "train"), every.filter(pl.col("split") != "train")
    if train.is_empty() or held.is_empty():
        return 0, ()
    nothing = pl.lit(None, dtype=pl.String).alias("answer")
    found = overlaps(train.with_columns(nothing), held.with_columns(nothing))
    pairs = [(train.row(one, named=True), held.row(two, named=True)) for one, two, _ in found.iter_rows()]
    near = [(one, two) for one, two in pairs if _is_near(one["question"], two["question"])]
    texts = iter(rows([row for pair in near[:SHOWN] for row in pair], _ROOM))
    return len(near), tuple(zip(texts, texts, strict=True))


def _exceeds(release: Release, most: int) -> bool:
    """Tell whether all questions together have more characters; many questions are not read to their end for that."""
    questions = release.kept("question").select(pl.col("question").str.len_chars().sum())
    first = release.kept("question").head(_FIRST).select(pl.col("question").str.len_chars().sum())
    return any(int(some.collect(engine="streaming").item() or 0) > most for some in (first, questions))


def _is_near(one: str, two: str) -> bool:
    return one != two and (question_match(lexemes(one), lexemes(two), reworded=True) or 0.0) >= _MIN_SCORE
