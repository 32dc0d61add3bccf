"""The words of a batch's questions, split once for all stages whose keys are made of them."""

from typing import Final

import polars as pl

from datakit.matching.word_arrays import QuestionArrays, question_arrays

_last: Final[list[tuple[pl.Series, QuestionArrays]]] = []


def question_words(questions: pl.Series) -> QuestionArrays:
    """Return `question_arrays` of a column; the last column's are remembered, and known again by content."""
    if _last and _last[0][0].equals(questions):
        return _last[0][1]
    found = question_arrays(questions)
    _last[:] = [(questions, found)]
    return found
