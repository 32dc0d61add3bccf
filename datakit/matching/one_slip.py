"""Two texts equal word for word but for one slip in one word: told where question and answer are held together.

Where the other half of two rows is equal, nearly everything says that one row is a copy of the other, so a slip is
believed that by itself might be another word: कोणता typed as कोणात, होता as होत, पटेल as पेल.
"""

from typing import Final

from datakit.matching.lexemes import CONTENT_DROPPED, Lexeme, skeleton
from datakit.matching.spelling import edited, is_misprint, lost_sign, two_villages
from datakit.matching.wording import is_statement, written_alike

_SMALL: Final = frozenset({"function", "tense", "light", "question"})
_NEVER: Final = frozenset({"number", "negation"})
_MIN: Final = 3  # code points of the longer form: of two letters one edit makes any other word
_ENOUGH: Final = 2  # content words; of one word alone a misprint must be no word itself
_MIN_LATIN: Final = 6  # SEBI and SBI are two bodies; shorter words in Latin letters are mostly initials


def one_slip(left: list[Lexeme], right: list[Lexeme], *, asks: bool) -> bool:
    """Tell whether two texts differ by one slip in one word and nothing else, their other halves being equal.

    `asks`: they are questions; then the slip may make another word (two questions one letter apart seldom have one
    answer). In answers it may not, unless the word is a small one that loses or gains a sign (होता, होत), nor in
    questions that are statements (असे, असं). Numbers and negations have no slips.
    """
    if len(left) != len(right):
        return False
    apart = [(a, b) for a, b in zip(left, right, strict=True) if skeleton(a.surface) != skeleton(b.surface)]
    if len(apart) != 1:
        return False
    one, two = apart[0]
    kinds = {one.kind, two.kind}
    a, b = skeleton(one.surface), skeleton(two.surface)
    latin = a.isascii() or b.isascii()
    if kinds & _NEVER or max(len(a), len(b)) < (_MIN_LATIN if latin else _MIN) or not edited(a, b):
        return False
    if one.kind == two.kind == "value":
        return False
    if "value" in kinds:
        return is_misprint(a, b)  # ऑगस्ट, ऑग्ट
    if "name" in kinds:
        return is_misprint(a, b) and not two_villages(a, b)
    told = not asks or is_statement(left)
    if sum(word.kind not in CONTENT_DROPPED for word in left) < _ENOUGH:
        return is_misprint(a, b) and (written_alike(one, two) or not is_statement(left))
    if not told:
        return True
    return written_alike(one, two) and (is_misprint(a, b) or (kinds <= _SMALL and lost_sign(a, b)))
