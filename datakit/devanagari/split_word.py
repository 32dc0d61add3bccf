"""A space inside a word, before a dependent sign: भ ारतात → भारतात.

The same shape comes from the opposite damage, a word that lost its first letter: आज ोल्हापूर is आज कोल्हापूर; a join
would make one wrong word of two. Of 186 such places in real text 176 are lost letters (docs/normalization.md), so the
join needs evidence: the left part is a single consonant or a short fragment that is no listed word, or the right
part is a listed case ending; and no other word of the text begins with a sign. All else stays, for the damage stage to
name.
"""

import re
from functools import cache
from typing import Final

from datakit.devanagari import tables
from datakit.devanagari.alphabet import expand
from datakit.devanagari.rule import Rule

_SHORT_CONSONANTS: Final = 3  # किल|्ल्यावर, महार|ाष्ट्र; longer left parts of the corpora are whole words

_PATTERN: Final = re.compile(
    expand(r"(?<![<D>\u200C\u200D])([<D>]*[<C>]) ((?:[<M>]|\u094D(?=[<C>])|[ँं])+[<C><V>][<D>]*)")
)
_STRAY: Final = re.compile(expand(r"(?<![<D>\u200C\u200D\u25CC])(?<![<C>] )[<M><B>\u094D][<D>]*[<C><V>]"))
_CONSONANT: Final = re.compile(expand("[<C>]"))


@cache
def _listed(kind: str) -> frozenset[str]:
    return frozenset(row["text"] for row in tables.read("split_word") if row["kind"] == kind)


@cache
def _whole_words() -> frozenset[str]:
    """Listed words, and words of up to three consonants that legislature text (MIT) has 150 times or more.

    The threshold lets शिव and महार (84 and 71 times) be fragments of शिवाजी and महाराष्ट्र.
    """
    return _listed("whole") | {row["word"] for row in tables.read("whole_words")}


def _join(match: re.Match[str]) -> str:
    left, right = match[1], match[2]
    consonants = len(_CONSONANT.findall(left))
    # Before ि even a short left part proves nothing: legacy fonts typed ि before its consonant (मन िस्थर is मन स्थिर).
    short = len(left) == 1 or (consonants <= _SHORT_CONSONANTS and not right.startswith("ि"))
    fragment = short and left not in _whole_words()
    return left + right if fragment or right in _listed("ending") else match[0]


def space_before_sign() -> Rule:
    """भ ारतात → भारतात, रायगड ावर → रायगडावर; but आज ोल्हापूर, which lost a क, stays."""
    return Rule(
        id="space_before_sign",
        pattern=_PATTERN,
        replace=_join,
        trigger=expand(r"[<C>] [<M>\u094Dँं]"),
        guard=lambda text: _STRAY.search(text) is None,
    )
