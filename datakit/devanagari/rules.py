"""All rules in the order of the specification, grouped by how much of a text one of them may look at.

- `any_script` and `text` look at the whole text; where there is no Devanagari, `text` and all after it is skipped.
- `word` rules never look across a space: a text may be cut at spaces, its words done one by one, and joined again.
- `line` rules look at spaces and line ends.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from datakit.devanagari import closed_lists, entity, mojibake, split_word, verse
from datakit.devanagari.alphabet import expand
from datakit.devanagari.policy import Policy
from datakit.devanagari.rule import Rule, from_table

_ASCII_TO_DEVA = {ord("0") + n: chr(0x966 + n) for n in range(10)}
_DEVA_TO_ASCII = {0x966 + n: str(n) for n in range(10)}
_QUOTES = {0x2018: "'", 0x2019: "'", 0x201A: "'", 0x201B: "'", 0x201C: '"', 0x201D: '"', 0x201E: '"', 0x201F: '"'}


@dataclass(frozen=True)
class RuleSet:
    """The rules of one policy."""

    any_script: tuple[Rule, ...]
    text: tuple[Rule, ...]
    word: tuple[Rule, ...]
    line: tuple[Rule, ...]


def _has_no_rtl_letter(text: str) -> bool:
    # Letters only: the marks that the rule deletes have right-to-left classes themselves.
    return not any(char.isalpha() and unicodedata.bidirectional(char) in ("R", "AL") for char in set(text))


def _is_not_nfc(text: str) -> bool:
    return not unicodedata.is_normalized("NFC", text)


MAY_COMPOSE: Final = (
    r"[^\t\n\u0020-\u02FF\u0900-\u093B\u093D-\u0950\u0955-\u0957\u0960-\u097F\u200B-\u200D\u2010-\u205E"
    r"\u20A0-\u20BF\u2190-\u2328\u232B-\u2ADB\u2B00-\u2BFF\uF000-\uF0FF\uFE0F\U0001F000-\U0001FAFF]"
)
"""All but characters that are NFC in any order: ASCII and Latin, Devanagari without the nukta, the accents and
U+0958–095F, punctuation, symbols, emoji. A test proves it for each one."""

# A space is a starter that composes with nothing: NFC of the pieces between spaces is NFC of the whole.
_NFC = Rule(
    id="nfc",
    pattern=re.compile(r"[^ ]+"),
    replace=lambda match: unicodedata.normalize("NFC", match[0]),
    trigger=MAY_COMPOSE,
    guard=_is_not_nfc,
)


def _any_script() -> tuple[Rule, ...]:
    damaged = Rule(
        id="mojibake",
        pattern=mojibake.RUN,
        replace=mojibake.decode,
        trigger=mojibake.TRIGGER,
        guard=mojibake.is_damaged,
    )
    entities = Rule(id="entity", pattern=entity.ENTITY, replace=entity.decode, trigger=entity.TRIGGER)
    rest = []
    for rule in from_table("any_script"):
        guard = _has_no_rtl_letter if rule.id == "bidi_control" else None
        rest.append(Rule(id=rule.id, pattern=rule.pattern, replace=rule.replace, trigger=rule.trigger, guard=guard))
    # Twice in a row: text encoded twice must be read back before its C1 controls are deleted.
    return (damaged, damaged, entities, *rest, _NFC)


def _chosen(policy: Policy) -> list[Rule]:
    rules = []
    if policy.digits == "deva":
        # A token with Latin letters is a code, a unit or an address: its digits stay.
        pattern = r"(?<![^ \n\t])[^ \n\tA-Za-z]*[0-9][^ \n\tA-Za-z]*(?![^ \n\t])"
        rules.append(
            Rule(
                id="digits",
                pattern=re.compile(pattern),
                replace=lambda m: m[0].translate(_ASCII_TO_DEVA),
                trigger="[0-9]",
            )
        )
    if policy.digits == "ascii":
        rules.append(
            Rule(
                id="digits",
                pattern=re.compile("[०-९]+"),
                replace=lambda m: m[0].translate(_DEVA_TO_ASCII),
                trigger="[०-९]",
            )
        )
    if policy.quotes == "ascii":
        quotes = "[\u2018-\u201f]"
        rules.append(
            Rule(id="quotes", pattern=re.compile(quotes), replace=lambda m: m[0].translate(_QUOTES), trigger=quotes)
        )
    if policy.nukta == "drop":
        nukta = expand("(?<=[<C>])\u093c")
        rules.append(Rule(id="nukta", pattern=re.compile(nukta), replace=lambda _: "", trigger="\u093c"))
    return rules


def _word(policy: Policy) -> tuple[Rule, ...]:
    kept = {name for name in ("zwj", "zwnj") if getattr(policy, name) == "keep"}
    rules = [rule for rule in from_table("word") if rule.id not in kept]
    avagraha = [rule for rule in rules if rule.id == "avagraha"]
    others = [rule for rule in rules if rule.id != "avagraha"]
    return (*others, closed_lists.hyphen_eyelash(), closed_lists.visarga(), *avagraha, *_chosen(policy), _NFC)


def _line() -> tuple[Rule, ...]:
    spaces = Rule(
        id="spaces",
        # Line ends, line beginnings, all but the first of a run; all begin with [ \t], which `re` scans fast for.
        pattern=re.compile(r"[ \t](?:[ \t]*$|(?<=^.)[ \t]*|(?<=  ) *)", re.MULTILINE),
        replace=lambda _: "",
        trigger=r"  |^[ \t]|[ \t]$|\n[ \t]|[ \t]\n",
    )
    return (*from_table("line"), verse.pipe_danda(), spaces)


@cache
def rule_set(policy: Policy) -> RuleSet:
    """Return the rules of a policy, compiled once for each policy of a process."""
    return RuleSet(
        any_script=_any_script(),
        text=(*from_table("text"), split_word.space_before_sign()),
        word=_word(policy),
        line=_line(),
    )
