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


def near_leaks(release: Release, chars: int) -> tuple[int, tuple[tuple[Row, Row], ...]] | None:
    """Return how many questions of train are nearly equal to a held-out one, and some pairs (train, held out).

    `chars` are the characters of all kept questions. None: not looked for, because there are more than `MAX_CHARS`.
    Equal questions are not counted, they are leaks already; questions on a passage or after other turns lean on it, so
    they are left out.
    """
    if chars > MAX_CHARS:
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


def _is_near(one: str, two: str) -> bool:
    return one != two and (question_match(lexemes(one), lexemes(two), reworded=True) or 0.0) >= _MIN_SCORE
