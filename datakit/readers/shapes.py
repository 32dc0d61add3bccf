"""Take one object of any known shape to records: pairs, Alpaca, multiple choice, conversations, SQuAD, documents.

The shape is told from the names of the columns once for each set of names, then used for every row that has them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from datakit.readers.columns import advice, check_mapping, fits, has_pair, resolve
from datakit.readers.conversations import conversation_rows
from datakit.readers.document import Reading
from datakit.readers.options import option_columns
from datakit.readers.pairs import PairPlan
from datakit.readers.prose_column import ProsePlan, prose_column
from datakit.readers.row import Row, reject
from datakit.readers.squad import nested_rows, squad_rows
from datakit.readers.values import shown

Plan = Callable[[Mapping[str, object], str], Iterable[Row]]

Found = tuple[str, object, bytes | str | None]
"""What a format finds: the place, the value, and the text it was parsed from (None where there is none to show)."""

MAX_PLANS: Final = 1000  # a hostile source may give every row other names: the cache must not grow with it

MAX_HELD: Final = 256
"""Multiple-choice rows held back until the base of their numbers is known: 256 rows of four options leave no doubt."""

MAX_HELD_CHARS: Final = 4_000_000


class Recognizer:
    """Turns the objects of one source into rows, remembering a plan for each set of column names."""

    def __init__(self, reading: Reading) -> None:
        check_mapping(reading.columns)
        self._reading = reading
        self._plans: dict[tuple[str, ...], Plan] = {}

    def knows(self, value: Mapping[str, object]) -> bool:
        """Tell whether the names of an object are those of a record or of a shape that holds records."""
        plan = self._plan(value)
        return plan is not None and not isinstance(plan, ProsePlan)

    def is_document(self, value: Mapping[str, object]) -> bool:
        """Tell whether an object holds a text and no pair."""
        return isinstance(self._plan(value), ProsePlan)

    def rows(self, value: object, locator: str, raw: bytes | str | None = None) -> Iterable[Row]:
        """Return the rows of one object, a reject where it has no known shape."""
        if not isinstance(value, dict):
            text = shown(value) if raw is None else raw
            found = (
                f"found {type(value).__name__}; expected a JSON object with a question and an answer; see "
                "docs/readers.md for the shapes"
            )
            return (reject(locator, "not_an_object", found, text),)
        plan = self._plan(value)
        if plan is None:
            return (self.unrecognised(list(value), locator, shown(value) if raw is None else raw),)
        return plan(value, locator)

    def unrecognised(self, names: list[str], locator: str, raw: bytes | str) -> Row:
        """Build the reject of a row whose columns are not known."""
        return reject(locator, "unrecognised_columns", advice(names), raw)

    def stream(self, found: Iterable[Found | Row]) -> Iterator[Row]:
        """Return the rows of a whole source: objects with their places, mixed with rejects that pass through.

        Multiple-choice rows with a bare integer as the answer wait until a 0 or a number equal to the count of options
        tells from where the source counts.
        """
        held: list[tuple[PairPlan, Mapping[str, object], str]] = []
        size = 0
        for item in found:
            if isinstance(item, Row):
                yield item
                continue
            locator, value, raw = item
            plan = self._plan(value) if isinstance(value, dict) else None
            if not isinstance(value, dict) or plan is None:
                yield from self.rows(value, locator, raw)
                continue
            if isinstance(plan, PairPlan) and plan.options and plan.base is None and plan.undecided(value):
                held.append((plan, value, locator))
                size += len(str(value))
                if plan.base is not None or len(held) >= MAX_HELD or size > MAX_HELD_CHARS:
                    yield from _released(held)
                    held, size = [], 0
                continue
            yield from plan(value, locator)
        yield from _released(held)

    def _plan(self, value: Mapping[str, object]) -> Plan | None:
        names = tuple(value)
        plan = self._plans.get(names)
        if plan is None and names not in self._plans:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            plan = self._make(value, names)
            if plan is not None:
                self._plans[names] = plan
        return plan

    def _make(self, value: Mapping[str, object], names: tuple[str, ...]) -> Plan | None:
        """Choose a plan; the values are looked at only where a name alone does not tell."""
        if not all(isinstance(name, str) for name in names):
            return None
        reading = self._reading
        mapped = fits(names, reading.columns)
        roles = resolve(names, reading.columns)
        if (turns := roles.get("conversation")) is not None and (mapped or isinstance(value[turns], list)):
            reading.saw("messages" if turns == "messages" else "sharegpt", conversation=turns)
            return conversation_rows(turns, roles.get("system"), names)
        if not mapped and ("paragraphs" in value or isinstance(value.get("qas"), list)):
            reading.saw("squad")
            return nested_rows
        options = {} if mapped and "options" in roles else option_columns(names, set(roles.values()))
        if not options and "options" not in roles:
            roles = {role: column for role, column in roles.items() if role not in ("answer_index", "answer_number")}
        if not has_pair(roles):
            if (text := prose_column(names, reading.columns, roles)) is None:
                return None
            reading.saw("prose", context=text)
            return ProsePlan(column=text, names=names)
        if roles.get("answer") == "answers" and not mapped and not isinstance(value["answers"], str):
            reading.saw("squad", question=roles["question"], answer="answers", **_context(roles))
            return squad_rows(roles["question"], roles.get("context"), names)
        shape = (
            "options"
            if options or "options" in roles
            else "alpaca"
            if roles["question"] == "instruction"
            else "question/answer"
        )
        reading.saw(shape, **{role: column for role, column in roles.items() if role != "conversation"})
        return PairPlan(roles=roles, names=names, option_columns=options)


def _context(roles: Mapping[str, str]) -> dict[str, str]:
    return {"context": roles["context"]} if "context" in roles else {}


def _released(held: list[tuple[PairPlan, Mapping[str, object], str]]) -> Iterator[Row]:
    for plan, value, locator in held:
        yield from plan(value, locator)
