"""The language stage: is this row Marathi, question and answer judged together?"""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.errors import UsageError
from datakit.langid import DEFAULT, ENGINES, UNKNOWN, Guesses, guess
from datakit.langid.marks import MARATHI, OTHERS
from datakit.screening.suspects import mark_suspects
from datakit.stage import Fault

ROMANISED: Final = "mar-Latn"
QUOTED: Final = "san"  # an answer may be a verse, and history's verses are in Sanskrit
LOOK: Final = 300  # characters of question and of answer that are judged: half of what the default engine looks at
_FEW_CHARS: Final = 100  # in which 25,496 of 25,506 longer answers have the 8 words of `min_answer_words`
FEW_WORDS: Final = (
    6  # in more words than a question of names has, the model knows better: Konkani lines rejected .86 → .94
)
WORD: Final = r"\pL[\pL\pM]*"
LETTER: Final = r"\pL"
DEVANAGARI_LETTER: Final = r"[\u0904-\u0939\u0958-\u0961\u0972-\u097F]"
QUOTATION: Final = r"'[^']+'|\"[^\"]+\"|“[^”]+”|‘[^’]+’"
"""A title or a verse that a question asks about: `'सरफरोशी की तमन्ना …' हे कोणी लिहिले?` is a Marathi question."""
POLICIES: Final = ("reject", "keep")


@dataclass(frozen=True, kw_only=True)
class Language:
    """Write `lang`, and reject rows in another language than those to keep.

    A row is in the language of its question, quotations in it left out; where that is none of `keep`, question and
    answer are judged as one text. So a Sanskrit verse, a Hindi couplet or English terms in a Marathi answer do not make
    the row foreign, and an answer such as `१६७४` or `शिवनेरी`, which belongs to no language, counts with its question.
    A short answer may save a row but never condemn it: `सुलतान कुली कुतुबशाह` is a name, whatever language it looks
    like. So a question stays that is foreign only in doubt, or that has closed-class words or endings of Marathi and of
    no other language (`datakit.langid.marks`). An answer long enough to have a grammar is judged by itself as well.
    """

    name: ClassVar[str] = "language"
    reasons: ClassVar[tuple[str, ...]] = ("romanised_marathi", "not_marathi", "answer_language_differs")
    writes: ClassVar[tuple[str, ...]] = ("lang",)

    engine: str = DEFAULT
    """Which detector judges; docs/langid.md compares them."""
    keep: tuple[str, ...] = ("mar",)
    """Labels of the languages that stay."""
    romanised: str = "reject"  # or "keep": Marathi in Latin letters
    min_confidence: float = 0.8  # below it a foreign label is a doubt, not a fault: benchmarks/langid.py, good rows
    min_question_confidence: float = 0.8  # of the question alone, where the answer is short: tests/langid/data, tuning
    min_marked_confidence: float = 0.5  # the same, where the question has a foreign word or ending and no Marathi one
    min_answer_words: int = 8  # shorter answers are names, dates and terms, in which language identification errs
    min_answer_confidence: float = 0.97  # of such an answer alone: a quotation in it must not cost the row

    def __post_init__(self) -> None:
        """Refuse options that name nothing, in the words of the recipe."""
        object.__setattr__(self, "keep", tuple(self.keep))  # a recipe hands over a list
        if self.engine not in ENGINES:
            raise UsageError(f"language: engine is {self.engine!r}; there are: {', '.join(ENGINES)}")
        if self.romanised not in POLICIES:
            raise UsageError(f"language: romanised is {self.romanised!r}; expected one of: {', '.join(POLICIES)}")

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with `lang` filled and foreign rows marked. `lang` is the label of the row as a whole."""
        texts = batch.select(_look("question"), _look("answer"))
        asked = self._guess(texts["question"])
        marathi = asked["label"].is_in(self.keep)
        grammar = self._has_grammar(texts["answer"])
        both = pl.concat_str(_head("question"), pl.lit("\n"), _head("answer"))
        judged = batch.with_columns(
            asked["label"].alias("__question"),
            asked["confidence"].alias("__question_sure"),
            grammar.alias("__grammar"),
            *self._guess_where(~marathi, batch, both, "__both"),
            *self._guess_where(marathi & grammar, texts, pl.col("answer"), "__answer"),
        ).with_columns(self._label().alias("lang"))
        doubtful = ~pl.col("lang").is_in(self.keep) | self._is_foreign_answer().fill_null(False)
        marked = mark_suspects(judged, self.name, doubtful, lambda rows: rows, self._faults())
        return marked.select(batch.columns if "lang" in batch.columns else [*batch.columns, "lang"])

    def _has_grammar(self, answers: pl.Series) -> pl.Series:
        """Tell which answers, cut to LOOK characters before, have `min_answer_words` words: most long ones at once.

        One pattern for so many words stops at the last of them, but takes 6 ms to compile and twice as long to search.
        """
        begun = answers.str.head(_FEW_CHARS)
        found = begun.str.count_matches(WORD) >= self.min_answer_words
        rest = (~found & (begun.str.len_bytes() < answers.str.len_bytes())).arg_true()
        return found.scatter(rest, answers.gather(rest).str.count_matches(WORD) >= self.min_answer_words)

    def _guess(self, texts: pl.Series) -> pl.DataFrame:
        found: Guesses = guess(texts.to_list(), engine=self.engine)
        return pl.DataFrame(
            {"label": found.labels, "confidence": found.confidences},
            schema={"label": pl.String, "confidence": pl.Float64},
        )

    def _guess_where(self, where: pl.Series, batch: pl.DataFrame, text: pl.Expr, name: str) -> list[pl.Series]:
        """Judge a text of some rows; the others have no label and no confidence. Most rows need one judgement only."""
        found = self._guess(batch.filter(where).select(text).to_series())
        rows = where.arg_true()
        labels = pl.repeat(None, batch.height, dtype=pl.String, eager=True).alias(name)
        sure = pl.repeat(None, batch.height, dtype=pl.Float64, eager=True).alias(f"{name}_sure")
        return [labels.scatter(rows, found["label"]), sure.scatter(rows, found["confidence"])]

    def _label(self) -> pl.Expr:
        """Take the row's label, but the question's where that is in a kept language: names in the answer say little."""
        return pl.when(pl.col("__question").is_in(self.keep)).then(pl.col("__question")).otherwise(pl.col("__both"))

    def _is_foreign_answer(self) -> pl.Expr:
        return ~pl.col("__answer").is_in([*self.keep, UNKNOWN, ROMANISED, QUOTED])

    def _faults(self) -> list[Fault]:
        foreign = ~pl.col("lang").is_in(self.keep) & (pl.col("lang") != UNKNOWN)
        romanised = pl.col("lang") == ROMANISED
        texts = pl.concat_str("question", "answer", ignore_nulls=True)
        marathi, others = (pl.col("question").str.contains(mark) for mark in (MARATHI, OTHERS))
        by_marks = others & ~marathi & (pl.col("__question_sure") >= self.min_marked_confidence)
        by_both = pl.col("__grammar").fill_null(False) & (pl.col("__both_sure") >= self.min_confidence)
        by_question = pl.col("__question_sure") >= self.min_question_confidence
        brief = pl.col("question").str.count_matches(WORD) <= FEW_WORDS
        spared = brief & marathi & ~others & ~pl.col("__grammar") & pl.lit("mar" in self.keep)
        sure = ((by_question | by_both | by_marks) & ~spared.fill_null(False)) | ~texts.str.contains(DEVANAGARI_LETTER)
        differs = self._is_foreign_answer() & (pl.col("__answer_sure") >= self.min_answer_confidence)
        row = _detail("question and answer", "__both", "__both_sure")
        return [
            Fault("romanised_marathi", romanised & (self.romanised == "reject"), row),
            Fault("not_marathi", foreign & ~romanised & sure, row),
            Fault("answer_language_differs", differs, _detail("the answer", "__answer", "__answer_sure")),
        ]


def _head(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.head(LOOK)


def _look(column: str) -> pl.Expr:
    """Take the part of a text that is judged: its beginning, quotations left out if anything remains."""
    unquoted = _head(column).str.replace_all(QUOTATION, " ")
    return pl.when(unquoted.str.contains(LETTER)).then(unquoted).otherwise(_head(column)).alias(column)


def _detail(what: str, label: str, confidence: str) -> pl.Expr:
    return pl.format("{}: {}, confidence {}", pl.lit(what), pl.col(label), pl.col(confidence).round(2))
