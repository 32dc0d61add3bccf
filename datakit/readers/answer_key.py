"""The key at the end of an exam paper: `उत्तरे: १-ब, २-क`, or `उत्तरसूची` with its lines below."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from datakit.readers.markers import DIGITS, INSTRUCTION, NUMBER

Entry = tuple[int, str]
"""The number of a question and its answer: a letter, or words."""

TITLE: Final = re.compile(
    r"^(?:उत्तर\s*सूची|उत्तरे\s*सूची|उत्तर\s*तालिका|उत्तरांची\s*(?:सूची|यादी)|answer\s*keys?)\s*[:.\-–—]*\s*", re.I
)
"""Words that mean a key wherever they stand."""

ANSWERS: Final = re.compile(r"^(?:उत्तरे|answers)\s*[:.\-–—]*\s*", re.I)
"""May also open one answer of several parts, or pairs to match: `उत्तरे: १) महसूल २) जात`, `उत्तरे: १-ब, २-अ`."""

_OPTION: Final = "[a-hA-H]|अ|आ|ब|क|ड|इ|ई|फ|ख|ग|घ"

LETTERED: Final = re.compile(
    rf"[(\[|]?\s*({NUMBER})\s*[)\]]?\s*"
    rf"(?:[).:\-–—=|→]+\s*[(\[]?\s*({_OPTION}|[1-8१-८])|[(\[]?\s*({_OPTION}))\s*[)\].]?(?:\s*[,;|।]+\s*|\s+|$)"
)
"""`१-ब`, `(१) ब`, `1. B`, `१ (ब)`. An option's number needs a sign between: `1 2 3` is no key."""

SECTION: Final = re.compile(
    rf"^(?:प्र\s*\.?|प्रश्न|विभाग|Q\.?)\s*(?:क्र\s*\.?)?\s*{NUMBER}\s*(?:ला|रा|था|वा)?(?:\s*[).:\-–—]+|\s+|$)\s*(.*)$", re.I
)
"""`प्र. २: १-अ, २-ड`, or the section's name alone."""

WORDED: Final = re.compile(rf"^\(?\s*({NUMBER})\s*(?:[).:=]|\s[\-–—]|[\-–—]\s)\s*(?=\S)")

NEXT: Final = re.compile(rf"(?:[,;]\s*|\s)\(?\s*({NUMBER})\s*[).:\-–—=](?![0-9०-९])\s*(?=\S)")

MIN_SHARE: Final = 0.5
"""`उत्तरे: १-ब, २-क` is a key where half its numbers wait for an answer; else it answers one of pairs to match."""


@dataclass
class AnswerKey:
    """A key that is being read. `sections` are its runs of numbers, `first` and `last` its lines.

    `asked` are the numbers of the questions above: an entry in words must be to one of them, since a numbered line
    below a key may as well be the next question.
    """

    first: int
    last: int
    asked: frozenset[int] = frozenset()
    sections: list[list[Entry]] = field(default_factory=lambda: [[]])

    def take(self, text: str, number: int) -> bool:
        """Take one line; False where it belongs to the key no more."""
        if not text.strip("|-: "):  # the rule of a Markdown table
            return True
        if (match := SECTION.match(text)) is not None:
            entries = lettered(match[1])
            if match[1] and not entries and INSTRUCTION.match(match[1]) is None:
                return False
            self.sections += [[]] if self.sections[-1] else []
            self.sections[-1] += entries
        elif entries := lettered(text) or self._words(text):
            self.sections[-1] += entries
        else:
            return False
        self.last = number
        return True

    def runs(self) -> list[list[Entry]]:
        """Return the entries, cut where the numbers begin anew."""
        found: list[list[Entry]] = []
        for section in self.sections:
            previous = 1000
            for entry in section:
                if entry[0] <= previous:
                    found.append([])
                found[-1].append(entry)
                previous = entry[0]
        return found

    def _words(self, text: str) -> list[Entry]:
        entries = [] if "?" in text else worded(text)
        seen = {number for number, _ in self.sections[-1]}
        return entries if any(number in self.asked and number not in seen for number, _ in entries) else []


def opened(
    text: str, line: int, waiting: Collection[int], answered: Collection[int], *, several: bool
) -> AnswerKey | None:
    """Return the key that a line opens, None where it opens none.

    `waiting` and `answered` are the numbers of the questions above without and with an answer of their own, `several`
    tells whether more of them wait than the one that is open.
    """
    key = AnswerKey(line, line, frozenset({*waiting, *answered}))
    if (match := TITLE.match(text)) is not None:
        rest = text[match.end() :].strip()
        return key if not rest or key.take(rest, line) else None
    if (match := ANSWERS.match(text)) is None:
        return None
    rest = text[match.end() :].strip()
    if not rest:
        return key if several else None
    numbers = [number for number, _ in lettered(rest)]
    asked = sum(number in waiting for number in numbers)
    if not numbers or (several and asked < len(numbers) * MIN_SHARE):
        return None
    if not several and not (asked and key.asked.issuperset(numbers)):
        return None
    key.take(rest, line)
    return key


def lettered(text: str) -> list[Entry]:
    """Return the entries of a line that holds nothing but numbers with letters, else none."""
    found: list[Entry] = []
    at = 0
    text = text.strip().strip("|").strip()
    while at < len(text):
        match = LETTERED.match(text, at)
        if match is None:
            return []
        found.append((int(match[1].translate(DIGITS)), match[2] or match[3]))
        at = match.end()
    return found


def worded(text: str) -> list[Entry]:
    """Return the entries of a line such as `१) रायगड २) पुणे`: cut only where the next number follows."""
    match = WORDED.match(text)
    found: list[Entry] = []
    while match is not None:
        number, start = int(match[1].translate(DIGITS)), match.end()
        match = next((m for m in NEXT.finditer(text, start) if int(m[1].translate(DIGITS)) == number + 1), None)
        answer = text[start : match.start() if match else len(text)].strip(" \t,;")
        found.append((number, answer))
    return found
