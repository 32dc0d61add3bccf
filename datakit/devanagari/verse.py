"""Pipes that stand for dandas, in lines of verse only: one in a table, a shell command or a headline is left alone."""

import re
from typing import Final

from datakit.devanagari.rule import Rule

# Latin letters, brackets, # and = mark code, tables and wiki text; `|-` and `|+` are table rules; two single pipes with
# nothing between are empty cells; a pipe after a full stop or an exclamation separates headlines.
_NOT_VERSE: Final = re.compile(r"[A-Za-z\[\]{}<>#=]|\|[-+:]|[-+:]\||(?<!\|)\|[ \t]+\|(?!\|)|[.!?][ \t]*\|")
_DOUBLE: Final = re.compile(r"(?<!\|)\|\|(?!\|)")
_SINGLE: Final = re.compile(r"(?<!\|)\|(?!\|)")


def _verse(match: re.Match[str]) -> str:
    line = match[0]
    if _NOT_VERSE.search(line):
        return line
    return _SINGLE.sub("।", _DOUBLE.sub("॥", line))


def pipe_danda() -> Rule:
    """जय | आत्मरूपा ||१|| → जय । आत्मरूपा ॥१॥: the line ends in a pipe and does not begin with a single one."""
    return Rule(
        id="pipe_danda",
        pattern=re.compile(r"^[ \t]*(?:\|\||[^|\s])[^\n]*\|(?=[ \t]*$)", re.MULTILINE),
        replace=_verse,
        trigger=r"\|[ \t]*(?:\n|$)",
    )
