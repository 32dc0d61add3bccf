"""The language stage: is this row Marathi, question and answer judged together?"""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.errors import UsageError
from datakit.langid import DEFAULT, ENGINES, UNKNOWN, Guesses, guess
from datakit.stage import Fault, mark

ROMANISED: Final = "mar-Latn"
LOOK: Final = 300  # characters of question and of answer that the row is judged by: half of what an engine looks at
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
    Only an answer long enough to have a grammar is judged by itself as well.
    """

    name: ClassVar[str] = "language"
    reasons: ClassVar[tuple[str, ...]] = ("romanised_marathi", "not_marathi", "answer_language_differs")
    writes: ClassVar[tuple[str, ...]] = ("lang",)

    engine: str = DEFAULT
    keep: tuple[str, ...] = ("mar",)
    romanised: str = "reject"  # or "keep": Marathi in Latin letters
    min_confidence: float = 0.8  # below it a foreign label is a doubt, not a fault: benchmarks/langid.py, good rows
    min_answer_words: int = 8  # shorter answers are names, dates and terms, in which language identification errs
    min_answer_confidence: float = 0.97

    def __post_init__(self) -> None:
        """Refuse options that name nothing, in the words of the recipe."""
        object.__setattr__(self, "keep", tuple(self.keep))  # a recipe hands over a list
        if self.engine not in ENGINES:
            raise UsageError(f"language: engine is {self.engine!r}; there are: {', '.join(ENGINES)}")
        if self.romanised not in POLICIES:
            raise UsageError(f"language: romanised is {self.romanised!r}; expected one of: {', '.join(POLICIES)}")

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with `lang` filled and foreign rows marked. `lang` is the label of the row as a whole."""
        question, answer = (batch[name].fill_null("") for name in ("question", "answer"))
        both = pl.select(pl.concat_str(question.str.head(LOOK), pl.lit("\n"), answer.str.head(LOOK))).to_series()
        row = self._guess(both)
        unquoted = question.str.replace_all(QUOTATION, " ")
        asked = self._guess(
            pl.select(pl.when(unquoted.str.contains(LETTER)).then(unquoted).otherwise(question)).to_series()
        )
        judged = batch.with_columns(
            row["label"].alias("__both"),
            row["confidence"].alias("__both_sure"),
            asked["label"].alias("__question"),
            *self._answers(answer),
        )
        marked = mark(judged.with_columns(self._label().alias("lang")), self.name, self._faults())
        return marked.select(batch.columns if "lang" in batch.columns else [*batch.columns, "lang"])

    def _guess(self, texts: pl.Series) -> pl.DataFrame:
        found: Guesses = guess(texts.to_list(), engine=self.engine)
        return pl.DataFrame(
            {"label": found.labels, "confidence": found.confidences},
            schema={"label": pl.String, "confidence": pl.Float64},
        )

    def _answers(self, answers: pl.Series) -> list[pl.Series]:
        """Judge the answers that are long enough; the others get no label."""
        long = answers.str.count_matches(r"\pL[\pL\pM]*") >= self.min_answer_words
        found = self._guess(answers.filter(long))
        where = long.arg_true()
        labels = pl.Series("__answer", [None] * len(answers), pl.String).scatter(where, found["label"])
        sure = pl.Series("__answer_sure", [0.0] * len(answers), pl.Float64).scatter(where, found["confidence"])
        return [labels, sure]

    def _label(self) -> pl.Expr:
        """Take the row's label, but the question's where that is in a kept language: names in the answer say little."""
        return pl.when(pl.col("__question").is_in(self.keep)).then(pl.col("__question")).otherwise(pl.col("__both"))

    def _faults(self) -> list[Fault]:
        foreign = ~pl.col("lang").is_in(self.keep) & (pl.col("lang") != UNKNOWN)
        romanised = pl.col("lang") == ROMANISED
        texts = pl.concat_str("question", "answer", ignore_nulls=True)
        sure = (pl.col("__both_sure") >= self.min_confidence) | ~texts.str.contains(DEVANAGARI_LETTER)
        differs = (
            ~pl.col("__answer").is_in([*self.keep, UNKNOWN, ROMANISED])
            & pl.col("__question").is_in(self.keep)
            & (pl.col("__answer_sure") >= self.min_answer_confidence)
        )
        row = _detail("question and answer", "__both", "__both_sure")
        return [
            Fault("romanised_marathi", romanised & (self.romanised == "reject"), row),
            Fault("not_marathi", foreign & ~romanised & sure, row),
            Fault("answer_language_differs", differs, _detail("the answer", "__answer", "__answer_sure")),
        ]


def _detail(what: str, label: str, confidence: str) -> pl.Expr:
    return pl.format("{}: {}, confidence {}", pl.lit(what), pl.col(label), pl.col(confidence).round(2))
