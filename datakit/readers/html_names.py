"""What the class names of a page call its parts: question, answer, option, right one, or a note about them."""

import re
from functools import lru_cache
from typing import Final, Literal

from datakit.readers.html_text import Element

Role = Literal["question", "answer"]

QUESTION_WORDS: Final = frozenset(
    {"question", "questions", "ques", "que", "prashna", "prashn", "sawal", "qtext", "qtxt", "qtitle"}
)
ANSWER_WORDS: Final = frozenset({"answer", "answers", "ans", "uttar", "solution", "jawab"})
OPTION_WORDS: Final = frozenset({"option", "options", "opt", "choice", "choices", "paryay"})
RIGHT_WORDS: Final = frozenset({"correct", "barobar"})
DENIES: Final = frozenset({"not", "in", "un", "wrong", "false", "response", "feedback", "message"})
BESIDE_RIGHT: Final = frozenset({"right", "is", "answer", "ans", "option", "opt", "choice"})
"""`right` names the right answer beside these only: alone it often is a side of the page, and `is-right` is not."""

NOTE_WORDS: Final = frozenset({
    "number", "num", "no", "count", "counter", "meta", "author", "who", "when", "date", "time", "votes", "voting",
    "vote", "label", "icon", "permalink", "byline", "category", "categories", "tags", "share", "marks", "index",
})  # fmt: skip
"""Beside `question` or `answer` these name a note about it, not the thing itself."""

LOOSE_WORDS: Final = frozenset({"author", "byline", "permalink"})
"""Notes wherever they stand."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Return the words of one class name: `wpProQuiz_answerCorrect` is wp, pro, quiz, answer, correct."""
    return tuple(word.casefold() for word in _WORD.findall(name))


def names(element: Element) -> list[str]:
    """Return the class names of an element."""
    return (element.get("class") or "").split()


def role(element: Element, letters: frozenset[str] = frozenset()) -> Role | None:
    """Return what an element's class calls it; `letters` are the beginnings before a q that stand before an a too."""
    found: set[Role] = set()
    for name in names(element):
        parts = set(words(name))
        if parts & NOTE_WORDS or parts & OPTION_WORDS:
            continue
        if parts & QUESTION_WORDS:
            found.add("question")
        if parts & ANSWER_WORDS:
            found.add("answer")
        if (lettered := _lettered(name)) is not None and lettered[0] in letters:
            found.add("question" if lettered[1] == "q" else "answer")
    return found.pop() if len(found) == 1 else None


def letters_of(root: Element) -> frozenset[str]:
    """Return the beginnings of class names that stand before a lone q and a lone a: those of `faq-q` and `faq-a`."""
    seen: dict[str, set[str]] = {"q": set(), "a": set()}
    for element in root.iterfind(".//*[@class]"):
        for name in names(element):
            if (lettered := _lettered(name)) is not None:
                seen[lettered[1]].add(lettered[0])
    return frozenset(seen["q"] & seen["a"])


def is_note(element: Element, *, beside: bool) -> bool:
    """Tell whether a class names a note; `beside` where it stands inside a question or an answer."""
    wanted = NOTE_WORDS if beside else LOOSE_WORDS
    return any(not wanted.isdisjoint(words(name)) for name in names(element))


def is_option(element: Element) -> bool:
    """Tell whether a class names an element one option: `quiz-option`, or `answer` where several stand side by side."""
    return any(not OPTION_WORDS.isdisjoint(words(name)) or words(name) == ("answer",) for name in names(element))


def is_right(element: Element) -> bool:
    """Tell whether a class names the right option; `incorrect` and `not-correct` do not."""
    for name in (*names(element), element.get("id") or ""):
        parts = words(name)
        if DENIES.intersection(parts):
            continue
        if RIGHT_WORDS.intersection(parts) or ("right" in parts and BESIDE_RIGHT.issuperset(parts)):
            return True
    return False


def _lettered(name: str) -> tuple[str, str] | None:
    parts = words(name)
    for letter in ("q", "a"):
        if letter in parts and not NOTE_WORDS.intersection(parts):
            return "-".join(parts[: parts.index(letter)]), letter
    return None
