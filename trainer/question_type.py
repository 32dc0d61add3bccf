"""What a Marathi question asks for, told by its question word."""

import unicodedata
from typing import Final

OTHER: Final = "other"
_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("when", ("केव्हा", "कधी", "साली", "सालात", "तारखेला", "वर्षी", "दिवशी")),
    ("where", ("कोठे", "कुठे", "कोठून", "कुठून", "ठिकाणी", "कुठला", "कुठली", "कुठले")),
    ("how many", ("किती", "कितवा", "कितवे", "कितव्या")),
    ("why", ("का", "कशामुळे", "कारण", "कारणे", "कशासाठी")),
    ("how", ("कसा", "कशी", "कसे", "कशा", "कशाप्रकारे")),
    ("who", ("कोण", "कोणी", "कोणाला", "कोणाचा", "कोणाची", "कोणाचे", "कोणाच्या", "कुणी", "कोणामुळे", "कोणाकडे")),
    ("which", ("कोणता", "कोणती", "कोणते", "कोणत्या", "कोणत्याही")),
    ("what", ("काय", "म्हणजे", "कशाला", "कशाचा", "कशाचे", "कशाची")),
)
"""Kind and its words, the more telling first: `कोणत्या साली` asks when, not which."""


def question_type(question: str) -> str:
    """Return when, where, how many, why, how, who, which, what, or other."""
    text = unicodedata.normalize("NFC", question)
    # by code points, since Python's \w ends a word at every vowel sign
    words = {word.strip("‘’“”\"'?!.,;:()।-") for word in text.split()}
    return next((kind for kind, known in _WORDS if words & set(known)), OTHER)
