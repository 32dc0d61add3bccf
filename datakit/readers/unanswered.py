"""Questions that still wait for an answer: a key further down may give it, else they are rejected where they stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from datakit.readers.answer_key import AnswerKey, Entry
from datakit.readers.options import KEY, from_text
from datakit.readers.row import Row, key16, reject

MAX_WAITING: Final = 2000
"""A paper has 25 to 200 questions, a bank of papers one key each; more wait only where no key ever comes."""

MAX_WAITING_CHARS: Final = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question without an answer. `number` 0: it has none. `sure` is one that is rejected where no key comes."""

    number: int
    place: str
    question: str
    context: str | None = None
    sure: bool = True


@dataclass(frozen=True)
class Answered:
    """A question with what the key says to it."""

    asked: Asked
    answer: str


@dataclass
class Unanswered:
    """The questions since the last key, in order, and the numbers that had an answer of their own."""

    waiting: list[Asked] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    _chars: int = 0

    def numbers(self) -> set[int]:
        """Return the numbers of the questions that wait."""
        return {asked.number for asked in self.waiting}

    def hold(self, asked: Asked) -> Iterator[Row]:
        """Keep a question; while too many wait, give up on the first."""
        self.waiting.append(asked)
        self._chars += len(asked.question)
        while len(self.waiting) > MAX_WAITING or self._chars > MAX_WAITING_CHARS:
            first = self.waiting.pop(0)
            self._chars -= len(first.question)
            if first.sure:
                yield no_answer(first)

    def release(self) -> Iterator[Row]:
        """Give up on all of them; a numbered line that was not sure to be a question is prose."""
        for asked in self.waiting:
            if asked.sure:
                yield no_answer(asked)
        self._clear()

    def apply(self, key: AnswerKey, key_place: str) -> Iterator[Row | Answered]:
        """Give every question its answer from the key, or the reject that says why it has none."""
        pairs = matched(self.waiting, key.runs())
        if pairs is None:
            for asked in self.waiting:
                yield _unclear(asked, key, key_place)
            self._clear()
            return
        used = set()
        for asked, entry in pairs:
            if entry is None:
                yield no_answer(asked, key_place)
                continue
            used.add(id(entry))
            if KEY.match(entry[1]) and not entry[1].isdecimal() and from_text(asked.question)[1] is None:
                yield _no_options(asked, entry[1], key_place)
            else:
                yield Answered(asked, entry[1])
        for run in key.runs():
            for entry in run:
                if id(entry) not in used and entry[0] not in self.answered:
                    yield _left_over(entry, key_place)
        self._clear()

    def _clear(self) -> None:
        self.waiting, self._chars = [], 0
        self.answered.clear()


def matched(waiting: Sequence[Asked], runs: Sequence[Sequence[Entry]]) -> list[tuple[Asked, Entry | None]] | None:
    """Return each question with its entry; None where numbers stand twice and the sections do not tell which is meant.

    A paper that counts through takes its entries in any order. One that begins anew in each section is matched section
    by section, where question and key have equally many.
    """
    entries = [entry for run in runs for entry in run]
    if not entries:
        return None
    numbers = [asked.number for asked in waiting]
    if len({entry[0] for entry in entries}) == len(entries) and len(set(numbers)) == len(numbers):
        by_number = {entry[0]: entry for entry in entries}
        return [(asked, by_number.get(asked.number)) for asked in waiting]
    sections: list[list[Asked]] = []
    previous = 1000
    for asked in waiting:
        if asked.number <= previous:
            sections.append([])
        sections[-1].append(asked)
        previous = asked.number
    if len(sections) != len(runs):
        return None
    found: list[tuple[Asked, Entry | None]] = []
    for section, run in zip(sections, runs, strict=True):
        by_number = {entry[0]: entry for entry in run}
        found += [(asked, by_number.get(asked.number)) for asked in section]
    return found


def no_answer(asked: Asked, key_place: str | None = None) -> Row:
    """Build the reject of a question that nothing answers."""
    if key_place is None:
        found = "found a question with no answer below it; expected उ. or उत्तर: after it"
    else:
        found = f"found no answer to question {asked.number} in the key at {key_place}; expected an entry for it"
    detail = f"{found}; add the answer or take the question out"
    return _rejected(asked, "no_answer_given", detail)


def _unclear(asked: Asked, key: AnswerKey, key_place: str) -> Row:
    count = sum(len(run) for run in key.runs())
    if not count:
        found = f"found an answer key at {key_place} whose lines hold no number with an answer"
    else:
        found = f"found an answer key at {key_place} with {count} entries in {len(key.runs())} sections"
    detail = (
        f"{found}; expected entries such as १-ब that name each question once, or a section for each of the paper's; "
        "put the key below its own section, or an answer below each question"
    )
    return _rejected(asked, "answer_key_unclear", detail)


def _no_options(asked: Asked, letter: str, key_place: str) -> Row:
    detail = (
        f"found {letter!r} for question {asked.number} in the key at {key_place}; expected options in the question, "
        "(अ) … (ब) …, that the letter can name; add them or write the answer in words"
    )
    return _rejected(asked, "answer_not_among_options", detail)


def _left_over(entry: Entry, key_place: str) -> Row:
    number, answer = entry
    detail = (
        f"found an answer to question {number} in a key; expected an unanswered question of that number above; "
        "add the question or correct the number"
    )
    return reject(f"{key_place} entry {number}", "answer_without_question", detail, f"{number} {answer}", answer=answer)


def _rejected(asked: Asked, reason: str, detail: str) -> Row:
    return reject(asked.place, reason, detail, asked.question, question=asked.question, context=asked.context)


def context_group(context: str | None) -> str | None:
    """Return the group of the questions below one passage."""
    return key16(context) if context else None
