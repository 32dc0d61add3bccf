"""docs/commands.md and the README's list of commands, read from the Typer applications."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

import datakit.cli
import export.cli
import trainer.cli
from tools.docs.blocks import table

HEAD = """# Commands

Written by `make docs` from the command line itself; do not edit.

Results go to stdout (`--json`: exactly one object), progress and messages to stderr. Exit codes: 0 ok, 1 internal,
2 usage or recipe, 3 a quality gate failed and nothing was published, 4 a hash or count differs, 5 input missing or
unreadable, 6 a package or program is missing, 130 interrupted: the same command goes on from there.
"""


APPLICATIONS = {"datakit": datakit.cli.app, "trainer": trainer.cli.app, "gguf-export": export.cli.app}


def walk() -> Iterator[tuple[str, Any]]:
    """Yield every command of the three programs with its full name, sorted as `--help` sorts them."""
    for name, app in APPLICATIONS.items():
        yield from _walk(name, typer.main.get_command(app))


def _walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if not children:
        yield name, command
    for child, inner in (children or {}).items():
        if not inner.hidden:
            yield from _walk(f"{name} {child}", inner)


def command_tree() -> str:
    """Return one line for each command: how to call it and what it does."""
    calls = {_call(name, command): _first_line(command) for name, command in walk()}
    width = max(map(len, calls)) + 2
    return "\n".join(["```text", *(f"{call:<{width}}{text}" for call, text in calls.items()), "```"])


def commands_page() -> str:
    """Return the page."""
    return "\n\n".join([HEAD.rstrip(), *(_section(name, command) for name, command in walk())]) + "\n"


def _section(name: str, command: Any) -> str:
    arguments = [param for param in command.params if param.opts and not param.opts[0].startswith("-")]
    switches = [param for param in command.params if param not in arguments]
    parts = [f"## {name}", inspect.cleandoc(command.help or ""), f"```text\n{_call(name, command)} [OPTIONS]\n```"]
    rows = [[f"`{_metavar(param)}`", param.help or "", _default(param)] for param in arguments]
    rows += [
        ["`" + "`, `".join([*param.opts, *param.secondary_opts]) + "`", param.help or "", _default(param)]
        for param in switches
    ]
    if rows:
        parts.append(table(["argument or option", "meaning", "default"], rows))
    return "\n\n".join(parts)


def _call(name: str, command: Any) -> str:
    arguments = [param for param in command.params if param.opts and not param.opts[0].startswith("-")]
    words = [_metavar(param) if param.required else f"[{_metavar(param)}]" for param in arguments]
    return " ".join([name, *words])


def _metavar(param: Any) -> str:
    return str(param.metavar or param.name.upper()) + ("…" if param.nargs == -1 else "")


def _default(param: Any) -> str:
    value = param.default
    if param.required:
        return "required"
    if value is None or value is False or value == "":
        return ""
    if callable(value):
        return "computed"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


def _first_line(command: Any) -> str:
    return inspect.cleandoc(command.help or "").split("\n")[0].rstrip(".")
