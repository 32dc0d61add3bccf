"""The words of a batch's questions, split once for all stages whose keys are made of them."""

from typing import Final

import polars as pl

from datakit.matching.accounts import Bearings
from datakit.matching.word_arrays import WordArrays, words_and_bearings

_last: Final[list[tuple[pl.Series, tuple[WordArrays, Bearings]]]] = []


def question_words(questions: pl.Series) -> WordArrays:
    """Return `word_arrays` of a column; the last column's are remembered, and known again by content."""
    return _split(questions)[0]


def question_bearings(questions: pl.Series) -> Bearings:
    """Return what each word of a column does in its question, remembered as `question_words` is."""
    return _split(questions)[1]


def _split(questions: pl.Series) -> tuple[WordArrays, Bearings]:
    if _last and _last[0][0].equals(questions):
        return _last[0][1]
    found = words_and_bearings(questions)
    _last[:] = [(questions, found)]
    return found
