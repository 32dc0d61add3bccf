"""Find Devanagari text whose letters are wrong: what a PDF with a broken character map gives (ववषय for विषय).

Such text passes every script and language check. Two signs give it away: sequences that Marathi never writes (two vowel
signs on one consonant, a vowel sign on a virama), and unknown words that become frequent Marathi words once a known
confusion is undone. The confusions are those of Word and Mangal PDFs, in which pypdf and its like take the glyph of a
wide ि for the letter beside it, the reph for थ, ग, य or ण, and ल for ि; each was seen in PDFs of exam notes.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from datakit.screening.known_words import known_words

IMPOSSIBLE: Final = (
    r"(?:[\u093E-\u094C]{2}"  # two vowel signs: मधीि, िािे
    r"|\u094D[\u093E-\u094C\u0900-\u0903]"  # a sign on a virama: र्ांधी
    r"|[\u093E-\u094C]\u094D"  # a virama on a vowel sign
    r"|\u0904)"  # ऄ is a letter of Kashmiri and Awadhi: ऄहे for आहे
)
"""Sequences that do not occur in normalized Marathi, as a Rust and Python pattern."""

MOJIBAKE: Final = r"à[¤¥].?à[¤¥]|[\u00E0-\u00E2][\u00A4\u00A5€].{1,2}[\u00E0-\u00E2][\u00A4\u00A5€]"
"""UTF-8 read as Latin-1 or Windows-1252, twice in a row: what normalization could not turn back."""

TOKEN: Final = r"[\u0900-\u0963\u0970-\u097F]{2,}"
"""Two characters of Devanagari or more, digits and dandas apart: what is looked at as a word."""

WORTH_A_LOOK: Final = (
    r"\u0904|(?:^|[^क-ह])ि|ां|[^्][थगयण](?:[^्\u093E-\u094C\u0902]|$)|[लहतनदभप][क-ह]|"
    + "|".join(chr(code) * 2 for code in range(0x915, 0x93A))
    + f"|{IMPOSSIBLE}"
)
"""What every word shows in which `wrong_word` finds anything, as a Rust pattern: two unknown words in three do not."""

MIN_COUNT: Final = 20
"""A repair counts when the list has its word this often: 25,124 words, below it names and errors begin."""

MIN_LETTERS, MAX_LETTERS = 3, 24
"""Code points of a word worth repairing (the longest listed has 23); the work grows with the square of the length."""

CONSONANTS: Final = frozenset(map(chr, range(0x915, 0x93A)))
SIGNS: Final = frozenset(map(chr, (*range(0x93E, 0x94D), 0x902)))
REPH_SEEN_AS: Final = frozenset("थगयण")
SHORT_I_SEEN_AS: Final = frozenset("लहतनदभप")


class Repair(NamedTuple):
    """A word with wrong letters, and what it should be."""

    word: str
    better: str  # "" where that is not known
    sure: bool  # False for confusions that a rare name may show by chance


@lru_cache(maxsize=65_536)
def repaired(word: str) -> Repair | None:
    """Return the frequent word that an unknown word becomes when one or two confusions are undone; None: no such."""
    known = known_words()
    if word in known or not MIN_LETTERS <= len(word) <= MAX_LETTERS:
        return None
    first = _undo(word)
    if best := _frequent(first, MIN_COUNT):
        return Repair(word, *best)
    second = [(better, once or sure) for fix, once in first if len(fix) > 2 for better, sure in _undo(fix)]
    best = _frequent(second, MIN_COUNT * 5)
    return Repair(word, *best) if best else None


def _frequent(fixed: list[tuple[str, bool]], least: int) -> tuple[str, bool] | None:
    """Return the most frequent of some words with how sure it is; None where the list has none of them so often."""
    known = known_words()
    listed = [fix for fix in fixed if fix[0] in known and len(fix[0]) > 2]
    best = max(listed, key=lambda fix: (known[fix[0]], fix[1]), default=None)
    return best if best and known[best[0]] >= least else None


def wrong_words(text: str) -> list[Repair]:
    """Return the words of a text that show wrong letters, in order; one word may come more than once."""
    found = [wrong for match in _TOKEN.finditer(text) if (wrong := wrong_word(match[0])) is not None]
    return found + mojibake(text)


def wrong_word(word: str) -> Repair | None:
    """Return what is wrong with one word of Devanagari; None where nothing shows."""
    repair = repaired(word)
    return Repair(word, "", True) if repair is None and _IMPOSSIBLE.search(word) else repair


def mojibake(text: str) -> list[Repair]:
    """Return the pieces of a text that are UTF-8 read as another encoding."""
    return [Repair(match[0], "", True) for match in _MOJIBAKE.finditer(text)]


def _undo(word: str) -> list[tuple[str, bool]]:
    """Return the word with each confusion undone at each place, one at a time, and whether that is sure."""
    fixed: list[tuple[str, bool]] = []
    for place in _UNDOABLE.finditer(word):
        at, letter = place.start(), place[0]
        before, after = word[:at], word[at + 1 :]
        if letter == "\u0904":
            fixed += [(before + vowel + after, True) for vowel in "आअ"]
        elif letter == "ि" and (at == 0 or word[at - 1] not in CONSONANTS):
            fixed.append((before + "ल" + after, True))
        elif letter == "ं" and before.endswith("ा"):
            fixed.append((before[:-1] + "ं" + after, False))
        elif letter in CONSONANTS and after[:1] != "्":
            if letter in REPH_SEEN_AS and at > 0 and before[-1] != "्" and after[:1] not in SIGNS:
                start = _cluster_start(before)
                doubled = before[-1] == letter
                fixed.append((before[:start] + "र्" + before[start:] + after, doubled))
            end = _cluster_end(after)
            doubled = after[:1] == letter
            if end and after[end : end + 1] not in SIGNS and (doubled or letter in SHORT_I_SEEN_AS):
                fixed.append((before + after[:end] + "ि" + after[end:], doubled))
    return fixed


def _cluster_start(text: str) -> int:
    """Return where the last syllable of a text begins."""
    at = len(text) - 1
    while at > 0 and text[at] not in CONSONANTS:
        at -= 1
    while at > 1 and text[at - 1] == "्":
        at -= 2
    return at


def _cluster_end(text: str) -> int:
    """Return how many code points the consonant cluster at the start of a text has."""
    if not text or text[0] not in CONSONANTS:
        return 0
    at = 1
    while text[at : at + 1] == "्" and text[at + 1 : at + 2] in CONSONANTS:
        at += 2
    return at


_REST_OF_CLUSTER: Final = r"[क-ह](?:्[क-ह])*+(?![\u093E-\u094C\u0902])"
_UNDOABLE: Final = re.compile(  # exactly the letters at which `_undo` finds something: most words have none
    "\u0904"
    r"|(?<![क-ह])ि"
    r"|(?<=ा)ं"
    r"|(?<=[^्])[थगयण](?![्\u093E-\u094C\u0902])"
    rf"|[लहतनदभप](?={_REST_OF_CLUSTER})"
    rf"|([क-ह])(?=\1)(?={_REST_OF_CLUSTER})"
)
_MOJIBAKE: Final = re.compile(MOJIBAKE)
_IMPOSSIBLE: Final = re.compile(IMPOSSIBLE)
_TOKEN: Final = re.compile(TOKEN)
