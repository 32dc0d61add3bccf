"""The marks by which Marathi papers and FAQ texts tell questions, answers, options and passages apart."""

import re
from typing import Final

NUMBER: Final = r"[0-9०-९]{1,3}"
"""A question's number; four digits are a year, which belongs to the text."""

_CLOSE: Final = r"[).:：\-–—]"
"""What closes a mark; without it `प्रश्न १८५७ च्या …` or `उत्तर भारतात …` would be taken for one."""

_WORD: Final = r"(?:क्र\s*\.?|क्रमांक|no\.?)?\s*"

_NUMBERED: Final = rf"{_WORD}(?:\(\s*{NUMBER}\s*\)|{NUMBER}\s*(?:ला|रा|था|वा)?)"

_CLOSED: Final = rf"{_WORD}(?:\(\s*{NUMBER}\s*\)|{NUMBER}\s*[).:\-–—](?![0-9०-९]))"
"""A number that closes by itself: `प्र. १८ व्या शतकात …` and `प्र. १८-१९ व्या …` begin with text."""

_INITIALS: Final = r"(?!\s*(?!(?:डॉ|पं|श्री|सौ|लो|इ|प्रा|म|स्व|कै|न्या|पू|छ|क्र)\s*\.)[^\s.()0-9०-९]{1,4}\.\s*[^\s.)?।])"
"""प्र. के. अत्रे is a man, no question; प्र. डॉ. आंबेडकर … and प्र. इ. स. १६७४ … are questions."""

MAYBE: Final = re.compile(r"^प्र\s*\.\s*(?=\S)")
"""Where QUESTION refuses it: a man's initials, or a question that begins with some; its answer tells."""

QUESTION: Final = re.compile(
    rf"^(?:"
    rf"प्र\s*\.{_INITIALS}\s*(?:{_CLOSED})?\s*{_CLOSE}?"
    rf"|प्र\s*{_NUMBERED}\s*{_CLOSE}"
    rf"|प्रश्न\s*(?:{_NUMBERED})?\s*{_CLOSE}"
    rf"|प्रश्न\s*{_NUMBERED}\s*$"
    rf"|Q(?:uestion|ues|ue)?\s*\.?\s*(?:{_NUMBERED})?\s*{_CLOSE}"
    rf")(?:\s+|(?<={_CLOSE})|$)",
    re.I,
)

ANSWER: Final = re.compile(
    rf"^(?:उ\s*(?!\.\s*प्र(?:देश|\.))[.:)]\s*{_CLOSE}?"
    rf"|(?:(?:योग्य|अचूक|बरोबर)\s*)?उत्तर\s*(?:{_NUMBERED})?\s*{_CLOSE}+"
    rf"|(?:योग्य|अचूक|बरोबर)\s*पर्याय\s*{_CLOSE}+"
    rf"|(?:Correct|Right)\s+(?:answer|option|choice|ans\.?)\s*{_CLOSE}+"
    rf"|उत्तर\s*$|उत्तरे\s*{_CLOSE}"
    rf"|A\s*(?:{NUMBER}\s*)?:"
    rf"|Ans(?:wer)?\s*(?:{NUMBER}\s*)?\.?\s*{_CLOSE}|Ans\s*\.)\s*",
    re.I,
)

OWN_NUMBER: Final = re.compile(rf"^\(?({NUMBER})\)?[).:]?\s+(?=\S)")
"""A number at the start of a text: the question's own where it goes on counting, else part of the text."""

INLINE_ANSWER: Final = re.compile(
    rf"(?:(?<=[?।!])|(?<=\s)|(?<=[?।!]\)))\s*"
    rf"(?:उत्तर\s*{_CLOSE}+|Ans(?:wer)?\s*\.?\s*:|(?<=[?।!])\s*उ\s*\.\s*{_CLOSE}?|(?<=[?।!]\s)उ\s*\.\s*{_CLOSE}?)\s*"
)
"""An answer on the line of its question. `उ.` alone counts after a question mark only: `उ. प्रदेश` is a place."""

NUMBERED: Final = re.compile(rf"^(?:\(\s*{NUMBER}\s*\)|{NUMBER}\s*[).:](?![0-9०-९]))\s*(?=\S)")
"""`१)` at the start of a line; `१८.५ टक्के` is text."""

OPTION: Final = re.compile(
    r"^(?:\(\s*(?:[a-hA-H]|[0-9०-९]|अ|आ|ब|क|ड|इ|ई|ख|ग|घ)\s*\)|(?:[a-hA-H]|अ|आ|ब|क|ड|इ|ई|ख|ग|घ)\s*[).])\s*(?=\S)"
)

PASSAGE: Final = re.compile(rf"^(?:उतारा|परिच्छेद)\s*(?:{_NUMBERED})?\s*{_CLOSE}\s*")

EXPLANATION: Final = re.compile(rf"^(?:स्पष्टीकरण|Explanation)\s*{_CLOSE}+\s*", re.I)

INSTRUCTION: Final = re.compile(
    r"^(?:खालील|पुढील|दिलेल्या|योग्य|रिकाम्या|कोणतेही|कोणत्याही|थोडक्यात|उत्तरे|प्रश्नांची|अचूक|एका|टीपा|कारणे)\s.*"
    r"(?:लिहा|द्या|निवडा|सोडवा|ओळखा|भरा|करा|जुळवा|सांगा)\s*[.:।]?\s*(?:\(.*\))?$"
)
"""The heading of a section of an exam paper: `खालील प्रश्नांची उत्तरे लिहा.` asks nothing by itself."""

TITLE_WORD: Final = re.compile(r"^(?:उत्तर|answer)", re.I)
"""What every line that opens an answer key begins with."""

PAIRS: Final = re.compile("जोड्या|जुळवा")
"""A question of pairs to match, whose own answer looks like a key: `१-ब, २-अ`."""

BLANK: Final = re.compile(r"_{2,}|\.{3,}|…")
"""What is to be filled in: such a line asks without a question mark."""

IN_LIST: Final = re.compile(rf"(?:(?<=\s)|(?<=[;,.]))\(?{NUMBER}[).]")

RULE: Final = re.compile(r"^\s*(?:(?:[-*_=~•]\s*){3,}|\f)\s*$")

HEADING: Final = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")

DIGITS: Final = str.maketrans("०१२३४५६७८९", "0123456789")


def asks(text: str) -> bool:
    """Tell whether a heading is a question: it ends in a question mark, quotes and brackets aside."""
    return text.rstrip(" \t\"'”’)*_:").endswith("?")


def number_in(mark: str) -> int | None:
    """Return the number in a question's mark, None where it has none."""
    found = re.search(NUMBER, mark)
    return int(found[0].translate(DIGITS)) if found else None
