"""The placeholder stage: rows that hold the form of a question and an answer, and nothing of either."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from datakit.screening.first_look import among_shown
from datakit.screening.options import lists_options, only_an_option
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
    trigger: ClassVar[str] = rf"[{{<\[]|%\(|{shown_by('placeholder', 'inside')}"

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the batch with empty forms marked."""
        question, answer = pl.col("question"), pl.col("answer")
        short = (answer.str.len_bytes() <= 120) | (question.str.len_bytes() <= 120)
        stock = (answer.str.len_bytes() <= 1_000) & ~answer.str.replace(_SPEAKER, "").str.contains(_OTHER_LETTER)
        template = answer.str.contains(NUMBERED_OPTION) & ~answer.str.contains(rf"^\W*\S+\s*{_DIGITS[:-1]}\W*$")
        inside = among_shown(batch, any_text(f"{_INSIDE}|{VARIABLE}", *_BOTH))
        return mark_suspects(
            batch,
            self.name,
            short | stock | pl.lit(inside) | question.str.contains(NUMBERED),
            _measure,
            [
                Fault(
                    "placeholder_text",
                    _is_placeholder(),
                    pl.coalesce(_first(_INSIDE), _first(_WHOLE), answer.str.head(60)),
                ),
                Fault(
                    "template_row",
                    question.str.contains(NUMBERED) | template | any_text(VARIABLE, *_BOTH),
                    pl.coalesce(question.str.extract(f"({NUMBERED})"), _first(VARIABLE), answer.str.head(60)),
                ),
                Fault("stock_answer", pl.col("__stock"), answer.str.head(60)),
                Fault(
                    "option_letter_only",
                    only_an_option(),
                    pl.format("{} without its options", answer.str.strip_chars()),
                ),
            ],
        )


def _is_placeholder() -> pl.Expr:
    asks_for_word = pl.col("question").str.contains(_ASKS_FOR_WORD)
    whole = pl.col("answer").str.contains(f"{_WHOLE}|{_MARKS_ONLY}") & ~asks_for_word
    return (
        any_text(_INSIDE, *_BOTH)
        | whole
        | pl.col("question").str.contains(f"^{_EDGE}{either('placeholder', 'whole')}{_EDGE}$")
    )


def _first(pattern: str) -> pl.Expr:
    return pl.coalesce(pl.col(name).str.extract(f"({pattern})") for name in _BOTH)


def _measure(rows: pl.DataFrame) -> pl.DataFrame:
    """Add whether nothing is left of the answer once speaker, numbering and stock phrases are taken away."""
    bare = pl.col("answer").str.replace(_SPEAKER, "").str.replace_all(_NUMBERING, " ")
    always, pointing = either("stock_answers", "always"), either("stock_answers", "without_options")

    def nothing_left(stock: str) -> pl.Expr:
        return ~bare.str.replace_all(stock, " ").str.replace_all(_SEPARATOR, " ").str.contains(r"[\p{L}\p{N}]")

    points = bare.str.contains(pointing) & nothing_left(f"{always}|{pointing}") & ~lists_options()
    return rows.with_columns(((bare.str.contains(always) & nothing_left(always)) | points).alias("__stock"))
