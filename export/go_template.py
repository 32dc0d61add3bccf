"""Render the part of Go's text/template that Modelfile templates use, as Ollama would.

The gate compares what a TEMPLATE says with the model's own Jinja template on every export, also where neither Go nor
Ollama is installed. Tests compare this renderer with Go's own on every template and conversation that they have.

Known: text, trim markers, comments, `if / else if / else / end`, `range` (also with two variables), variables with
`:=` and `=`, fields, strings, integers, booleans, parentheses, pipes, and the functions `and or not eq ne len slice`.
Anything else is refused by name, never passed over.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from datakit.errors import InputError
from export.go_template_parse import Branch, Command, Loop, Node, Output, Text, Variable, parse
from export.go_template_variables import check_variables


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return what the template makes of the values. Errors: `InputError` for syntax and functions it does not know."""
    out: list[str] = []
    nodes = parse(template)
    check_variables(nodes)
    _run(nodes, dict(values), [{"$": dict(values)}], out)
    return "".join(out)


def ollama_values(messages: Sequence[Mapping[str, str]], *, system: str | None = None) -> dict[str, Any]:
    """Return the values that Ollama hands to a TEMPLATE that speaks of .Messages.

    `system` is the Modelfile's SYSTEM: it opens a conversation that has no system message of its own. Neighbours of one
    role become one message, and .System is every system message joined (Ollama, template.go, `collate`).
    """
    given = list(messages)
    if system and not (given and given[0]["role"] == "system"):
        given.insert(0, {"role": "system", "content": system})
    collated: list[dict[str, str]] = []
    for message in given:
        if collated and collated[-1]["Role"] == message["role"]:
            collated[-1]["Content"] += "\n\n" + message["content"]
        else:
            collated.append({"Role": message["role"], "Content": message["content"]})
    joined = "\n\n".join(message["content"] for message in given if message["role"] == "system")
    return {"System": joined, "Messages": collated, "Tools": None, "Response": ""}


Scopes = list[dict[str, Any]]


def _run(nodes: Sequence[Node], dot: Any, scopes: Scopes, out: list[str]) -> None:
    for node in nodes:
        if isinstance(node, Text):
            out.append(node.text)
        elif isinstance(node, Output):
            value = _value(node.pipe, dot, scopes)
            if node.declares is not None:
                _assign(scopes, node.declares, value, new=node.new)
            else:
                out.append(_text(value))
        elif isinstance(node, Branch):
            # A variable of an `if` ends with it, as in Go.
            chosen = node.then if _value(node.condition, dot, scopes) else node.otherwise
            _run(chosen, dot, [*scopes, {}], out)
        else:
            _loop(node, dot, scopes, out)


def _loop(node: Loop, dot: Any, scopes: Scopes, out: list[str]) -> None:
    items = _value(node.over, dot, scopes)
    if items is None:
        items = []
    if not isinstance(items, list):
        raise InputError(f"TEMPLATE: range over {_text(items)[:60]!r}; expected a list such as .Messages")
    if not items:
        _run(node.otherwise, dot, [*scopes, {}], out)
    for index, item in enumerate(items):
        scope: dict[str, Any] = {}
        if len(node.variables) == 1:
            scope[node.variables[0]] = item
        elif node.variables:
            scope[node.variables[0]], scope[node.variables[1]] = index, item
        _run(node.body, item, [*scopes, scope], out)


def _assign(scopes: Scopes, name: str, value: Any, *, new: bool) -> None:
    if new:
        scopes[-1][name] = value
        return
    next(scope for scope in reversed(scopes) if name in scope)[name] = value


def _value(command: Command, dot: Any, scopes: Scopes) -> Any:
    values = [_operand(argument, dot, scopes) for argument in command.arguments]
    if command.function is None:
        return values[0]
    try:
        return _FUNCTIONS[command.function](values)
    except (TypeError, IndexError, ValueError) as error:
        shown = " ".join(repr(value)[:40] for value in values)
        raise InputError(f"TEMPLATE: {command.function} cannot take {shown or 'nothing'} ({error})") from None


def _operand(argument: Any, dot: Any, scopes: Scopes) -> Any:
    if isinstance(argument, Command):
        return _value(argument, dot, scopes)
    if not isinstance(argument, Variable):
        return argument
    value = dot
    if argument.name is not None:
        value = next(scope[argument.name] for scope in reversed(scopes) if argument.name in scope)
    for field in argument.fields:
        value = _field(value, field)
    return value


def _field(value: Any, field: str) -> Any:
    if isinstance(value, Mapping):
        if "Role" not in value:
            return value.get(field)  # missingkey=zero, as Ollama parses
        found = value.get(field, _OF_A_MESSAGE.get(field))
        if found is not None:
            return found
    raise InputError(f"TEMPLATE: {_named(value)} has no .{field}; Go ends with an error there")


def _named(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a message" if "Role" in value else "the whole of the values"
    return "nothing" if value is None else repr(value)[:40]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "<no value>"  # what Go prints, so that a misspelled field is seen
    if isinstance(value, bool | int):
        return json.dumps(value)
    raise InputError(f"TEMPLATE: prints a whole {type(value).__name__}; expected a field of it, such as .Content")


def _equal(values: list[Any]) -> bool:
    first, second, *more = values
    return any(_same(first, other) for other in (second, *more))


def _differ(values: list[Any]) -> bool:
    one, other = values
    return not _same(one, other)


def _same(one: Any, other: Any) -> bool:
    """Compare as Go does: texts, numbers and truths each with their own kind only, and anything with nothing."""
    for value in (one, other):
        if not isinstance(value, str | int | None):
            raise TypeError(f"a {type(value).__name__} is not compared")
    if type(one) is not type(other) and one is not None and other is not None:
        raise TypeError(f"a {type(one).__name__} is not compared with a {type(other).__name__}")
    return bool(one == other)


def _len(values: list[Any]) -> int:
    """Count items, or the bytes of a text, as Go does."""
    (value,) = values
    if not isinstance(value, str | list):
        raise TypeError("expected a text or a list")
    return len(value.encode()) if isinstance(value, str) else len(value)


def _slice(values: list[Any]) -> Any:
    """Cut a list, or a text by its bytes; Go refuses places outside it, and a letter cut in two is refused here."""
    value, *places = values
    if len(places) > 2 or any(type(place) is not int for place in places):
        raise ValueError("expected a beginning and an end")
    length = _len([value])
    start, stop = places[0] if places else 0, places[1] if len(places) > 1 else length
    if not 0 <= start <= stop <= length:
        raise IndexError(f"{start} to {stop} of {length}")
    return value.encode()[start:stop].decode() if isinstance(value, str) else value[start:stop]


def _not(values: list[Any]) -> bool:
    (value,) = values
    return not value


def _and(values: list[Any]) -> Any:
    return next((value for value in values if not value), values[-1])


def _or(values: list[Any]) -> Any:
    return next((value for value in values if value), values[-1])


_OF_A_MESSAGE: Final[Mapping[str, Any]] = {
    "Thinking": "",
    "ToolName": "",
    "ToolCallID": "",
    "Images": [],
    "ToolCalls": [],
}
"""What a message of Ollama has besides role and content, and what stands there in a conversation of texts."""
_FUNCTIONS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "eq": _equal,
    "ne": _differ,
    "len": _len,
    "slice": _slice,
}
