"""Question and answer blocks in running text: a small machine that is fed lines and gives rows.

States: outside, in a question, in an answer. A mark at the start of a line moves it on; all other lines belong to what
is open. The same machine reads text, Markdown and the paragraphs of a web page.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from datakit.readers import answer_key, markers
from datakit.readers.answer_key import AnswerKey
from datakit.readers.limits import ROW_BYTES
from datakit.readers.options import INLINE, KEY, KEY_AND_TEXT, from_numbered_lines, from_text
from datakit.readers.row import Row, canonical, reject
from datakit.readers.unanswered import Answered, Asked, Unanswered, context_group, no_answer

WRAP_CHARS: Final = 60
"""A line this long that runs on was broken to fit a page; a shorter one, such as of an ovi, was meant to end there."""

INITIALS_LINES: Final = 12
"""A line that may name a man is a question where its answer begins within so many lines."""

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
    _asked_number: int = 0  # the same, of questions that are only numbered too
    _overflow: bool = False
    _held: list[Line] = field(default_factory=list)  # `प्र. के. …` and what follows, until it tells what it is
    _asked_above: Line | None = None  # a line outside any block that asks: the answer's mark may follow
    _replied: bool = False  # the open answer began with a mark
    _unanswered: Unanswered = field(default_factory=Unanswered)
    _key: AnswerKey | None = None

    def feed(self, line: Line) -> Iterator[Row]:
        """Take one line."""
        if not self._held and self._may_ask(line.text.strip()):
            self._held = [line]
            return
        if self._held:
            told = self._tells(line)
            if told is None and len(self._held) < INITIALS_LINES:
                self._held.append(line)
                return
            yield from self._settle(asks=told is True)
            yield from self.feed(line)
            return
        yield from self._take(line)

    def _may_ask(self, text: str) -> bool:
        return self._key is None and markers.MAYBE.match(text) is not None and markers.QUESTION.match(text) is None

    def _tells(self, line: Line) -> bool | None:
        """Tell by the line below it whether the line held is a question; None: this one does not tell."""
        text = line.text.strip()
        if self._opened_key(text, line.number) is not None:
            return False
        if markers.ANSWER.match(text) is not None:
            return True
        marked = markers.QUESTION.match(text) or markers.MAYBE.match(text) or markers.PASSAGE.match(text)
        if marked or line.heading or markers.RULE.match(line.text) or self._starts_numbered(text):
            return False
        return None

    def _settle(self, *, asks: bool) -> Iterator[Row]:
        """Take the lines held: the first as a question or as text, the others as they are."""
        first, *others = self._held
        self._held = []
        body = "\n".join([first.text, *(line.text for line in others)])
        if self._question and self._answer is None:
            asks = asks and markers.asks(body)  # below `ओळखा:` a name is part of what is asked
        yield from self._take(first, named=asks or markers.INLINE_ANSWER.search(first.text) is not None)
        for line in others:
            yield from self._take(line)

    def _take(self, line: Line, *, named: bool = False) -> Iterator[Row]:
        """Take one line whose kind is settled; `named` is a question that begins like a man's initials."""
        text = line.text.strip()
        if not text:
            self._blank()
            return
        if markers.RULE.match(line.text):
            yield from self._close_key()
            yield from self._flush()
            return
        if self._key is not None:
            if self._key.take(text, line.number):
                return
            yield from self._close_key()
        elif (key := self._opened_key(text, line.number)) is not None:
            yield from self._flush()
            self._key = key
            return
        self._size += len(text)
        listed = markers.NUMBERED.match(text)
        if listed and (markers.QUESTION.match(text[listed.end() :]) or markers.ANSWER.match(text[listed.end() :])):
            text = text[listed.end() :]  # `1. **प्रश्न:** …`: the list's number says less than the mark
        if (match := (markers.MAYBE if named else markers.QUESTION).match(text)) is not None:
            yield from self._flush()
            number = markers.number_in(match[0])
            body = text[match.end() :].strip()
            if number is None:
                number, body = self._own_number(body, self._number + 1)
            self._number = number if number is not None else 0
            yield from self._ask(body, "marked", line, self._number)
        elif line.heading and markers.asks(text):
            yield from self._ask(_unnumbered(text), "heading", line, _number(text))
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
            yield from self._ask(_unnumbered(text), "numbered", line, _number(text))
        else:
            self._text(text, line)

    @property
    def busy(self) -> bool:
        """Whether the next line may belong to a question, an answer, a passage or a key."""
        return bool(self._held) or self._strength is not None or self._key is not None or self._passage_open

    @property
    def open_since(self) -> int | None:
        """The number of the first line of what is still open; None where nothing is."""
        if self._held:
            return self._held[0].number
        return self._first if self._strength is not None else None

    def finish(self) -> Iterator[Row]:
        """Give what is still open."""
        if self._held:
            yield from self._settle(asks=False)
        yield from self._close_key()
        yield from self._flush()
        yield from self._unanswered.release()

    def _opened_key(self, text: str, number: int) -> AnswerKey | None:
        if markers.TITLE_WORD.match(text) is None:
            return None
        waiting = self._unanswered.numbers()
        several = bool(waiting)
        if self._strength is not None and markers.PAIRS.search(_joined(self._question)) and several:
            waiting, several = set(), False
        if self._strength is not None and not any(self._answer or []):
            waiting.add(self._asked_number)
        return answer_key.opened(text, number, waiting, self._unanswered.answered, several=several)

    def _close_key(self) -> Iterator[Row]:
        """Give the questions above a key their answers."""
        if self._key is None:
            return
        key, self._key = self._key, None
        place = self.place(key.first, key.last)
        for item in self._unanswered.apply(key, place):
            self.rows += 1
            if isinstance(item, Answered):
                asked = item.asked
                yield self._row(f"{asked.place}, key {place}", asked.question, item.answer, asked.context, None)
            else:
                yield item

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
        if not self._question or self._answer is not None or markers.OPTION.match(text) is None:
            return True
        stem, _ = from_text(_unnumbered(text))  # `(२) …` below a question: its second option, or the next question
        if markers.asks(stem) or markers.BLANK.search(stem):
            return True
        labels = INLINE.findall(_joined(self._question))
        numbered = any(label.isdecimal() for found in labels for label in found)
        return not numbered and _number(text) == self._asked_number + 1

    def _ask(self, text: str, strength: Strength, line: Line, number: int) -> Iterator[Row]:
        yield from self._flush()
        if markers.INSTRUCTION.match(text):
            return
        self._first = self._last = line.number
        self._size = len(text)
        self._passage_open = False
        self._strength, self._asked_number = strength, number
        if strength == "heading":
            self._question, self._answer = [text], []
            return
        parts = markers.INLINE_ANSWER.split(text, maxsplit=1)
        self._question = [parts[0].strip()]
        self._answer = [parts[1].strip()] if len(parts) == 2 else None
        self._hard = line.hard

    def _reply(self, text: str, whole: str, line: Line) -> Iterator[Row]:
        above, self._asked_above = self._asked_above, None
        if self._replied and self._answer and len(self._answer) > 1 and markers.asks(self._answer[-1]):
            above = Line(
                self._last, self._answer.pop().strip()
            )  # `उ. … / कोण होते? / उ. …`: the next question, unmarked
            yield from self._ask(above.text, "marked", above, 0)
        elif not any(self._question) and above is not None:
            self.prose -= 1
            yield from self._ask(above.text, "marked", above, 0)
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
        above_it = _joined(self._answer or [])
        if self._strength == "heading" and (_only_options(above_it) or names_numbered_line(above_it, text)):
            self._question, self._answer = [*self._question, *(self._answer or [])], []
        self._answer = [*(part for part in self._answer or () if part), text]
        self._last, self._hard, self._replied = line.number, line.hard, True

    def _text(self, text: str, line: Line) -> None:
        if self._passage_open and self._passage is not None:
            self._passage.append(text)
        elif self._strength is None:
            self.prose += 1
            self._asked_above = line if markers.asks(text) else None
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
        self._replied = False
        if strength is None:
            return
        place = self.place(self._first, self._last)
        if self._overflow:
            self._overflow = False
            self.rows += 1
            detail = f"found more than {ROW_BYTES // 4:,} letters in one answer; expected the next question; mark it"
            yield reject(place, "row_too_large", detail, question, question=question)
            return
        if strength == "heading" and self._asked_number and _only_options(answer):
            question, answer = f"{question}\n{answer}", ""
        if answer:
            self._unanswered.answered.add(self._asked_number)
            yield self._row(place, question, answer, context, explanation or None)
            return
        sure = strength != "numbered" or from_text(question)[1] is not None
        asked = Asked(number=self._asked_number, place=place, question=question, context=context, sure=sure)
        if sure:
            self.rows += 1
        else:
            self.prose += 1
        if asked.number and (sure or markers.asks(question) or markers.BLANK.search(question)):
            yield from self._unanswered.hold(asked)
        elif sure:
            yield no_answer(asked)

    def _row(self, place: str, question: str, answer: str, context: str | None, explanation: str | None) -> Row:
        self.rows += 1
        chosen = chosen_option(question, answer)
        if chosen is None:
            detail = (
                f"found answer key {answer!r}, which names none of the options above it; expected one of them; "
                "correct the key"
            )
            return reject(
                place, "answer_not_among_options", detail, question, question=question, answer=answer, context=context
            )
        meta = canonical({"explanation": explanation}) if explanation else None
        return Row(place, *chosen, context, None, None, context_group(context), meta)


def chosen_option(question: str, answer: str) -> tuple[str, str] | None:
    """Return the pair with its options as `(अ) … (ब) …` and a key replaced by its option; None: it names none."""
    stem, options = from_text(question)
    if options is None and names_numbered_line(question, answer):
        stem, options = from_numbered_lines(question)
    if options is None:
        return question, answer
    text, named = options.answer(answer)
    return (f"{stem} {options.render()}".strip(), text) if named else None


def names_numbered_line(text: str, answer: str) -> bool:
    """Tell whether an answer is the number of one of the numbered lines that a text ends in, or number and words."""
    options = from_numbered_lines(text)[1]
    if options is None:
        return False
    given = answer.strip()
    if KEY.match(given):
        return options.answer(given)[1] and not given.isalpha()
    return KEY_AND_TEXT.match(given) is not None and options.by_text(options.answer(given)[0]) is not None


def _joined(parts: list[str]) -> str:
    """Put lines together; one that begins with a space runs on from the line before."""
    return "".join(part if part[0] == " " else f"\n{part}" for part in parts if part).strip()


def _unnumbered(text: str) -> str:
    match = markers.NUMBERED.match(text)
    return text[match.end() :].strip() if match else text


def _only_options(text: str) -> bool:
    """Tell whether a text is nothing but options with letters; numbers may be the list that was asked for."""
    stem, options = from_text(text)
    return options is not None and not stem.strip(" -*+•") and not any(label.isdecimal() for label in options.labels)


def _number(text: str) -> int:
    match = markers.NUMBERED.match(text)
    return (markers.number_in(match[0]) or 0) if match else 0
