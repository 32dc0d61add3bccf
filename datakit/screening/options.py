"""Multiple-choice options: whether a question lists them, and whether an answer is only the letter of one."""

from typing import Final

import polars as pl

LISTS_OPTIONS: Final = (
    r"(?s)(?:^|[\s(\[])(?:अ|A|a|१|1|i|क)[).:\]].+[\s(\[](?:ब|आ|B|b|२|2|ii|ख)[).:\]]"  # (अ) … (ब) …, क) … ख) …
    r"|पर्याय\s*[:ः-]|(?i:options?\s*:)"
)
"""A question that carries its options: two labels in order, or a heading for them."""

_LETTER: Final = r"(?:[अआबकडइ]|[A-Ea-e]|[1-5१-५]|i{1,3}|iv)"
_LABEL: Final = r"(?:पर्याय(?:\s*(?:क्रमांक|क्र\.?))?|(?i:option|choice)|विकल्प)"

ONLY_LABELLED: Final = (
    rf"^\W*{_LABEL}\s*[:.\-–]?\s*[(\[]?{_LETTER}[)\].]?\W*$"  # पर्याय ब, Option (A), पर्याय क्र. ३
    rf"|^\W*[(\[]{_LETTER}[)\]]\W*$|^\W*{_LETTER}\)\W*$"  # (क), क)
    rf"|^\W*(?:उत्तर|(?i:answer|ans))\s*[:.\-–]\s*[(\[]?(?:[अबकड]|[A-Da-d])[)\].]?\W*$"  # उत्तर: ब
    r"|^\W*(?:फक्त|केवळ|(?i:only))?\s*[(\[]?[अबकड][)\]]?\s*(?:,|व|आणि|&|and)\s*[(\[]?[अबकड][)\]]?"  # अ व ब
    r"(?:\s+(?:दोन्ही|बरोबर|योग्य))*\W*$"
    r"|^\W*(?:फक्त|केवळ)\s+[(\[]?[अबकड1-4१-४][)\]]?\W*$"  # फक्त अ
)
"""An answer that is a label of an option and nothing else."""

ONLY_LETTER: Final = r"^\W*(?:[अबकड]|[A-Da-d])\W*$"
"""A bare letter: an option, unless the question asks for a letter."""

ASKS_FOR_LETTER: Final = (
    r"अक्षर|व्यंजन|जीवनसत्|व्हिटॅमिन|विटामिन|रक्तगट|मूलद्रव्य|परिशिष्ट|अनुसूची|प्रोग्रामिंग|हिपॅटायटिस|हेपेटायटीस"
    r"|(?:^|[^\p{L}\p{M}])(?:वर्ण|स्वर|गट|वर्ग|संघ|संच|श्रेणी|दर्जा|ग्रेड|संज्ञा|चिन्ह|रोमन|बिंदू|रेषा|कावीळ)"  # not स्वराज्य
    r"(?:ा|े|ां)?(?:च[ाीे]|च्या|त|तील|ला|ने|मध्ये|पैकी)?(?:$|[^\p{L}\p{M}])"
    r"|(?i:vitamin|grade|group|letter|symbol|element|hepatitis|language)"
)
"""Questions whose answer may well be one letter: vitamin क, blood group A, the Roman figure C, the first consonant."""


def lists_options() -> pl.Expr:
    """Return whether the question, or the passage it comes with, lists options to choose from."""
    return pl.any_horizontal(
        pl.col(name).str.contains(LISTS_OPTIONS).fill_null(False) for name in ("question", "context")
    )


def like_an_option() -> pl.Expr:
    """Return whether the answer is a label or a bare letter: all rows of which `only_an_option` holds, and more."""
    return pl.col("answer").str.contains(ONLY_LABELLED) | pl.col("answer").str.contains(ONLY_LETTER)


def only_an_option() -> pl.Expr:
    """Return whether the answer is only the letter of an option that is nowhere to be read."""
    answer = pl.col("answer")
    letter = answer.str.contains(ONLY_LETTER) & ~pl.col("question").str.contains(ASKS_FOR_LETTER)
    return (answer.str.contains(ONLY_LABELLED) | letter) & ~lists_options()
