"""The marks by which Marathi papers and FAQ texts tell questions, answers, options and passages apart."""

import re
from typing import Final

NUMBER: Final = r"[0-9०-९]{1,4}"

_CLOSE: Final = r"[).:：\-–—]"
"""What closes a mark; without it `प्रश्न १८५७ च्या …` or `उत्तर भारतात …` would be taken for one."""

_NUMBERED: Final = rf"(?:क्र\.?|क्रमांक|no\.?)?\s*[(\[]?\s*{NUMBER}\s*(?:[)\]]?\s*{_CLOSE}?|(?:ला|रा|था|वा))"

_INITIALS: Final = r"(?!\s*(?!(?:डॉ|पं|श्री|सौ|लो|इ|प्रा|म|स्व|कै|न्या|पू|छ)\s*\.)[^\s.()0-9०-९]{1,4}\.\s)"
"""प्र. के. अत्रे is a man, no question; प्र. डॉ. आंबेडकर … and प्र. इ. स. १६७४ … are questions."""

QUESTION: Final = re.compile(
    rf"^(?:"
    rf"प्र\s*\.{_INITIALS}\s*(?:{_NUMBERED})?\s*{_CLOSE}?"
    rf"|प्र\s*(?:{_NUMBERED})\s*{_CLOSE}"
    rf"|प्रश्न\s*(?:{_NUMBERED})?\s*{_CLOSE}"
    rf"|प्रश्न\s*(?:{_NUMBERED})\s*$"
    rf"|Q(?:uestion|ues)?\s*\.?\s*(?:{_NUMBERED})?\s*{_CLOSE}"
    rf")(?:\s+|(?<={_CLOSE})|$)",
    re.I,
)

ANSWER: Final = re.compile(
    rf"^(?:उ\s*(?!\.\s*प्र(?:देश|\.))(?:{NUMBER}\s*)?[.:)]\s*{_CLOSE}?|उत्तर\s*(?:{_NUMBERED})?\s*{_CLOSE}+|उत्तर\s*$|उत्तरे\s*{_CLOSE}|A\s*(?:{NUMBER}\s*)?:|Ans(?:wer)?\s*(?:{NUMBER}\s*)?\.?\s*{_CLOSE}|Ans\s*\.)\s*",
    re.I,
)

INLINE_ANSWER: Final = re.compile(
    rf"(?:(?<=[?।!])|(?<=\s)|(?<=[?।!]\)))\s*(?:उत्तर\s*{_CLOSE}+|Ans(?:wer)?\s*\.?\s*:|(?<=[?।!])\s*उ\s*\.\s*{_CLOSE}?|(?<=[?।!]\s)उ\s*\.\s*{_CLOSE}?)\s*"
)
"""An answer on the line of its question. `उ.` alone counts after a question mark only: `उ. प्रदेश` is a place."""

NUMBERED: Final = re.compile(rf"^(?:\(\s*{NUMBER}\s*\)|{NUMBER}\s*[).:])\s*(?=\S)")

OPTION: Final = re.compile(
    r"^(?:\(\s*(?:[a-hA-H]|[0-9०-९]|अ|आ|ब|क|ड|इ|ई|ख|ग|घ)\s*\)|(?:[a-hA-H]|अ|आ|ब|क|ड|इ|ई|ख|ग|घ)\s*[).])\s*(?=\S)"
)

PASSAGE: Final = re.compile(rf"^(?:उतारा|परिच्छेद)\s*(?:{_NUMBERED})?\s*{_CLOSE}\s*")

EXPLANATION: Final = re.compile(rf"^(?:स्पष्टीकरण|Explanation)\s*{_CLOSE}+\s*", re.I)

INSTRUCTION: Final = re.compile(
    r"^(?:खालील|पुढील|दिलेल्या|योग्य|रिकाम्या|कोणतेही|कोणत्याही|थोडक्यात|एका|टीपा|कारणे)\s.*(?:लिहा|द्या|निवडा|सोडवा|ओळखा|भरा|करा|जुळवा|सांगा)\s*[.:।]?\s*(?:\(.*\))?$"
)
"""The heading of a section of an exam paper: `खालील प्रश्नांची उत्तरे लिहा.` asks nothing by itself."""

RULE: Final = re.compile(r"^\s*(?:(?:[-*_=~•]\s*){3,}|\f)\s*$")

HEADING: Final = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")

LABEL: Final = re.compile(r"^[\s*_>#\-•·]*")


def asks(text: str) -> bool:
    """Tell whether a heading is a question: it ends in a question mark, quotes and brackets aside."""
    return text.rstrip(" \t\"'”’)*_:").endswith("?")
