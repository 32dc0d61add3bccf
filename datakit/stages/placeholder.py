"""The placeholder stage: rows that hold the form of a question and an answer, and nothing of either."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.screening.first_look import asked_of, shows
from datakit.screening.options import like_an_option, lists_options, only_an_option
from datakit.screening.phrases import as_words, either, letters_of, shown_by
from datakit.screening.suspects import any_text, mark_suspects
from datakit.stage import Fault

_DIGITS: Final = r"[0-9०-९]+"
_EDGE: Final = r"[\s\p{P}\p{S}]*"
_BOTH: Final = ("question", "answer")

NUMBERED: Final = (
    r"(?:^|[^\p{L}\p{M}])(?:प्रश्न|नमुना\s+प्रश्न|सराव\s+प्रश्न|उदाहरण|(?i:question|sample|example|quiz|item|test|mcq|q))"
    rf"[\s.:#()_–—-]*(?:क्रमांक|क्र|नं|संख्या|(?i:number|num|no))?[\s.:#()_–—-]*{_DIGITS}[\s.)]*$"
)
"""A question that ends in its own number: `संसद बद्दल प्रश्न - 2`, `Question 12`. A question mark behind it is no match."""

NUMBERED_OPTION: Final = rf"^\W*(?:पर्याय|विकल्प|(?i:option|choice))[\s:.\-–]*(?:[अआबकडA-Da-d]\s*)?{_DIGITS}\W*$"
"""An answer that a loop wrote: `पर्याय अ200`. A single digit may be the number of an option: see options.py."""

VARIABLE: Final = (
    r"(?:^|[^\\\w}])\{\{?\s*[\p{L}_][\p{L}\p{M}\p{N}_ ]{2,30}\}"  # {topic}, {{ विषय }}; not LaTeX, not code
    r"|\$\{[A-Za-z_]+\}|%\([a-z_]+\)s"
    r"|(?i:<(?:name|topic|answer|question|place|date|year|insert[^>]{0,20}|your [^>]{0,20})>)"
    r"|<(?:नाव|विषय|उत्तर|प्रश्न|ठिकाण|वर्ष|दिनांक)>"
    r"|(?i:\[(?:name|topic|answer|question|place|date|year|insert[^\]]{0,20}|your [^\]]{0,20})\])"
    r"|\[(?:नाव|विषय|उत्तर|प्रश्न|ठिकाण|वर्ष|दिनांक)\]"
)
"""A variable of a template that was never filled in."""

_OPENS: Final = r"[{<\[]|%\("
"""How each of them begins: VARIABLE takes 9 ms to compile, which most batches need not spend."""

_WHOLE: Final = rf"^{_EDGE}{either('placeholder', 'whole')}{_EDGE}$"
_INSIDE: Final = as_words(either("placeholder", "inside"))
_MARKS_ONLY: Final = r"^[\s\p{P}\p{S}]+$|^\W*(?:[xX]{3,}|0{5,})\W*$|^\s*<[A-Za-z][^>]*>\s*(?:</?[A-Za-z][^>]*>\s*)+$"
_ASKS_FOR_WORD: Final = r"शब्द|म्हणतात|इंग्रजी|भाषांतर|अनुवाद|चिन्ह|टॅग|(?i:html|tag|english|word|symbol|translate)"

_SPEAKER: Final = r"^\s*(?:श्री\.?|श्रीमती\.?|सौ\.?|कु\.?|डॉ\.?|प्रा\.?|ॲड\.?|अॅड\.?|मा\.?)[^:\n]{2,70}:"
_OTHER_LETTER: Final = f"[क-ह--[{''.join(sorted(letters_of('stock_answers')))}अबकडवतेआणिसचउर]]"
"""A letter that no stock phrase, option label or separator has: where one stands, a stock phrase is not the answer."""

_NUMBERING: Final = r"(?:^|[\s(\[])\s*(?:[0-9०-९]{1,2}|[अबकड])\s*[)\].]"
_SEPARATOR: Final = r"(?:^|\s)(?:व|ते|आणि|तसेच|उत्तर)(?:$|\s)|[\s\p{P}\p{S}]"


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """Reject placeholder texts, rows that a template numbered, stock answers and bare option letters.

    The phrases are in `tables/placeholder.tsv` and `tables/stock_answers.tsv`. A stock phrase counts only when the
    answer has nothing else: `(१) हे खरे आहे. (२) प्रश्न उद्भवत नाही.` is an answer.
    """

    name: ClassVar[str] = "placeholder"
    reasons: ClassVar[tuple[str, ...]] = ("placeholder_text", "template_row", "stock_answer", "option_letter_only")
    writes: ClassVar[tuple[str, ...]] = ()
    trigger: ClassVar[str] = rf"{_OPENS}|{shown_by('placeholder', 'inside')}"

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with empty forms marked."""
        question, answer = pl.col("question"), pl.col("answer")
        short = (answer.str.len_bytes() <= 120) | (question.str.len_bytes() <= 120)
        template = answer.str.contains(NUMBERED_OPTION) & ~answer.str.contains(rf"^\W*\S+\s*{_DIGITS[:-1]}\W*$")
        asked = batch.with_columns(
            shows(batch, _INSIDE, *_BOTH).alias("__inside"),
            asked_of(batch, shows(batch, _OPENS, *_BOTH), any_text(VARIABLE, *_BOTH)).alias("__variable"),
            question.str.contains(NUMBERED).alias("__numbered"),
            _may_be_stock().alias("__may_be_stock"),
        )
        stock = pl.col("__may_be_stock") & (answer.str.len_bytes() <= 1_000)
        marked = mark_suspects(
            asked,
            self.name,
            short | stock | pl.col("__inside") | pl.col("__variable") | pl.col("__numbered"),
            _measure,
            [
                Fault(
                    "placeholder_text",
                    pl.col("__inside") | _is_whole(),
                    pl.coalesce(_first(_INSIDE), _first(_WHOLE), answer.str.head(60)),
                ),
                Fault(
                    "template_row",
                    pl.col("__numbered") | template | pl.col("__variable"),
                    pl.coalesce(question.str.extract(f"({NUMBERED})"), _first(VARIABLE), answer.str.head(60)),
                ),
                Fault("stock_answer", pl.col("__stock"), answer.str.head(60)),
                Fault(
                    "option_letter_only",
                    pl.col("__option"),
                    pl.format("{} without its options", answer.str.strip_chars()),
                ),
            ],
        )
        return marked.select(batch.columns)


def _is_whole() -> pl.Expr:
    """Return whether the question or the answer is a placeholder from end to end."""
    asks_for_word = pl.col("question").str.contains(_ASKS_FOR_WORD)
    return (pl.col("answer").str.contains(f"{_WHOLE}|{_MARKS_ONLY}") & ~asks_for_word) | pl.col(
        "question"
    ).str.contains(_WHOLE)


def _first(pattern: str) -> pl.Expr:
    return pl.coalesce(pl.col(name).str.extract(f"({pattern})") for name in _BOTH)


def _may_be_stock() -> pl.Expr:
    """Return whether the answer is without letters that no stock phrase has: they would be left of it."""
    return ~pl.col("answer").str.replace(_SPEAKER, "").str.contains(_OTHER_LETTER)


def _measure(rows: pl.DataFrame) -> pl.DataFrame:
    """Add whether the answer is a stock phrase, and whether it is the letter of an option that is nowhere to be read.

    Nothing is left of a stock phrase once speaker, numbering and the phrases are taken away. What takes a text apart is
    done with the few rows that what only looks at it has left.
    """
    bare = pl.col("answer").str.replace(_SPEAKER, "").str.replace_all(_NUMBERING, " ")
    always, pointing = either("stock_answers", "always"), either("stock_answers", "without_options")

    def nothing_left(stock: str) -> pl.Expr:
        return ~bare.str.replace_all(stock, " ").str.replace_all(_SEPARATOR, " ").str.contains(r"[\p{L}\p{N}]")

    points = bare.str.contains(pointing) & nothing_left(f"{always}|{pointing}") & ~lists_options()
    phrase = asked_of(rows, rows["__may_be_stock"].fill_null(False), bare.str.contains(f"{always}|{pointing}"))
    label = rows.select(like_an_option().fill_null(False)).to_series()
    return rows.with_columns(
        asked_of(rows, phrase, (bare.str.contains(always) & nothing_left(always)) | points).alias("__stock"),
        asked_of(rows, label, only_an_option()).alias("__option"),
    )
