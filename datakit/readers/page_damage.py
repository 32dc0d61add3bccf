"""What is wrong with the text of a page: asked of every text layer before a letter of it is believed.

A PDF that looks right on paper may give wrong letters (ववषय for विषय), Latin letters of a legacy font, numbers of
glyphs, or words in pieces, and no script or language check sees it. The check is strict: a page in doubt is read by
OCR instead.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from datakit.devanagari import normalize
from datakit.screening import damage_signs as signs
from datakit.screening.known_words import WORD, unknown_share
from datakit.screening.legacy_font import legacy_font
from datakit.screening.wrong_letters import wrong_words

Kind = Literal["no text", "wrong letters", "legacy font", "lost letters", "broken words"]

MIN_LEGACY_SHARE: Final = 0.2
"""Words in a legacy font among all words: 0.7 to 1 on pages set in one, 0.1 for a stray footer (as in stages)."""

MIN_BROKEN_SHARE: Final = 0.02
"""Words cut, mixed or in pieces among all words: one in fifty, as the damage stage; broken PDFs have 0.05 to 0.4."""

MIN_UNKNOWN_SHARE: Final = 0.8
"""Of 423 samples of 1,500 characters from a corpus of real Marathi the strangest has 0.76 unknown words (docs/pdf)."""

MIN_WORDS: Final = 30
"""Fewer words tell nothing by their share of unknown ones: a table of names is right text."""

_LOST: Final = re.compile(f"{signs.REPLACEMENT}|{signs.GLYPH_CODES}".replace(r"\x{FFFD}", "\ufffd"))
_PRIVATE: Final = re.compile(r"\S[\ue000-\uf8ff]|[\ue000-\uf8ff]{2}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BROKEN: Final = re.compile(f"{signs.CUT_WORD}|{signs.LONE_CONSONANT}|{signs.MIXED_WORD}|{signs.BROKEN_WORD}")
_WORD: Final = re.compile(WORD)


@dataclass(frozen=True)
class Damage:
    """What is wrong, and the words that show it."""

    kind: Kind
    shown: str

    def told(self) -> str:
        """Say it as part of a sentence."""
        return self.kind if not self.shown else f"{self.kind} ({self.shown})"


def page_damage(text: str) -> Damage | None:
    """Return what is wrong with the text of a page; None for text that may be believed.

    Slips that normalization mends, such as डाॅक्टर, are no damage.
    """
    text = normalize(text)
    if not text.strip():
        return Damage("no text", "")
    legacy = legacy_font(text)
    if legacy is not None and legacy[1] >= MIN_LEGACY_SHARE:
        return Damage("legacy font", legacy[0])
    wrong = list({repair.word: repair for repair in wrong_words(text) if repair.sure}.values())
    if wrong:
        return Damage("wrong letters", ", ".join(f"{r.word} for {r.better}" if r.better else r.word for r in wrong[:3]))
    words = text.split()
    lost = len(_LOST.findall(text)) + len(_PRIVATE.findall(text)) + len(_CONTROL.findall(text))
    if lost and lost >= MIN_BROKEN_SHARE * len(words):
        return Damage("lost letters", f"{lost} of {len(text):,} letters")
    spaced = "  ".join(words)
    broken = [match[0].strip() for match in _BROKEN.finditer(spaced)]
    if len(broken) >= max(2, MIN_BROKEN_SHARE * len(words)):
        return Damage("broken words", ", ".join(broken[:3]))
    count = len(_WORD.findall(text))
    if count >= MIN_WORDS and unknown_share(pl.Series([text]))[0] >= MIN_UNKNOWN_SHARE:
        return Damage("wrong letters", f"{count} words, hardly one of them known")
    return None
