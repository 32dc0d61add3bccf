"""Question and answer blocks in running text: a small machine that is fed lines and gives rows.

States: outside, in a question, in an answer. A mark at the start of a line moves it on; all other lines belong to what
is open. The same machine reads text, Markdown and the paragraphs of a web page.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from datakit.readers import markers
from datakit.readers.limits import ROW_BYTES
from datakit.readers.options import from_text
from datakit.readers.row import Row, canonical, key16, reject

WRAP_CHARS: Final = 60
"""A line this long that runs on was broken to fit a page; a shorter one, such as of an ovi, was meant to end there."""

Strength = Literal["marked", "numbered", "heading"]

LIST_ITEM: Final = re.compile(r"^\s*(?:[-*+•]|\(?[0-9०-९]{1,3}[).]|\(?(?:अ|आ|ब|क|ड)\))\s")


@dataclass(frozen=True)
class Line:
    """One line: its place in the file, its text, and the level of its heading (0: none). `hard` ends with a break."""

    number: int
    text: str
    heading: int = 0
    hard: bool = False


def line_range(first: int, last: int) -> str:
    """Return the locator of a run of lines."""
    return f"line {first}" if first == last else f"lines {first}-{last}"


@dataclass
class Blocks:
    """The machine. `feed` gives the rows that a line completes, `finish` those still open at the end."""

    soft_wraps: bool = False  # Markdown: a line end inside a paragraph is a space
    place: Callable[[int, int], str] = line_range
    rows: int = 0
    prose: int = 0
    _question: list[str] = field(default_factory=list)
    _answer: list[str] | None = None
    _strength: Strength | None = None
    _first: int = 0
    _last: int = 0
    _size: int = 0
    _explanation: list[str] | None = None
    _passage: list[str] | None = None
    _passage_open: bool = False
    _hard: bool = True
    _number: int = 0  # of the open question, 0: it has none
    _overflow: bool = False

    def feed(self, line: Line) -> Iterator[Row]:
        """Take one line."""
        text = line.text.strip()
        if not text:
            self._blank()
            return
        if markers.RULE.match(line.text):
            yield from self._flush()
            return
        self._size += len(text)
        listed = markers.NUMBERED.match(text)
        if listed and (markers.QUESTION.match(text[listed.end() :]) or markers.ANSWER.match(text[listed.end() :])):
            text = text[listed.end() :]  # `1. **प्रश्न:** …`: the list's number says less than the mark
        if (match := markers.QUESTION.match(text)) is not None:
            yield from self._flush()
            number = markers.number_in(match[0])
            body = text[match.end() :].strip()
            if number is None:
                number, body = self._own_number(body, self._number + 1)
            self._number = number if number is not None else 0
            yield from self._ask(body, "marked", line)
        elif line.heading and markers.asks(text):
            yield from self._ask(_unnumbered(text), "heading", line)
        elif line.heading:
            yield from self._flush()
            self._passage, self._passage_open = None, False
        elif (match := markers.ANSWER.match(text)) is not None:
            yield from self._reply(text[match.end() :].strip(), text, line)
        elif (match := markers.PASSAGE.match(text)) is not None:
            yield from self._flush()
            self._passage, self._passage_open = [text[match.end() :].strip()], True
        elif (match := markers.EXPLANATION.match(text)) is not None and self._answer is not None:
            self._explanation, self._last = [text[match.end() :].strip()], line.number
        elif self._starts_numbered(text):
            yield from self._ask(_unnumbered(text), "numbered", line)
        else:
            self._text(text, line)

    def finish(self) -> Iterator[Row]:
        """Give what is still open."""
        yield from self._flush()

    def _own_number(self, text: str, expected: int) -> tuple[int | None, str]:
        """Take a number off a text where it is the one expected and not the first of a list: `उ. १) महसूल २) जात`."""
        match = markers.OWN_NUMBER.match(text)
        if match is None or markers.number_in(match[1]) != expected:
            return None, text
        rest = text[match.end() :]
        listed = any(markers.number_in(found[0]) == expected + 1 for found in markers.IN_LIST.finditer(rest))
        return (None, text) if listed else (expected, rest)

    def _starts_numbered(self, text: str) -> bool:
        """A numbered line asks, unless it is an option, or an item of an answer whose question was marked otherwise."""
        if markers.NUMBERED.match(text) is None:
            return False
        if self._strength in ("marked", "heading"):
            return False
        return not (self._question and self._answer is None and markers.OPTION.match(text) is not None)

    def _ask(self, text: str, strength: Strength, line: Line) -> Iterator[Row]:
        yield from self._flush()
        if markers.INSTRUCTION.match(text):
            return
        self._first = self._last = line.number
        self._size = len(text)
        self._passage_open = False
        self._strength = strength
        if strength == "heading":
            self._question, self._answer = [text], []
            return
        parts = markers.INLINE_ANSWER.split(text, maxsplit=1)
        self._question = [parts[0].strip()]
        self._answer = [parts[1].strip()] if len(parts) == 2 else None
        self._hard = line.hard

    def _reply(self, text: str, whole: str, line: Line) -> Iterator[Row]:
        if not any(self._question):
            yield from self._flush()
            detail = (
                "found an answer with no question before it; expected प्र. or प्रश्न: above it; add the "
                "question or its mark"
            )
            self.rows += 1
            yield reject(
                self.place(line.number, line.number), "answer_without_question", detail, whole, answer=text or None
            )
            return
        if self._number:
            text = self._own_number(text, self._number)[1]
        self._answer = [*(part for part in self._answer or () if part), text]
        self._last, self._hard = line.number, line.hard

    def _text(self, text: str, line: Line) -> None:
        if self._passage_open and self._passage is not None:
            self._passage.append(text)
        elif self._strength is None:
            self.prose += 1
        elif self._size > ROW_BYTES // 4:  # three bytes a letter: the rest is passed over, and the row rejected
            self._overflow = True
        else:
            part = (
                self._explanation
                if self._explanation is not None
                else self._question
                if self._answer is None
                else self._answer
            )
            item = LIST_ITEM.match(text) or markers.OPTION.match(text)
            if part and part[-1] and not self._hard and not item and self._runs_on(part[-1]):
                part.append(f" {text}")  # joined at the end: adding to one long string copies it each time
            else:
                part.append(text)
            self._last = line.number
        self._hard = line.hard

    def _runs_on(self, before: str) -> bool:
        return self.soft_wraps or len(before.rpartition("\n")[2]) >= WRAP_CHARS

    def _blank(self) -> None:
        self._hard = True

    def _flush(self) -> Iterator[Row]:
        question, answer = _joined(self._question), _joined(self._answer or [])
        strength = self._strength
        context = _joined(self._passage or []) or None
        explanation = _joined(self._explanation or [])
        self._question, self._answer, self._strength, self._explanation = [], None, None, None
        if strength is None or (strength == "numbered" and not answer and from_text(question)[1] is None):
            self.prose += strength is not None
            return
        self.rows += 1
        place = self.place(self._first, self._last)
        if self._overflow:
            self._overflow = False
            detail = f"found more than {ROW_BYTES // 4:,} letters in one answer; expected the next question; mark it"
            yield reject(place, "row_too_large", detail, question, question=question)
            return
        if not answer:
            detail = (
                "found a question with no answer below it; expected उ. or उत्तर: after it; add the answer or "
                "take the question out"
            )
            yield reject(place, "no_answer_given", detail, question, question=question, context=context)
            return
        chosen = chosen_option(question, answer)
        if chosen is None:
            detail = (
                f"found answer key {answer!r}, which names none of the options above it; expected one of them; "
                "correct the key"
            )
            yield reject(
                place, "answer_not_among_options", detail, question, question=question, answer=answer, context=context
            )
            return
        question, answer = chosen
        group = key16(context) if context else None
        meta = canonical({"explanation": explanation}) if explanation else None
        yield Row(place, question, answer, context, None, None, group, meta)


def chosen_option(question: str, answer: str) -> tuple[str, str] | None:
    """Return the pair with its options as `(अ) … (ब) …` and a key replaced by its option; None: it names none."""
    stem, options = from_text(question)
    if options is None:
        return question, answer
    text, named = options.answer(answer)
    return (f"{stem} {options.render()}".strip(), text) if named else None


def _joined(parts: list[str]) -> str:
    """Put lines together; one that begins with a space runs on from the line before."""
    return "".join(part if part[0] == " " else f"\n{part}" for part in parts if part).strip()


def _unnumbered(text: str) -> str:
    match = markers.NUMBERED.match(text)
    return text[match.end() :].strip() if match else text
