"""The engine: every rule in order over the whole text, again until nothing changes.

This is the plain form, kept short so that it can be read against the specification; `column.py` gives the same output
faster.
"""

from dataclasses import dataclass
from typing import Final

from datakit.devanagari.alphabet import DEVANAGARI, visible
from datakit.devanagari.policy import Policy
from datakit.devanagari.rule import Rule
from datakit.devanagari.rules import RuleSet, rule_set

MAX_PASSES: Final = 40
"""Real text settles in 2 or 3 passes; the bound only stops text built to need many (entities nested in entities)."""

_CONTEXT_CHARS: Final = 24


@dataclass(frozen=True, kw_only=True)
class Change:
    """One replacement: the rule's id, the text before and after, and the word around it as it stood."""

    rule: str
    before: str
    after: str
    word: str

    def __str__(self) -> str:
        """Return rule, word and visible code points, tab-separated: `eyelash_zwj  दर्‍या  U+0930 … → U+0931 …`."""
        return f"{self.rule}\t{self.word}\t{visible(self.before)} → {visible(self.after)}"


def order(rules: RuleSet, text: str) -> tuple[Rule, ...]:
    """Return the rules that one pass applies to a text after `any_script` has been applied to it."""
    return rules.text + rules.word + rules.line if DEVANAGARI.search(text) else ()


def normalize(text: str, *, policy: Policy = Policy()) -> str:  # noqa: B008 - frozen, so one default is safe
    """Return the text in canonical Marathi spelling of code points: NFC, idempotent, `""` for `""`.

    A text without Devanagari only loses mojibake, entities and invisible characters. Never raises on any string.
    Source: the tables beside this file, each row with its authority.
    """
    rules = rule_set(policy)
    for _ in range(MAX_PASSES):
        before = text
        for rule in rules.any_script:
            text = rule.apply(text)
        for rule in order(rules, text):
            text = rule.apply(text)
        if text == before:
            break
    return text


def explain(text: str, *, policy: Policy = Policy()) -> list[Change]:  # noqa: B008
    """Return every change that `normalize` makes, in the order it is made; a text that is canonical gives `[]`."""
    rules = rule_set(policy)
    changes: list[Change] = []
    for _ in range(MAX_PASSES):
        before = text
        for rule in rules.any_script:
            text = _record(rule, text, changes)
        for rule in order(rules, text):
            text = _record(rule, text, changes)
        if text == before:
            break
    return changes


def _record(rule: Rule, text: str, changes: list[Change]) -> str:
    if rule.guard is None or rule.guard(text):
        for match in rule.pattern.finditer(text):
            after = rule.replace(match)
            if after != match[0]:
                changes.append(
                    Change(
                        rule=rule.id, before=match[0], after=after, word=_word_around(text, match.start(), match.end())
                    )
                )
    return rule.apply(text)


def _word_around(text: str, start: int, end: int) -> str:
    left = max(text.rfind(" ", 0, start), text.rfind("\n", 0, start), start - _CONTEXT_CHARS)
    stops = [stop for stop in (text.find(" ", end), text.find("\n", end), len(text)) if stop >= 0]
    return text[left + 1 : min(*stops, end + _CONTEXT_CHARS)]
