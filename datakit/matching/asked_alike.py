"""Words that ask the same in a question, and words that ask nothing: किल्ला and गड, रेल्वे and आगगाडी; सध्या, तेव्हा.

Kept apart from the synonyms that all texts are judged by: two statements that differ so were written twice.
"""

from dataclasses import replace
from functools import cache

from datakit.matching.lexemes import Lexeme, fold, lexeme
from datakit.matching.word_tables import rows


@cache
def _forms() -> dict[str, str]:
    """Stem of each word of the table → the stem of its form."""
    return {lexeme(word).stem: lexeme(form).stem for form, words, _ in rows("asked_alike") for word in words.split()}


@cache
def idle_words() -> frozenset[str]:
    """Return the words that ask nothing, folded."""
    return frozenset(fold(word) for row in rows("pointing") if row[0] == "idle" for word in row[1].split())


@cache
def alike_stems() -> frozenset[str]:
    """Return every stem that is replaced by another or replaces one."""
    return frozenset(_forms()) | frozenset(_forms().values())


def is_idle(surface: str) -> bool:
    """Tell whether a word asks nothing."""
    return surface in idle_words()


@cache
def idle_stems() -> frozenset[str]:
    """Return the stems of the words that ask nothing."""
    return frozenset(lexeme(word).stem for word in idle_words())


def alike(words: list[Lexeme]) -> list[Lexeme]:
    """Give words that ask the same one stem, and leave out those that ask nothing; no other word is made anew."""
    forms, idle = _forms(), idle_words()
    kept = words if idle.isdisjoint([word.surface for word in words]) else [w for w in words if w.surface not in idle]
    if forms.keys().isdisjoint([word.stem for word in kept]):
        return kept
    return [
        replace(word, stem=form) if (form := forms.get(word.stem, word.stem)) != word.stem else word for word in kept
    ]
