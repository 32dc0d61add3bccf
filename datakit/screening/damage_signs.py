"""What damaged text looks like, as Rust regular expressions: letters lost, cut, unmapped or of two scripts."""

from typing import Final

SIGN: Final = r"\u0900-\u0903\u093A-\u093C\u093E-\u094F\u0951-\u0957\u0962\u0963"
"""Dependent signs of Devanagari, for use inside a character class (0x93D, avagraha, is a letter)."""

LETTER: Final = r"\u0904-\u0939\u0958-\u0961\u0972-\u097F"
"""Letters of Devanagari, for use inside a character class."""

REPLACEMENT: Final = r"\x{FFFD}"
"""What a decoder writes for bytes that it could not read."""

QUESTION_MARKS: Final = r"\?{2,}|\?\s\?"
"""Runs of question marks: letters lost to an 8-bit file, or only emphasis; the share of the text tells which."""

LOST_WORD: Final = r"(?:^|\s)\?{2,}(?:\s|$|[0-9०-९])"
"""A word of question marks alone; emphasis stands behind a word (खरंच??). To count them all, double the spaces first."""

MARKS_IN_WORD: Final = rf"\?+[{SIGN}]|[{LETTER}{SIGN}]\?{{2,}}[{LETTER}]"
"""Question marks where a letter of the word was: महा??ष्ट्र."""

ONLY_MARKS: Final = r"^[\s\d०-९.,:;-]*(?:\?[\s\d०-९.,:;-]*){2,}$"
"""A text of question marks, spaces and digits alone: nothing of it is left."""

GLYPH_CODES: Final = r"(?:/G[0-9A-Fa-f]{2}\s?){3}|(?:\(cid:\d+\)\s?){2}"
"""Numbers of glyphs in place of letters, as PDF readers write them for a font without a character map."""

CUT_WORD: Final = rf"(?:^|\s)[\u0900-\u0903\u093A\u093B\u093E-\u094F\u0962\u0963][{SIGN}]*[{LETTER}]"
"""A word that begins with a dependent sign: its first letter is gone (िहार for बिहार).

A sign alone, or behind a quote or a hyphen ("‘ी’ हा प्रत्यय", "-ाने"), is grammar. A lone nukta (़मातांना) is a slip of the
keyboard that loses no letter, so it is not counted.
"""

PRIVATE_USE: Final = r"[\x{E000}-\x{F8FF}\x{F0000}-\x{FFFFD}\x{100000}-\x{10FFFD}]"
"""Code points that mean something in one font only."""

PRIVATE_USE_INSIDE: Final = r"\S" + PRIVATE_USE
"""One that stands inside a word; after a space it is a list bullet of a Symbol font, which costs no text."""

OTHER_SCRIPT: Final = r"\u0370-\u052F\u0980-\u0DFF"
"""Greek, Cyrillic and the other scripts of India, for use inside a character class."""

MIXED_WORD: Final = (
    rf"[A-Za-z][{SIGN}]"  # a Devanagari sign on a Latin letter: v + ा
    rf"|[{LETTER}{SIGN}][a-z]"  # Latin goes on inside a Devanagari word: मराठीtext
    rf"|[{LETTER}{SIGN}][A-Z][a-z]"  # the same with a capital: मराठीText
    rf"|[{LETTER}{SIGN}][{OTHER_SCRIPT}]|[{OTHER_SCRIPT}][{LETTER}{SIGN}]"  # मराઠી
)
"""Letters of two scripts in one word.

Marathi endings on a Latin stem (IPचा, COVIDमुळे), capitals alone (रक्कमNMDFC, वर्गA: a lost space) and hyphens (IIT-मुंबई)
are not damage. Of 84,002 rows of real QA 17 match.
"""

LONE_CONSONANT: Final = r"(?:^|\s)[चछजझटठढणतथधपफभमयरलळशषसह](?:\s|$)"
"""A bare consonant that stands as a word: what is left where a ा was read as a space (न ही, म ह र ष्ट्र).

व, न and द (for "the": द हिंदू) are words and क, ख, ग, घ, ड, ब are labels (गट क व ड), so they do not count; nor do
initials with their dot (श. ना. नवरे). A word boundary would make Rust's scan ten times slower, so spaces are matched;
to count neighbours, double the spaces first.
"""

BROKEN_WORD: Final = rf"[{LETTER}{SIGN}][|~^\\\\<>{{}}¬¦§¢£¤¥]+[{LETTER}{SIGN}]|[{LETTER}{SIGN}][0-9०-९]+[{SIGN}]"
"""A sign or a digit that OCR reads into a word (मरा|ठी, शि१ाजी)."""
