"""Which words of a text stand otherwise in another text, marked for the eye."""

import re
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup

from datakit.report.marks import shown

_WORDS: Final = re.compile(r"\s+|\S+")
_MAX_WORDS: Final = 1_500
"""Beyond it nothing is marked: the comparison is quadratic, and nobody compares pages word by word in a report."""


def differing(text: str, other: str) -> Markup:
    """Return `text` as safe HTML with the words that `other` does not have in that place in `<mark>`."""
    own, theirs = _WORDS.findall(text), _WORDS.findall(other)
    if own == theirs or max(len(own), len(theirs)) > _MAX_WORDS:
        return shown(text)
    pieces: list[Markup] = []
    for kind, start, end, _, _ in SequenceMatcher(None, own, theirs, autojunk=False).get_opcodes():
        piece = shown("".join(own[start:end]))
        pieces.append(Markup("<mark>{}</mark>").format(piece) if kind != "equal" and piece.strip() else piece)
    return Markup("").join(pieces)
