"""One object, one pair: the plan for rows with a question column and an answer column, options included."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from datakit.readers.options import KEY, Options, from_columns, from_text, from_value
from datakit.readers.refused import REASON, as_refused, is_refused
from datakit.readers.row import Row, canonical, key16, reject
from datakit.readers.values import NotText, meta_of, shown, text_of

PASSAGE_CHARS: Final = 100
"""A context this long is a passage, whose questions belong together; `इयत्ता ४थी` in a reference column is none."""

PAGE_GROUP: Final = "page_group"
"""What pairs of one page share, which `datakit synthesize` made: the context of one holds the answers of others."""

KEY_CHARS: Final = 16
"""No bare answer key is longer: `पर्याय क्र. (ब)`."""


@dataclass(kw_only=True)
class PairPlan:
    """How to take rows with one set of column names. `base` is learnt: what the first option's number is."""

    roles: Mapping[str, str]
    names: tuple[str, ...]
    option_columns: Mapping[str, str] = field(default_factory=dict)
    base: int | None = None

    def __post_init__(self) -> None:
        used = set(self.roles.values()) | set(self.option_columns.values())
        self.meta = tuple(name for name in self.names if name not in used)
        self._verdicts, self._grouped = REASON in self.names, {PAGE_GROUP, "page_sha256"} <= set(self.names)
        self.options = bool(self.option_columns) or "options" in self.roles
        self.question, self.answer = self.roles["question"], self.roles.get("answer")
        self.context, self.system, self.history = (self.roles.get(role) for role in ("context", "system", "history"))

    def __call__(self, row: Mapping[str, object], locator: str) -> tuple[Row]:
        """Return the one row."""
        found = self._read(row, locator)
        return (as_refused(row, found[0]),) if self._verdicts and is_refused(row) else found

    def _read(self, row: Mapping[str, object], locator: str) -> tuple[Row]:
        try:
            question, context = text_of(row, self.question), text_of(row, self.context) or None
            system, history = text_of(row, self.system) or None, self._history(row)
            if self.options:
                return (self._choice(row, locator, question, context, system),)
            answer = text_of(row, self.answer)
        except NotText as error:
            return (reject(locator, "not_text", error.found(), shown(row), **self._known(row)),)
        if answer and len(answer) <= KEY_CHARS and question and KEY.match(answer):
            chosen = resolve_inline(question, answer)
            if chosen is None:
                return (_no_such_option(locator, question, answer),)
            answer = chosen
        group = key16(context) if context is not None and len(context) >= PASSAGE_CHARS else None
        if self._grouped and isinstance(given := row[PAGE_GROUP], str) and given:
            group = given
        return (Row(locator, question, answer, context, system, history, group, meta_of(row, self.meta)),)

    def undecided(self, row: Mapping[str, object]) -> bool:
        """Tell whether the answer is an integer of unknown base; a 0 or the last number settles it for the source."""
        value = row.get(self.answer) if self.answer else None
        if type(value) is not int or "answer_index" in self.roles or "answer_number" in self.roles:
            return False
        options = self._read_options(row)
        if options is None or options.by_text(str(value)) is not None:
            return False
        if value == 0:
            self.base = 0
        elif value == len(options.texts):
            self.base = 1
        return True

    def _choice(
        self, row: Mapping[str, object], locator: str, question: str | None, context: str | None, system: str | None
    ) -> Row:
        meta, options = meta_of(row, self.meta), self._read_options(row)
        if options is None or question is None:
            return Row(locator, question, text_of(row, self.answer), context, system, meta=meta)
        full = options.beside(question)
        given = row.get(self.answer) if self.answer else None
        order = [("answer_index", 0), ("answer_number", 1), ("answer", self.base)]
        if isinstance(given, str) and given.strip():
            order.reverse()  # a text says more than a number, and `label` may be something else
        for role, base in order:
            value = row.get(self.roles.get(role, ""))
            if value is None:
                continue
            if type(value) is not int and (role == "answer" or not str(value).strip().isdecimal()):
                answer, named = options.answer(text_of(row, self.roles[role]) or "")
                if not named:
                    return _no_such_option(locator, full, answer)
                return Row(locator, full, answer, context, system, meta=meta)
            number = int(str(value))
            if role == "answer" and (same := options.by_text(str(number))) is not None:
                return Row(locator, full, same, context, system, meta=meta)  # the options are numbers themselves
            if base is None:
                return _ambiguous(locator, full, number, self.roles[role])
            if not 0 <= number - base < len(options.texts):
                return _no_such_option(locator, full, str(number))
            return Row(locator, full, options.texts[number - base], context, system, meta=meta)
        return Row(locator, full, None, context, system, meta=meta)

    def _read_options(self, row: Mapping[str, object]) -> Options | None:
        if self.option_columns:
            return from_columns(row, self.option_columns)
        return from_value(row.get(self.roles.get("options", "")))

    def _history(self, row: Mapping[str, object]) -> str | None:
        if self.history is None or not (value := row.get(self.history)):
            return None
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise NotText(value, self.history) from None
        return earlier_turns(value, self.history)

    def _known(self, row: Mapping[str, object]) -> dict[str, str | None]:
        known: dict[str, str | None] = {}
        for part, column in (("question", self.question), ("answer", self.answer), ("context", self.context)):
            value = row.get(column) if column else None
            known[part] = value if isinstance(value, str) else None
        return known


def resolve_inline(question: str, answer: str) -> str | None:
    """Return the option inside the question that a bare key names; the key itself where the question has none."""
    options = from_text(question)[1]
    if options is None:
        return answer
    text, named = options.answer(answer)
    return text if named else None


def earlier_turns(value: object, column: str) -> str | None:
    """Return history as canonical JSON from [[question, answer], …] or [{"role", "content"}, …]. Errors: `NotText`."""
    turns: list[dict[str, str]] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item):
            turns += [{"role": "user", "content": item[0]}, {"role": "assistant", "content": item[1]}]
        elif isinstance(item, dict) and isinstance(item.get("role"), str) and isinstance(item.get("content"), str):
            turns.append({"role": item["role"], "content": item["content"]})
        else:
            raise NotText(value, column)
    return canonical(turns) if turns else None


def _no_such_option(locator: str, question: str, answer: str) -> Row:
    detail = (
        f"found answer key {answer!r}, which names none of the options; expected one of their letters, numbers "
        "or texts; correct the key"
    )
    return reject(locator, "answer_not_among_options", detail, question, question=question, answer=answer)


def _ambiguous(locator: str, question: str, number: int, column: str) -> Row:
    detail = (
        f"found answer {number}; expected a letter, or a row that tells whether the source counts from 0 or 1; "
        f'write in the recipe columns = {{ …, answer_index = "{column}" }} (from 0) or answer_number (from 1)'
    )
    return reject(locator, "ambiguous_option", detail, question, question=question, answer=str(number))
