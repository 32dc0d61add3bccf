"""One rule: a pattern, what replaces it, and a cheaper pattern that says where it could apply."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from datakit.devanagari import tables
from datakit.devanagari.alphabet import expand

Replace = Callable[[re.Match[str]], str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`pattern` and `replace` as for `re.sub`; `guard`, if there is one, must hold of the whole text first.

    `trigger` is a regex without lookaround or backreference, fit for the Rust engine of polars: it is found in every
    text that the rule changes, and may be found in texts that the rule leaves alone.
    """

    id: str
    pattern: re.Pattern[str]
    replace: Replace
    trigger: str
    guard: Callable[[str], bool] | None = None

    def apply(self, text: str) -> str:
        """Return the text with the rule applied once, left to right."""
        if self.guard is not None and not self.guard(text):
            return text
        return self.pattern.sub(self.replace, text)


_LOOKAROUND: Final = re.compile(r"\(\?<?[=!](?:[^()\[\]]|\[[^\]]*\])*\)")


def _trigger(pattern: str) -> str:
    """Drop the lookarounds of a pattern: what is left is found wherever the pattern matches."""
    return _LOOKAROUND.sub("", pattern)


def _twice() -> str:
    """Spell out `(<M>|…)\\1` for an engine without backreferences."""
    signs = [chr(code) for code in range(0x900, 0x980)]
    repeatable = re.compile(expand(r"[<M><B>\u0903\u093C\u094D]"))
    return "|".join(sign * 2 for sign in signs if repeatable.match(sign))


def _expander(template: str) -> Replace:
    if "\\" not in template:
        return lambda _: template
    return lambda match: match.expand(template)


def from_table(name: str) -> list[Rule]:
    """Read the rules of a table; the rows of one rule become one pattern whose earlier rows win.

    Rows that share a rule must not hold capture groups of their own.
    """
    rules = []
    for rule_id, group in groupby(tables.read(name), key=lambda row: row["rule"]):
        rows = list(group)
        patterns = [expand(row["from"]) for row in rows]
        triggers = [
            expand(row["trigger"]).replace("<TWICE>", _twice()) or _trigger(pattern)
            for row, pattern in zip(rows, patterns, strict=True)
        ]
        targets = [_expander(tables.unescape(row["to"])) for row in rows]
        if len(rows) == 1:
            pattern, replace = patterns[0], targets[0]
        else:
            pattern = "|".join(f"({single})" for single in patterns)
            replace = _choose(targets)
        rules.append(Rule(id=rule_id, pattern=re.compile(pattern), replace=replace, trigger="|".join(triggers)))
    return rules


def _choose(targets: list[Replace]) -> Replace:
    def replace(match: re.Match[str]) -> str:
        assert match.lastindex is not None  # every branch of the pattern is one group
        return targets[match.lastindex - 1](match)

    return replace
