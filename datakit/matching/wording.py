"""Is one statement written in the words of the other? Two that differ by more than a slip were written twice.

A question is known by its content words: inflection and small words seldom change what is asked. A statement says as
much by its endings and small words as by its nouns (दिले आहेत, दिला आहे; लोकांसाठी, लोकांच्या), so there every word counts.
"""

from typing import Final

from datakit.matching.alignment import align, joined
from datakit.matching.lexemes import Lexeme, fold, skeleton
from datakit.matching.spelling import edited, is_attested

_STATEMENT: Final = 4  # words; what is shorter is a name, a date or a place, and its ending carries nothing
_WORDS_A_SLIP: Final = 15  # a second slip from here on: as many as words that may be exchanged, near_match
_LIST: Final = skeleton(fold("?यादी"))  # नावे: asks only where it is said that they be told
_ONLY: Final = "च"
_SPOKEN: Final = {"े", "ं"}
_LEFT_OUT: Final = frozenset({"honorific", "weak", "filler", "tense"})
_FINITE: Final = frozenset({"tense", "light"})
_VISARGA: Final = "ः"  # लिहाः: a colon that became a visarga
_TOLD: Final = frozenset(fold(word) for word in ("सांगा", "लिहा", "ओळखा", "नमूद", "द्या", "करा", "सांग", "लिही", "निवडा"))


def is_statement(words: list[Lexeme]) -> bool:
    """Tell whether a text is a sentence that asks nothing: no question word, no imperative, four words or more."""
    asks = any(word.kind == "question" and word.stem != _LIST for word in words) or (
        bool(words) and words[-1].surface in _TOLD
    )
    return len(words) >= _STATEMENT and not asks


def declares(words: list[Lexeme]) -> bool:
    """Tell whether a statement ends in its verb (आहे, होती, झाली) and tells nobody to do anything.

    A heading that is to be completed, or a task that a quotation follows, is a prompt and not a declaration.
    """
    if not is_statement(words) or words[-1].kind not in _FINITE:
        return False
    return not any(word.surface.rstrip(_VISARGA) in _TOLD for word in words)


def same_wording(left: list[Lexeme], right: list[Lexeme], allowed: int) -> bool:
    """Tell whether two statements have one wording: word for word, small words too, but for slips and `allowed` words.

    One slip, and one more for every fifteen words; a title, a kind of place or an elided आहे more on one side counts
    for nothing.
    """
    pairs, left_over, right_over = align(left, right, written_alike)
    slips = sum(skeleton(a.surface) != skeleton(b.surface) for a, b in pairs)
    if slips > 1 + min(len(left), len(right)) // _WORDS_A_SLIP:
        return False
    left_over, right_over = joined(left_over, right_over)
    if not left_over or not right_over:
        return sum(word.kind not in _LEFT_OUT for word in (*left_over, *right_over)) <= allowed
    return max(len(left_over), len(right_over)) <= allowed


def written_alike(left: Lexeme, right: Lexeme) -> bool:
    """Tell whether two words are one as written: equal but for long and short vowels, or one slip apart.

    One sign for another is no slip between two forms that are both words (केला and केली), nor where it is what tells
    written from spoken Marathi (असे, असं), nor is -च, which says: this and no other.
    """
    if left.surface == right.surface:
        return True
    a, b = (skeleton(word.surface).replace("ऱ", "र") for word in (left, right))
    if a == b:
        return True
    if not edited(a, b) or a == b + _ONLY or b == a + _ONLY:
        return False
    if len(a) != len(b):
        return True
    changed = {x for pair in zip(a, b, strict=True) if pair[0] != pair[1] for x in pair}
    return changed != _SPOKEN and not (is_attested(a) and is_attested(b))
