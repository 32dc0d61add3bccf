"""Overlap of two sets of questions and answers: an equal question, eight words in a row, nearly an equal question."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl

from datakit.devanagari import dedup_keys
from datakit.matching.lexemes import Lexeme, content, lexemes
from datakit.matching.near_match import question_match
from datakit.matching.question_blocks import question_blocks
from datakit.matching.question_words import question_words
from datakit.matching.shingles import shingles
from datakit.matching.signs import signs
from datakit.matching.unit_classes import same_words
from datakit.stage import with_text_keys

OVERLAP: Final[dict[str, pl.DataType]] = {
    "row": pl.UInt32(),  # of the set that is searched
    "reference": pl.UInt32(),  # of the set it must not hold: the lowest row that matches
    "how": pl.String(),
}

WAYS: Final = ("question", "words", "near")
"""Equal questions, eight words in a row, questions that differ by slips."""
_TEMPLATE: Final = 3  # reference rows; a run of words in more of them is a phrase of the trade, not a quotation
_MIN_SCORE: Final = 0.9  # as in near_dedup
_MEMO_SIZE: Final = 1_024  # questions
_OWN_WORDS: Final = 2  # content words from which an equal question alone shows that the row was copied


class Reference:
    """A set of questions and answers to look for, indexed once."""

    def __init__(self, rows: pl.DataFrame) -> None:
        """Index `question` and `answer` of a frame, and their dedup keys `question_key` and `answer_key`."""
        self._rows = rows.select("question", "answer", "question_key", "answer_key").with_row_index("reference")
        self._questions = self._rows.filter(pl.col("question_key").str.len_bytes() > 0).unique(
            "question_key", keep="first", maintain_order=True
        )
        self._shingles = _shingle_table(rows).rename({"row": "reference"})
        repeated = self._shingles.group_by("shingle").agg(
            pl.col("reference").n_unique().alias("rows"), pl.col("reference").min()
        )
        self._shingles = repeated.filter(pl.col("rows") <= _TEMPLATE).select("shingle", "reference")
        self._blocks = _question_blocks(rows).rename({"row": "reference"})

    def find(self, batch: pl.DataFrame, *, ways: Sequence[str] = WAYS) -> pl.DataFrame:
        """Return OVERLAP: a line for each row of the batch that overlaps, in order, by the first way that finds it."""
        look = {"question": self._equal, "words": self._quoted, "near": self._near}
        all_found = pl.concat([look[how](batch).with_columns(pl.lit(how).alias("how")) for how in ways])
        order = pl.col("how").replace_strict({how: n for n, how in enumerate(WAYS)}, return_dtype=pl.UInt8)
        best = all_found.sort("row", order, "reference").unique("row", keep="first", maintain_order=True)
        return best.select(pl.col(name).cast(dtype) for name, dtype in OVERLAP.items())

    def _equal(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Equal questions; one without words of its own counts with an equal answer only."""
        rows = batch.select("question", "question_key", "answer_key").with_row_index("row")
        pairs = rows.join(self._questions.select("question_key", "reference"), on="question_key")
        own = [len(content(lexemes(text))) >= _OWN_WORDS for text in pairs["question"]]
        by_both = rows.join(self._rows.drop("question", "answer"), on=["question_key", "answer_key"])
        by_both = by_both.filter(pl.col("question_key").str.len_bytes() > 0)
        return pl.concat([pairs.filter(pl.Series(own, dtype=pl.Boolean)), by_both]).select("row", "reference")

    def _quoted(self, batch: pl.DataFrame) -> pl.DataFrame:
        return _shingle_table(batch).join(self._shingles, on="shingle").group_by("row").agg(pl.col("reference").min())

    def _near(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Questions that differ by slips; the answers do not count, a leaked question is a leak with any answer."""
        pairs = (
            _question_blocks(batch)
            .filter(pl.col("row").is_in(own_words(batch["question"]).arg_true().implode()))
            .join(self._blocks, on="block")
            .select("row", "reference")
            .unique()
            .sort("row", "reference")
        )
        near = [
            _is_near(batch["question"][row], self._rows["question"][reference]) for row, reference in pairs.iter_rows()
        ]
        return pairs.filter(pl.Series(near, dtype=pl.Boolean))


def asks_the_same(one: str, two: str, *, equal: bool) -> bool:
    """Tell whether two questions ask the same: `equal` ones by their keys, the first with words of its own; others in
    nearly the same words."""
    if not equal:
        return _is_near(one, two)
    keys = dedup_keys(pl.Series([one, two]))
    return keys[0] == keys[1] and len(content(lexemes(one))) >= _OWN_WORDS


def _is_near(one: str, two: str) -> bool:
    (left, own), (right, others) = _seen(one), _seen(two)
    if len(content(left)) < _OWN_WORDS or own != others:
        return False
    return (question_match(left, right) or 0.0) >= _MIN_SCORE


@lru_cache(maxsize=_MEMO_SIZE)
def _seen(text: str) -> tuple[list[Lexeme], str]:
    """Return the words and the signs of a question, which is held against a dozen others in a row."""
    return lexemes(text), signs(text)


def _shingle_table(rows: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for name in ("question", "answer"):
        owner, runs = shingles(rows[name])
        parts.append(pl.DataFrame({"row": owner.astype(np.uint32), "shingle": runs}))
    return pl.concat(parts).unique()


def own_words(questions: pl.Series) -> pl.Series:
    """Tell which questions may have words enough of their own to be found in a set; the others are never sought."""
    words = question_words(questions).words
    enough = np.bincount(words.owner, minlength=words.rows) >= _OWN_WORDS
    return pl.Series(enough | ~same_words(questions))


def _question_blocks(rows: pl.DataFrame) -> pl.DataFrame:
    blocks = question_blocks(question_words(rows["question"]))
    table = pl.DataFrame({"row": np.arange(len(rows), dtype=np.uint32), "block": blocks})
    return table.filter(pl.col("block").list.len() > 0).explode("block")


def overlaps(train: pl.DataFrame, test: pl.DataFrame) -> pl.DataFrame:
    """Return OVERLAP of two frames with `question` and `answer`: which rows of train hold something of test.

    `row` numbers train, `reference` numbers test, both from 0.
    """
    return Reference(with_text_keys(test)).find(with_text_keys(train))
