"""What the tables make of a question, seen word by word: which words may vanish, be replaced, or change its kind."""

from functools import cache

from datakit.matching.asked_alike import alike_stems, idle_stems, is_idle
from datakit.matching.events import event_stems
from datakit.matching.lexemes import table_stems
from datakit.matching.names import alias_stems
from datakit.matching.question_form import passing_stems, turning_stems

CAMP = "छावणी"  # implied by an escape, see events.implied
_SILENT = frozenset({"function", "tense", "question", "light", "honorific"})


@cache
def listed_stems() -> frozenset[str]:
    """Return every stem that some table lists, and each as it is without the -ि that a plural takes away."""
    tables = (table_stems(), alias_stems(), alike_stems(), idle_stems(), event_stems(), passing_stems())
    stems = frozenset[str]().union(*tables)
    return stems | frozenset(stem[:-1] for stem in stems if stem.endswith("ि"))


def asks_for_a_fact(surface: str, stem: str, kind: str, roles: frozenset[str]) -> bool:
    """Tell whether a word may make more of a question than one for an account: who, when, how many, whose birthday."""
    return kind == "question" or "time" in roles or stem in turning_stems() or surface.startswith(CAMP)


def says_nothing(surface: str, kind: str) -> bool:
    """Tell whether a word may follow the last word that says something."""
    return kind in _SILENT or is_idle(surface)
