"""Which words of a question one author adds and another leaves out: where it was, of whose it is, what sort of thing.

पुण्याच्या लाल महालात, मालवणजवळील सिंधुदुर्ग, नाशिकचा कलेक्टर जॅक्सन, गुलामगिरी हा ग्रंथ. Never a number, an event, a relation
between people, a period, or a noun that the question is about (रायगडाचा दरवाजा is not रायगड).
"""

from functools import cache
from typing import Final

from datakit.matching.events import is_relation
from datakit.matching.lexemes import Lexeme, lexemes
from datakit.matching.names import is_place
from datakit.matching.word_tables import rows
from datakit.screening.known_words import known_words

ONE_FACT: Final = frozenset({"?कोण", "?कोणाला", "?कोणाचा", "?कोणामध्ये", "?कधि", "?कोठे", "?किति"})
"""Kinds of question with one answer, however much of its setting the question tells."""

_COMMON: Final = 50  # times in the legislature's word list, from which a word is a common noun: महाल 30, समाधी 66
_HERE: Final = frozenset({"येथे", "येथील", "इथे", "इथला", "इथली", "इथले"})
_THIS: Final = frozenset({"हा", "हि", "हे", "या", "ह्या", "ही"})
_WHEN: Final = ("नंतर", "पूर्वी", "वेळी", "आधी")
FINITE: Final = ("ला", "ली", "ले", "ल्या", "तो", "ते", "तात", "वे", "वी", "वला", "वली", "वले")
_INFINITIVES: Final = ("ताना", "ण्यासाठी", "ण्यास", "ण्याकरिता", "ायला", "वायला")
_EMPTY: Final = frozenset({"function", "tense", "question"})
_BOUND: Final = frozenset({"number", "value", "negation", "event"})


@cache
def _listed(what: str) -> frozenset[str]:
    found = (row[1] for row in rows("pointing") if row[0] == what)
    return frozenset(word.stem for words in found for word in lexemes(words))


def scoped(words: list[Lexeme]) -> str:
    """Tell why the answer depends on whose or where: an `office` or superlative, an `ordinal` (पहिली शाळा), or ""."""
    for at, word in enumerate(words):
        beside = word.kind == "honorific" and _titles(words, at)
        if word.stem in _listed("scope") and not beside and not _of_one(words, at):
            return "office"
    return "ordinal" if any(word.kind == "number" for word in words) else ""


def _of_one(words: list[Lexeme], at: int) -> bool:
    """An office beside the name of who held it: आरमाराचे प्रमुख कान्होजी आंग्रे."""
    return words[at].case == "" and at + 1 < len(words) and words[at + 1].kind == "name"


def _titles(words: list[Lexeme], at: int) -> bool:
    beside = [words[n] for n in (at - 1, at + 1) if 0 <= n < len(words)]
    return any(word.kind in ("name", "honorific") or is_specific(word) for word in beside)


def after_it(word: Lexeme) -> bool:
    """Tell whether a word says that the question is about later or earlier: राजाराम महाराजांनंतर."""
    return word.surface.endswith(_WHEN) and word.kind not in _EMPTY


def leeway(words: list[Lexeme], at: int, kind: str, case: str, narrow: str) -> str:
    """Return in what way the word at `at` only adds to a question that is the same without it, or "": in none.

    Ways: `doers`, `setting`, `slight`. `case`: of the word or of what carries it; `narrow`: what `scoped` says.
    """
    word = words[at]
    if kind not in ONE_FACT or word.stem in _listed("period") or after_it(word):
        return ""
    after = _after(words, at)
    if word.kind == "event" and case in ("loc", "abl") and any(other.kind == "event" for other in _others(words, at)):
        return "setting"  # कैदेतून सुटका
    if is_relation(word):
        return "slight" if case == "" and after and after[0].kind == "name" else ""  # पत्नी सईबाई
    if word.surface.endswith("खाली") or (case == "gen" and after and after[0].surface.endswith("नेतृत्वाखाली")):
        return "doers" if kind in ("?कधि", "?कोठे") else ""
    if "time" in word.roles and at and words[at - 1].kind == "number":
        return "slight"  # १९०८ साली
    if at and words[at - 1].surface in _THIS and word.kind in ("word", "weak") and not is_specific(word):
        return "slight"  # गुलामगिरी या ग्रंथाचे
    if _within_a_name(words, at):
        return "slight"
    if is_last_verb(words, at):
        return "slight"
    if word.kind in _BOUND or (after and (after[0].stem in _listed("period") or after_it(after[0]))):
        return ""
    if _between(words, at):
        return "setting" if kind in ("?कधि", "?कोठे") else ""
    if _located(words, at, case):
        fixed = narrow == "ordinal" and any(
            is_specific(other) and not is_place(other.stem) for other in _others(words, at)
        )
        return "setting" if (fixed or not narrow) and kind != "?किति" else ""
    if case == "agent":
        return "doers" if kind != "?कोण" else ""
    if case == "gen" and kind == "?कधि" and after and after[0].case == "loc" and is_specific(word):
        return "setting"  # श्रीरंगपट्टणच्या लढाईत
    if case == "gen":
        named = bool(after) and (
            is_specific(after[0]) or (len(after) > 1 and after[0].case == "" and after[1].kind == "name")
        )
        return "setting" if named or (not narrow and _names_something(after)) else ""
    if word.kind == "name":
        return ""
    if "करण" in word.surface:
        return ""  # विलीनीकरण: what happened
    if case in ("for", "about", "by", "with", "verb") or word.surface.endswith(_INFINITIVES):
        return "slight"
    return "slight" if case == "" and _beside_a_name(words, at, after) else ""


def _within_a_name(words: list[Lexeme], at: int) -> bool:
    """A given or father's name of a name in full, of three words or more: वासुदेव बळवंत फडके; the last word stays."""

    def bare(n: int) -> bool:
        return 0 <= n < len(words) and words[n].case == "" and _is_part(words[n])

    if not bare(at) or at + 1 == len(words) or not _is_part(words[at + 1]):
        return False
    start = at
    while bare(start - 1):
        start -= 1
    end = at
    while bare(end) and end + 1 < len(words) and _is_part(words[end + 1]):
        end += 1
    return end - start >= 2 and at < end


def _is_part(word: Lexeme) -> bool:
    return "alias" not in word.roles and "number" not in word.roles and is_specific(word) and not is_place(word.stem)


def is_last_verb(words: list[Lexeme], at: int) -> bool:
    """Tell whether a word is a finite verb at the end that no table knows; the ला of लावला is no dative."""
    word = words[at]
    plain = word.kind == "word" and ends_as_verb(word.surface) and not is_place(word.stem)
    return plain and _last(_after(words, at))


def ends_as_verb(surface: str) -> bool:
    """Tell whether a word ends as finite verbs do; many nouns in a case do so too."""
    return surface.endswith(FINITE)


def _last(after: list[Lexeme]) -> bool:
    return all(later.kind == "light" for later in after)


def _others(words: list[Lexeme], at: int) -> list[Lexeme]:
    return words[:at] + words[at + 1 :]


def _between(words: list[Lexeme], at: int) -> bool:
    """One of two sides: मराठे आणि निजाम यांच्यातील लढाई."""
    for word in words[at + 1 : at + 5]:
        if word.surface.startswith(("यांच्यात", "यांच्याम", "दरम्यान")):
            return words[at].kind == "name" or is_specific(words[at])
        if word.kind not in ("name", "function", "honorific"):
            return False
    return False


def _after(words: list[Lexeme], at: int) -> list[Lexeme]:
    after = [word for word in words[at + 1 :] if word.kind not in _EMPTY]
    return after[1:] if after and after[0].kind == "honorific" and words[at].case == "" else after


def _located(words: list[Lexeme], at: int, case: str) -> bool:
    follows = words[at + 1] if at + 1 < len(words) else None
    if case in ("loc", "abl") or (follows is not None and follows.surface in _HERE):
        return True
    return (case == "dat" and is_place(words[at].stem)) or (case == "other" and "जवळ" in words[at].surface)


def _names_something(after: list[Lexeme]) -> bool:
    """The thing of which it is has a name of its own: पेशव्यांचा शनिवारवाडा, पुण्याचा लाल महाल; not रायगडाचा दरवाजा."""
    if not after:
        return False
    if is_specific(after[0]) or after[0].stem in _listed("spot"):
        return True
    return after[0].case == "" and len(after) > 1 and is_specific(after[1])


def is_specific(word: Lexeme) -> bool:
    """Tell whether a word names one thing: a name, or no common noun of Marathi as far as the word list knows."""
    if word.kind == "name":
        return True
    if word.kind != "word" or "word" in word.roles or word.stem in _unnamed():
        return False
    common = _common()
    return word.surface not in common and word.stem not in common and word.stem + "ा" not in common


@cache
def _common() -> frozenset[str]:
    return frozenset(word for word, count in known_words().items() if count >= _COMMON)


@cache
def _unnamed() -> frozenset[str]:
    return _listed("generic") | _listed("title") | _listed("scope") | _listed("spot")


def _beside_a_name(words: list[Lexeme], at: int, after: list[Lexeme]) -> bool:
    """The sort of thing beside its name (कलेक्टर जॅक्सन, हा ग्रंथ), or a finite verb at the end that no table knows."""
    word = words[at]
    if at and words[at - 1].surface in _THIS:
        return True
    if _last(after):
        return False
    if word.stem in _listed("title") or after[0].stem in _listed("title"):
        return any(is_specific(later) for later in after[:2])
    return after[0].kind == "name" and not is_specific(word) and word.stem not in _listed("generic")
