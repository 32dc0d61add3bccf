"""Read a Go text/template into nodes: the grammar that Modelfile templates use, and a refusal for the rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from datakit.errors import InputError

FUNCTIONS: Final = ("and", "or", "not", "eq", "ne", "len", "slice")
"""What may be called; `export.go_template` holds what each does."""

# Go trims all of " \t\r\n" next to a marker that has a space on its inner side.
_ACTION: Final = re.compile(r"\{\{(-(?=\s)|)(.*?)(\s-|)\}\}", re.DOTALL)
_TOKEN: Final = re.compile(r"""\s*(?:("(?:[^"\\\n]|\\.)*"|`[^`]*`)|(:=|[=|(),])|(\$?[\w.$]*[\w.$]|\$))""")

_NAME: Final = re.compile(r"\$\w+")
_ESCAPE: Final = re.compile(r"\\(?:([nrt\"\\])|(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|.)", re.DOTALL)
_LAST_LETTER: Final = 0x10FFFF
_HALVES: Final = range(0xD800, 0xE000)  # of UTF-16 pairs, which Go refuses
_SIMPLE: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True, kw_only=True)
class Text:
    """Text that is printed as it stands."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Variable:
    """`.System`, `$message.Role`, `$` or `.`: a name (None for the dot) and the fields under it."""

    name: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A call with its arguments, or one bare operand where `function` is None."""

    function: str | None
    arguments: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Output:
    """`{{ pipe }}`, or `{{ $name := pipe }}` where `declares` is set."""

    pipe: Command
    declares: str | None = None
    new: bool = False


@dataclass(frozen=True, kw_only=True)
class Branch:
    """`if`, with its `else if` inside `otherwise`."""

    condition: Command
    then: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Loop:
    """`range`, with none, one or two variables."""

    variables: tuple[str, ...]
    over: Command
    body: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]" = ()


Node = Text | Output | Branch | Loop


def parse(template: str) -> tuple[Node, ...]:
    """Return the nodes of a template. Errors: `InputError` that quotes the action which is not understood."""
    reader = _Reader(list(_pieces(template)))
    try:
        nodes, end = reader.block()
    except RecursionError:
        raise InputError("TEMPLATE: its parts are nested deeper than can be followed") from None
    if end is not None:
        raise InputError(f"TEMPLATE: {{{{ {end} }}}} closes nothing")
    return nodes


def _pieces(template: str) -> Iterator[tuple[str, str]]:
    """Yield ("text", ...) and ("action", ...), trim markers carried out."""
    place, trim_next = 0, False
    for match in _ACTION.finditer(template):
        text = template[place : match.start()]
        if trim_next:
            text = text.lstrip(" \t\r\n")
        if match[1]:
            text = text.rstrip(" \t\r\n")
        if text:
            yield "text", text
        action = match[2].strip()
        if not action.startswith("/*"):
            yield "action", action
        place, trim_next = match.end(), bool(match[3])
    rest = template[place:]
    if "{{" in rest:
        raise InputError(f"TEMPLATE: an action is not closed: {rest[rest.index('{{') :][:60]!r}")
    rest = rest.lstrip(" \t\r\n") if trim_next else rest
    if rest:
        yield "text", rest


@dataclass(kw_only=True)
class _Tokens:
    action: str
    left: list[str] = field(default_factory=list)

    def take(self) -> str:
        if not self.left:
            raise InputError(f"TEMPLATE: {{{{ {self.action} }}}} ends too early")
        return self.left.pop(0)

    def pipe(self) -> Command:
        command = self.command()
        while self.left and self.left[0] == "|":
            self.take()
            following = self.command()
            if following.function is None:
                raise InputError(f"TEMPLATE: {{{{ {self.action} }}}} pipes into something that is no function")
            command = Command(function=following.function, arguments=(*following.arguments, command))
        return command

    def command(self) -> Command:
        function = None
        if self.left and self.left[0] in FUNCTIONS:
            function = self.take()
        arguments: list[Any] = []
        while self.left and self.left[0] not in ("|", ")"):
            arguments.append(self.operand())
        if function is None and len(arguments) != 1:
            raise InputError(
                f"TEMPLATE: {{{{ {self.action} }}}} is not understood; known functions: {', '.join(FUNCTIONS)}"
            )
        return Command(function=function, arguments=tuple(arguments))

    def operand(self) -> Any:
        token = self.take()
        if token == "(":
            inner = self.pipe()
            if self.take() != ")":
                raise InputError(f"TEMPLATE: {{{{ {self.action} }}}} lacks a closing parenthesis")
            return inner
        if token[0] in '"`':
            return token[1:-1] if token[0] == "`" else self.unescaped(token[1:-1])
        if token.isascii() and token.isdigit() and (token == "0" or token[0] != "0"):
            return int(token)  # with a 0 in front Go reads another base
        if token in ("true", "false"):
            return token == "true"
        if token[0] in ".$":
            name, _, fields = token.partition(".")
            parts = tuple(fields.split(".")) if fields else ()
            if all(parts) and (token == "." or not token.endswith(".")) and "$" not in fields:
                return Variable(name=name or None, fields=parts)
        raise InputError(
            f"TEMPLATE: {token} in {{{{ {self.action} }}}} is not known; functions: {', '.join(FUNCTIONS)}"
        )

    def unescaped(self, text: str) -> str:
        """Read a Go string literal's escapes: the simple ones, and code points of four or eight hex digits."""

        def read(match: re.Match[str]) -> str:
            if match[1]:
                return _SIMPLE[match[1]]
            if match[2] and (code := int(match[2][1:], 16)) <= _LAST_LETTER and code not in _HALVES:
                return chr(code)
            raise InputError(f"TEMPLATE: escape {match[0]!r} in {{{{ {self.action} }}}} is not known")

        return _ESCAPE.sub(read, text)


def _tokens(action: str, text: str) -> _Tokens:
    found, place = _Tokens(action=action), 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(f"TEMPLATE: {text[place:]!r} in {{{{ {action} }}}} is not understood")
        found.left.append(match[1] or match[2] or match[3])
        place = match.end()
    return found


@dataclass(kw_only=True)
class _Reader:
    pieces: list[tuple[str, str]]
    place: int = 0

    def __init__(self, pieces: list[tuple[str, str]]) -> None:
        self.pieces, self.place = pieces, 0

    def block(self) -> tuple[tuple[Node, ...], str | None]:
        """Read until `end`, `else` or the end of the template; return the nodes and the action that closed them."""
        nodes: list[Node] = []
        while self.place < len(self.pieces):
            kind, text = self.pieces[self.place]
            self.place += 1
            if kind == "text":
                nodes.append(Text(text=text))
                continue
            word = text.split(maxsplit=1)[0] if text else ""
            if word in ("end", "else"):
                return tuple(nodes), text
            nodes.append(self.node(word, text))
        return tuple(nodes), None

    def node(self, word: str, action: str) -> Node:
        if word == "if":
            return self.branch(action, action[2:])
        if word == "range":
            return self.loop(action)
        tokens = _tokens(action, action)
        declares, new = None, False
        if len(tokens.left) > 2 and tokens.left[1] in (":=", "="):
            declares, new = _variable(tokens, tokens.take()), tokens.take() == ":="
        return Output(pipe=_whole(tokens), declares=declares, new=new)

    def branch(self, action: str, condition: str) -> Branch:
        test = _whole(_tokens(action, condition))
        then, closed = self.block()
        otherwise: tuple[Node, ...] = ()
        if closed is not None and closed.split()[:2] == ["else", "if"]:
            inner = self.branch(closed, closed.split("if", 1)[1])  # its end is the end of both
            return Branch(condition=test, then=then, otherwise=(inner,))
        if closed == "else":
            otherwise, closed = self.block()
        _ended(action, closed)
        return Branch(condition=test, then=then, otherwise=otherwise)

    def loop(self, action: str) -> Loop:
        tokens = _tokens(action, action[len("range") :])
        variables: tuple[str, ...] = ()
        if ":=" in tokens.left:
            place = tokens.left.index(":=")
            head = tokens.left[:place]
            if head[1::2] not in ([], [","]) or len(head) not in (1, 3):
                raise InputError(f"TEMPLATE: {{{{ {action} }}}} is not understood; expected one variable or two")
            variables = tuple(_variable(tokens, token) for token in head[::2])
            del tokens.left[: place + 1]
        over = _whole(tokens)
        body, closed = self.block()
        otherwise: tuple[Node, ...] = ()
        if closed == "else":
            otherwise, closed = self.block()
        _ended(action, closed)
        return Loop(variables=variables, over=over, body=body, otherwise=otherwise)


def _variable(tokens: _Tokens, token: str) -> str:
    if _NAME.fullmatch(token) is None:
        raise InputError(f"TEMPLATE: {token} in {{{{ {tokens.action} }}}} is no variable; expected such as $message")
    return token


def _ended(action: str, closed: str | None) -> None:
    if closed is None:
        raise InputError(f"TEMPLATE: {{{{ {action} }}}} has no {{{{ end }}}}")
    if closed != "end":
        raise InputError(f"TEMPLATE: {{{{ {action} }}}} is closed by {{{{ {closed} }}}}; expected {{{{ end }}}}")


def _whole(tokens: _Tokens) -> Command:
    command = tokens.pipe()
    if tokens.left:
        raise InputError(f"TEMPLATE: {tokens.left[0]!r} in {{{{ {tokens.action} }}}} is one too many")
    return command
