"""Find answers that only repeat their question, and questions that give their answer away."""

from typing import Final

import polars as pl
import regex

YES_NO: Final = regex.compile(r"(?:\bका|काय|ना)\s*[?？।.]*\s*$")
"""A question that may be answered by saying it again: `शिवाजी महाराजांनी तोरणा जिंकला का?`"""

TASK: Final = regex.compile(r"[:ः\n\"“”]|\p{M}?वाक्य|परिच्छेद|उतारा|शुद्ध|भाषांतर|क्रम|रूपांतर|जुळव|किंवा|\bकी\b|यापैकी|खालील|पुढील")
"""Signs of a task on given text, or of a choice: there an answer may be made of the question's words alone."""

MIN_WORDS: Final = 4
"""An answer of one to three words that stands in the question is often right: रायगड किल्ला कोणत्या जिल्ह्यात आहे? रायगड."""

MIN_COVERED: Final = 0.75
"""Share of the question's words that the echo must say: it leaves out the question word and no more.

A name that the question takes apart (`सुलभता कोणता निर्देशांक मोजतो?` सुलभता निर्देशांक) stays below."""

_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_LABEL: Final = r"(?:उत्तर|answer|ans)\s*[:ः\-–.]"
_ANSWER_LABEL: Final = regex.compile(rf"{_LABEL}\s*(?P<told>[^?]{{2,}})$", regex.IGNORECASE)
_FILLERS: Final = frozenset(
    ("आहे", "आहेत", "होते", "होता", "होती", "झाला", "झाली", "झाले", "असे", "ते", "तो", "ती", "हे", "हा", "ही", "होय")
)


def may_echo() -> pl.Expr:
    """Return whether `echo` may find anything: false where the answer begins with a word that the question lacks.

    Only words of Devanagari alone are compared, which casefolding leaves as they are.
    """
    first = pl.col("answer").str.extract(r"([\p{L}\p{M}\p{N}]+)")
    plain = first.str.contains("^[\u0900-\u097f]+$")
    known = pl.col("question").str.contains(first, literal=True) | first.is_in(sorted(_FILLERS))
    return ~plain.fill_null(False) | known | pl.col("question").str.contains(f"(?i){_LABEL}")


def echo(question: str, answer: str) -> str | None:
    """Return what makes the pair a fault, in words for people; None for a pair that is none."""
    asked, said = _words(question), _words(answer)
    if not asked or not said:
        return None
    if asked == said:
        return "the answer is the question"
    told = _ANSWER_LABEL.search(question)
    if told and _words(told["told"]) == said:
        return "the question ends with its answer"
    new = set(said) - set(asked) - _FILLERS
    if len(said) < MIN_WORDS or new or YES_NO.search(question) or TASK.search(question):
        return None
    covered = len(set(said) & set(asked)) / len(set(asked))
    return "the answer has no word that the question lacks" if covered >= MIN_COVERED else None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
