"""The words of a batch's questions, split once for all stages whose keys are made of them."""

from typing import Final

import polars as pl

from datakit.devanagari.recent import Recent
from datakit.matching.word_arrays import QuestionArrays, question_arrays

_recent: Final = Recent(question_arrays, 1)


def question_words(questions: pl.Series) -> QuestionArrays:
    """Return `question_arrays` of a column; the last column's are remembered, and known again by content."""
    return _recent(questions)
