"""Whether a question asks anything: greetings, labels, bare question words and tasks without their text do not."""

from typing import Final

import polars as pl

from datakit.screening.phrases import as_words, either

LABEL: Final = (
    r"^[\s\p{P}]*(?:(?:प्रश्न|प्र|(?i:question|que|q))[\s.]*(?:क्रमांक|क्र|नं|(?i:no))?[\s.]*[0-9०-९]*\s*[).:\-–]"
    r"|[0-9०-९]{1,3}\s*[).:])"
)
"""A number or a label before the question; what follows is judged."""

SUM: Final = r"[0-9०-९].*[+×÷*/=%√^<>−-]"
"""A sum asks without a letter: 25 + 17 = ?"""

MISSING_TEXT: Final = (
    r"^\s*(?:खालील|पुढील|दिलेल्या|दिलेले|दिलेला|वरील)\s+[^\n?\"'‘“]{0,50}(?:करा|लिहा|ओळखा|द्या|सांगा|भरा|बनवा)\s*[:ः.।]*\s*$"
)
"""A task on a text that is not there: `खालील वाक्य पूर्ण करा:`. Only where the row has no context and no earlier turn."""

_EDGE: Final = r"[\s\p{P}\p{S}]*"
_WHOLE: Final = rf"^{_EDGE}{either('chatter', 'whole')}{_EDGE}$"
_ASKING: Final = (
    as_words(f"(?:{either('chatter', 'interrogative')}|{either('chatter', 'imperative')})")
    + r"|[?？:ः_…]|\.{3}|[0-9०-९]"
)
_ONE_OR_TWO_WORDS: Final = r"^\s*\S+(?:\s+\S+)?\s*$"


def may_ask_nothing() -> pl.Expr:
    """Return whether the question looks like one that asks nothing, by its form: what it says is not read yet.

    It holds wherever `asks_nothing` does, and costs a quarter: these patterns stop at the first letters of a question.
    """
    asked = pl.col("question").str.replace(LABEL, "")
    forms = (_WHOLE, MISSING_TEXT, _ONE_OR_TWO_WORDS)
    return pl.any_horizontal(~asked.str.contains(r"\p{L}"), *(asked.str.contains(form) for form in forms)).fill_null(
        False
    )


def asks_nothing() -> pl.Expr:
    """Return whether the question asks nothing, by itself, with its context and after its earlier turns."""
    asked = pl.col("question").str.replace(LABEL, "")
    alone = pl.col("context").is_null() & pl.col("history").is_null()
    no_letter = ~asked.str.contains(r"\p{L}") & ~pl.col("question").str.contains(SUM)
    topic = asked.str.contains(_ONE_OR_TWO_WORDS) & ~asked.str.contains(_ASKING)
    return no_letter | (alone & (asked.str.contains(_WHOLE) | asked.str.contains(MISSING_TEXT) | topic))
