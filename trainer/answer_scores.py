"""How near a given answer is to the reference: exact match, and chrF."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

_ORDER: Final = 6
_BETA: Final = 2.0
"""chrF2: character n-grams of 1 to 6, recall weighs twice (Popović 2015), as sacrebleu does by default."""
_DIGITS: Final = str.maketrans("०१२३४५६७८९", "0123456789")
_ENDS: Final = " .।,;:!?\"'“”‘’()"


def exact_match(answer: str, reference: str) -> bool:
    """Return whether two answers say the same but for white space, punctuation at the ends, case and digit script."""
    return _plain(answer) == _plain(reference)


def chrf(answers: Sequence[str], references: Sequence[str]) -> float:
    """Return chrF2 over all answers together, 0 to 100; white space does not count."""
    totals = [[0, 0, 0] for _ in range(_ORDER)]
    for answer, reference in zip(answers, references, strict=True):
        for order, (given, wanted, common) in enumerate(_counts(answer, reference)):
            totals[order][0] += given
            totals[order][1] += wanted
            totals[order][2] += common
    usable = [(common / given, common / wanted) for given, wanted, common in totals if given and wanted]
    if not usable:
        return 0.0
    precision = sum(pair[0] for pair in usable) / len(usable)
    recall = sum(pair[1] for pair in usable) / len(usable)
    if precision + recall == 0:
        return 0.0
    factor = _BETA**2
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall)


def _counts(answer: str, reference: str) -> list[tuple[int, int, int]]:
    """Return for each order the n-grams given, wanted and common."""
    texts = ["".join(unicodedata.normalize("NFC", text).split()) for text in (answer, reference)]
    found = []
    for order in range(1, _ORDER + 1):
        given, wanted = (
            Counter(text[place : place + order] for place in range(len(text) - order + 1)) for text in texts
        )
        found.append((given.total(), wanted.total(), (given & wanted).total()))
    return found


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold().translate(_DIGITS)
    return re.sub(r"\s+", " ", folded).strip(_ENDS)
