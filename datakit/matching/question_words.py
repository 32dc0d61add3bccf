"""The words of a batch's questions, split once for all stages whose keys are made of them."""

from typing import Final

import polars as pl

from datakit.matching.word_arrays import WordArrays, word_arrays

_last: Final[list[tuple[pl.Series, WordArrays]]] = []


def question_words(questions: pl.Series) -> WordArrays:
    """Return `word_arrays` of a column; the last column's are remembered, and known again by content."""
    if _last and _last[0][0].equals(questions):
        return _last[0][1]
    found = word_arrays(questions)
    _last[:] = [(questions, found)]
    return found
