"""What happened, under whatever verb: मरण पावले and अखेरचा श्वास घेतला, हरवले and पराभव केला, कोणाच्या पत्नी and पती कोण.

Tables name one happening for many phrases; here they are applied to the words of a question. Answers keep their words.
"""

from dataclasses import replace
from functools import cache
from typing import Final

from datakit.matching.lexemes import Lexeme, fold, lexemes, skeleton, spelt, stem
from datakit.matching.word_tables import rows

_BETWEEN: Final = frozenset({"function", "tense", "question"})
Phrases = dict[tuple[str, ...], dict[str, str]]


@cache
def _phrases() -> Phrases:
    """Stems of each phrase → the stem of its event by the one kind of question it holds in, "" for all."""
    found: Phrases = {}
    for form, phrases, only in rows("events"):
        target = lexemes(form)[0].stem
        kind = "" if only == "-" else skeleton(fold(only))
        for phrase in (form for told in phrases.split("|") for form in _genders(told.strip())):
            stems = tuple(word.stem for word in lexemes(phrase) if word.kind not in _BETWEEN)
            if stems:
                found.setdefault(stems, {})[kind] = target
        found.setdefault((target,), {}).setdefault("", target)
    return found


def _genders(phrase: str) -> tuple[str, ...]:
    """A phrase that ends in a verb, in all genders: मारला, मारली, मारले are not always one to the stemmer."""
    return (phrase, *(phrase[:-2] + ending for ending in ("ली", "ले", "ल्या"))) if phrase.endswith("ला") else (phrase,)


@cache
def _longest() -> int:
    return max(map(len, _phrases()))


@cache
def _heads() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in _phrases())


@cache
def event_stems() -> frozenset[str]:
    """Return every stem that a phrase of an event is made of or replaced by, and those that another word implies."""
    phrases = frozenset(stem for phrase in _phrases() for stem in phrase)
    targets = frozenset(target for by_kind in _phrases().values() for target in by_kind.values())
    relations = frozenset(_inverse()) | frozenset(word.stem for word in _inverse().values())
    named = {_LOST, _WON, _KILLED, _BATTLE, _FELL, _WRITTEN, _APPOINTED, _HELD, _DIED, _HANGED, _MARRIED, _ESCAPED}
    return phrases | targets | relations | named | {_STARTED, _LED, _ARMY} | _COMMANDERS | _PRISONS | _FORTS | _BOOKS


def eventful(words: list[Lexeme], kind: str, grain: str = "") -> list[Lexeme]:
    """Replace each phrase by its event, the longest first; words that carry nothing may stand within a phrase."""
    heads = _heads()
    if heads.isdisjoint([word.stem for word in words]):
        return words + _implied(words, kind, grain)
    found: list[Lexeme] = []
    used: set[int] = set()
    for at, word in enumerate(words):
        if at in used:
            continue
        if word.stem not in heads:  # no phrase begins so
            found.append(word)
            continue
        ahead = [n for n in range(at, min(len(words), at + 2 * _longest())) if words[n].kind not in _BETWEEN]
        ahead = [n for n in ahead if n not in used][: _longest()]
        event = _longest_event(words, ahead, kind) if ahead and ahead[0] == at else None
        if event is None:
            found.append(word)
            continue
        length, target = event
        used |= set(ahead[:length])
        last = words[ahead[length - 1]]
        found.append(Lexeme(word.surface if length == 1 else target, target, last.case, "event", frozenset({"event"})))
    return found + _implied(found, kind, grain)


def _longest_event(words: list[Lexeme], ahead: list[int], kind: str) -> tuple[int, str] | None:
    for length in range(len(ahead), 0, -1):
        targets = _phrases().get(tuple(words[n].stem for n in ahead[:length]))
        if targets and (target := targets.get(kind) or targets.get("")):
            return length, target
    return None


def _implied(words: list[Lexeme], kind: str, grain: str) -> list[Lexeme]:
    """किल्ला घेतला is जिंकला, पद दिले is नेमणूक: a light verb that its object makes an event."""
    events = {word.stem for word in words if word.kind == "event"}
    light = {word.stem for word in words if word.kind == "light"}
    target = ""
    if grain in _PRISONS and not events:
        target = _HELD
    elif kind == "?कधि" and _BECOME in light and not events and _only_names(words):
        target = _APPOINTED  # बाळाजी विश्वनाथ पेशवे कधी झाले
    elif _TAKE in light and any(word.kind == "weak" or "name" in word.roles for word in words) and not events:
        target = _WON if any(word.stem in _FORTS for word in words) else ""
    elif _GIVE in light and any("पद" in word.surface and word.case in ("other", "") for word in words) and not events:
        target = _APPOINTED
    return [Lexeme(target, target, "", "event", frozenset({"event"}))] if target else []


def _only_names(words: list[Lexeme]) -> bool:
    """Nothing but a name and titles: no battle, no treaty, of which it is asked when it happened."""
    content = [word for word in words if word.kind not in (*_BETWEEN, "light", "honorific")]
    return bool(content) and all(word.kind == "name" for word in content)


@cache
def _inverse() -> dict[str, Lexeme]:
    return {lexemes(one)[0].stem: lexemes(other)[0] for one, other in rows("relations")}


def is_relation(word: Lexeme) -> bool:
    """Tell whether a word says how two people are related: वडील, पत्नी, गुरू."""
    return word.stem in _inverse()


def turned(words: list[Lexeme], kind: str) -> tuple[list[Lexeme], str]:
    """Ask the same from the other side: `कोणाच्या पत्नी` as `पती कोण`, `कोणाचा पराभव` as `कोणाला हरवले`."""
    if kind in ("?कधि", "?कोठे"):
        words = [_renamed(word, _DIED) if word.stem in _DEATHS else word for word in words]
    stems = {word.stem for word in words}
    if kind == "?कोणाला" and stems & _HELD_BY:
        kind = "?कोण"  # धुरा कोणाकडे होती, पद कोणाला मिळाले
    elif kind == "?कोणाला" and _MARRIED in stems:
        return [_spouse(word) if word.stem == _MARRIED else word for word in words], "?कोण"
    elif kind == "?कोणाचा" and _APPOINTED in stems:
        kind = "?कोण"  # कोणाची निवड झाली
    if _WON in stems and (_BATTLE in stems or kind == "?कोणाचा"):
        words = [_renamed(word, _LOST) if word.stem == _WON else word for word in words]
        stems, kind = stems - {_WON} | {_LOST}, "?कोण" if kind == "?कोणाचा" else kind
    elif kind == "?कोणाचा" and stems & _SUFFERED:
        kind = "?कोणाला"
    if _FELL in stems and kind == "?कोणाला":
        kind = "?कोण"
    if kind == "?कोणाचा":
        for at, word in enumerate(words):
            if word.stem in _inverse() and word.case == "" and _predicative(words, at):
                other = _inverse()[word.stem]
                return [*words[:at], other, *words[at + 1 :]], "?कोण"
        if any(word.stem in _BOOKS for word in words):
            return [*words, _renamed(words[0], _WRITTEN)], "?कोण"
    return words, kind


def _spouse(word: Lexeme) -> Lexeme:
    """विवाह कोणाशी झाला asks for the husband or the wife."""
    return replace(lexemes("पत्नी")[0], case=word.case)


def implied(words: list[Lexeme], at: int, kind: str) -> bool:
    """Tell whether another word of the question implies this one: the oath an office, captivity an escape."""
    word = words[at]
    if word.stem == _APPOINTED:
        return kind == "?कोण" and any(other.stem in _offices() or "पद" in other.surface for other in words)
    if word.stem == _HELD or word.surface.startswith("छावणी"):
        return any(other.stem == _ESCAPED for other in words)
    if word.stem == _ARMY:
        return any(other.stem in (_LED, *_COMMANDERS) for other in words)  # मराठी फौजेचे नेतृत्व
    if word.stem == _STARTED and kind == "?किति":
        return word.surface.endswith(("लेल्या", "लेली", "लेले"))  # खोदलेल्या लेण्यांची संख्या
    return False


@cache
def _offices() -> frozenset[str]:
    found = (row[1] for row in rows("pointing") if row[0] == "scope")
    return frozenset(word.stem for words in found for word in lexemes(words))


def _predicative(words: list[Lexeme], at: int) -> bool:
    """Nothing that carries meaning follows: `कोणाच्या पत्नी होत्या`, not `कोणाच्या पत्नीने किल्ला लढवला`."""
    return all(word.kind in ("tense", "light", "function", "question") for word in words[at + 1 :])


def _renamed(word: Lexeme, root: str) -> Lexeme:
    return Lexeme(root, root, word.case, "event", frozenset({"event"}))


_LOST, _WON, _KILLED, _BATTLE, _FELL, _WRITTEN, _APPOINTED, _HELD = (
    spelt(word) for word in ("पराभव", "विजय", "वध", "युद्ध", "वीरमरण", "लेखन", "नेमणूक", "कैद")
)
_DIED, _HANGED, _MARRIED, _ESCAPED, _STARTED, _LED = (
    spelt(word) for word in ("मृत्यू", "फाशी", "विवाह", "सुटका", "स्थापना", "नेतृत्व")
)
_ARMY: Final = spelt("सैन्य")
_COMMANDERS: Final = frozenset(spelt(word) for word in ("सेनापती", "सरसेनापती", "सरनौबत"))
_DEATHS: Final = frozenset({_KILLED, _FELL, _HANGED})  # when and where one died is one question, however it was
_HELD_BY: Final = frozenset({_LED, _APPOINTED})
_PRISONS: Final = frozenset(stem(fold(word)) for word in ("तुरुंग", "कारागृह"))
_SUFFERED: Final = frozenset({_LOST, _KILLED})
_TAKE, _GIVE, _BECOME = (spelt(word) for word in ("घेतला", "दिला", "झाला"))
_FORTS: Final = frozenset(stem(fold(word)) for word in ("किल्ला", "गड", "दुर्ग", "शहर", "ठाणे"))
_BOOKS: Final = frozenset(spelt(word) for word in ("ग्रंथ", "काव्य", "नाटक", "कादंबरी", "पोवाडा", "अभंग"))
