"""What a question asks, free of how it asks: its kind (who, when, where …) and the words that say about what.

छत्रपती शिवाजी महाराजांचा जन्म कोणत्या साली झाला?   →  ?कधी  {शिवाजी, जन्म}
शिवाजी महाराजांचे जन्मवर्ष कोणते?                    →  ?कधी  {शिवाजी, जन्म}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from datakit.matching.asked_alike import alike, alike_stems
from datakit.matching.events import eventful, implied, turned
from datakit.matching.leeway import ONE_FACT, after_it, is_last_verb, is_specific, leeway, scoped
from datakit.matching.lexemes import Lexeme, fold, lexeme, lexemes, plural_free, skeleton, spelt, split, stem
from datakit.matching.names import canonical, replaced_by
from datakit.matching.parsed_words import learn
from datakit.matching.word_tables import rows

ACCOUNT: Final = "?वर्णन"
"""The kind of a question that asks for an account: `वर्णन करा`, or without any question word."""
MAX_WORDS: Final = 40  # a longer question is a passage or a list of questions; exam questions have 5 to 15
MAX_CHARS: Final = 600  # no 40 words are longer: spares splitting the passages
_DROPPED: Final = frozenset({"function", "tense", "light", "filler", "question"})
_OPEN: Final = frozenset(skeleton(fold(word)) for word in ("?का", "?कसे", "?यादी"))
_POINTING: Final = frozenset(fold(word) for row in rows("pointing") if row[0] == "options" for word in row[1].split())
_PRONOUNS: Final = frozenset(fold(word) for row in rows("pointing") if row[0] == "pronoun" for word in row[1].split())
_FINE_GRAINS: Final = frozenset(
    stem(fold(word)) for word in ["किल्ला", "गड", "शहर", "गाव", "तुरुंग", "कारागृह", "मंदिर", "वाडा", "महाल", "भाग", "खिंड"]
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The form of a question: `kind`, `words` as stems, `grain` (sort of place), `given` all it mentions."""

    kind: str
    words: frozenset[str]
    grain: str
    given: frozenset[str]
    tenses: frozenset[str]
    by_whom: frozenset[str]  # stems in the agent case
    to_whom: frozenset[str]  # stems in the dative case
    leans_on_context: bool  # a pronoun stands for what only the context says
    doers: frozenset[str]  # by whom it was done, where that is not asked: one author says it, another does not
    setting: frozenset[str]  # where it was and whose it is, in the same way
    slight: frozenset[str]  # sorts of things beside their names, titles, मूळ, verbs at the end
    specific: frozenset[str]  # words that name one thing: enough to meet on by themselves
    framing: frozenset[str]  # words that never tell two questions apart: पद, मुख्य, भारत


@cache
def _compounds() -> dict[str, tuple[str, str]]:
    return {stem(fold(row[0])): (lexemes(row[1])[0].stem, skeleton(fold(row[2]))) for row in rows("compounds")}


@cache
def turning_stems() -> frozenset[str]:
    """Return the stems that ask for more than an account: जन्मवर्ष asks when, नाव who, संख्या how many."""
    turning = frozenset(_compounds()) | {_NAME, _COUNT}
    turning |= replaced_by(turning)
    return turning | frozenset(stem for stem in alike_stems() if alike([_bare(stem)])[0].stem in turning)


@cache
def passing_stems() -> frozenset[str]:
    """Return the stems that two questions need not share, or that no question keeps."""
    made = frozenset(stem for stem, _ in _compounds().values())
    dropped = frozenset(lexeme(word).stem for word in _OF_THEM)
    return turning_stems() | made | dropped | _listed("frame") | _listed("optional") | _MOVES | {_DEATH}


def _bare(root: str) -> Lexeme:
    return Lexeme(root, root, "", "word", frozenset())


def asked(text: str | None) -> Asked | None:
    """Return the form of a question, or None where two rows of this form need not have one answer.

    None: no words, more than 40, a choice among options that are not there, a list, two questions in one.
    """
    return _asked(_words(text))


def asked_each(texts: Iterable[str | None]) -> list[Asked | None]:
    """Return the form of each of many questions, whose words are parsed together; equal ones have one form."""
    every = list(texts)
    words = {text: _words(text) for text in every}
    learn(word for found in words.values() for word in found)
    forms = {text: _asked(found) for text, found in words.items()}
    return [forms[text] for text in every]


def _words(text: str | None) -> list[str]:
    """Split a question that may have a form; before words are looked up, as most long questions end here."""
    found = split(text) if text and len(text) <= MAX_CHARS else []
    return found if len(found) <= MAX_WORDS else []


def _asked(found: list[str]) -> Asked | None:
    if not found:
        return None
    words = [lexeme(word) for word in found]
    surfaces = [word.surface for word in words]
    if not _POINTING.isdisjoint(surfaces):
        return None
    asking = [word.stem for word in words if word.kind == "question"]
    kinds = {_KIND.get(stem, stem) for stem in asking}
    twice = len(asking) > 1 and any(a.kind == "question" and a.stem == b.stem for a, b in pairwise(words))
    if "?यादि" in kinds or twice:
        return None  # कोण कोण होते asks for a list
    named = alike(canonical(words))
    kind, grain, rest = _kind(named, kinds)
    if kind is None:
        return None
    rest, kind = turned(eventful(rest, kind, grain), kind)
    rest = alike(rest)
    happened = any(word.kind == "event" for word in rest)

    narrow: str | None = None
    content: set[str] = set()
    added: dict[str, set[str]] = {"doers": set(), "setting": set(), "slight": set()}
    specific: set[str] = set()
    framing: set[str] = set()
    compounds, frame, optional = _compounds(), _listed("frame"), _listed("optional")
    for number, word in enumerate(rest):
        compound = compounds.get(word.stem)
        if word.surface in _OF_THEM or _is_title(rest, number) or implied(rest, number, kind):
            continue
        if happened and (word.stem in _MOVES or is_last_verb(rest, number)):
            continue  # मृत्यू आला, शिक्षा भोगली: the event says what happened
        if compound is not None and kind in ("?कोण", "?काय", "?कोणता", ACCOUNT, compound[1]):
            content.add(compound[0])
            if compound[0] in frame:
                framing.add(compound[0])
            kind = compound[1]
        elif word.stem in _MOVES and number and rest[number - 1].kind == "question":
            content.add(word.stem)
            added["slight"].add(word.stem)  # इंग्रज कधी आले, कधी गेले; not the auxiliary of मारले गेले
        elif word.kind not in _DROPPED and not (word.stem == _DEATH and after_it(word)):
            root = plural_free(word.stem, word.kind)
            case = _case(rest, number) if kind in ONE_FACT else ""  # nothing is aside, and of no word is there leeway
            content.add(root)
            if word.stem in frame:
                framing.add(root)
            elif case in _ASIDE.get(kind, ()):
                added["doers"].add(root)
            elif word.kind in ("weak", "honorific") or (word.stem in optional and word.kind != "event"):
                added["slight"].add(root)
            elif kind in ONE_FACT:
                narrow = scoped(rest) if narrow is None else narrow
                added.get(leeway(rest, number, kind, case, narrow), set()).add(root)
            if is_specific(word):
                specific.add(root)
    if "राजधान" in content and kind == "?कोठे":
        kind = "?कोण"
    if kind in ("?कोणता", "?काय") and (kind == "?कोणता" or any(word.stem == _NAME for word in words)):
        kind = "?कोण"  # `गुरू कोण`, `गुरूचे नाव काय` and `गुरू कोणते` have one answer
    if any(after_it(word) for word in rest):
        content.add(_AFTER)
    content -= {_NAME, _COUNT} if kind == "?किति" else {_NAME}
    return (
        Asked(
            kind,
            frozenset(content),
            grain,
            frozenset([word.stem for word in words]).union([word.stem for word in named], content),
            frozenset([word.stem for word in words if word.kind == "tense"]),
            frozenset([word.stem for word in named if word.case == "agent"]),
            frozenset([word.stem for word in named if word.case == "dat"]),
            not _PRONOUNS.isdisjoint(surfaces),
            frozenset(added["doers"]),
            frozenset(added["setting"]),
            frozenset(added["slight"]),
            frozenset(specific),
            frozenset(framing),
        )
        if content
        else None
    )


_ASIDE: Final = {"?कधि": ("agent", "abl"), "?कोठे": ("agent",), "?कोण": ("abl",)}
"""Cases that one author adds: गांधीजींनी मिठाचा सत्याग्रह कधी केला, किल्ला पोर्तुगिजांकडून कोणी घेतला."""


@cache
def _listed(what: str) -> frozenset[str]:
    """Stems of a row of the table: `optional`, genres beside a name (वृत्तपत्र beside केसरी), or `frame`."""
    found = (row[1] for row in rows("pointing") if row[0] == what)
    return frozenset(word.stem for words in found for word in lexemes(words))


_OF_THEM: Final = frozenset(
    pronoun + ending
    for pronoun in ("यांच्या", "त्यांच्या", "याच्या", "त्याच्या", "हिच्या", "तिच्या")
    for ending in ("नंतर", "पूर्वी", "कडून", "कडे", "साठी", "बद्दल", "विषयी", "मुळे", "बरोबर", "सोबत")
)
_MOVES: Final = frozenset(stem(fold(word)) for word in ("आले", "गेले"))
_SPANS: Final = frozenset(stem(fold(word)) for word in ("वर्ष", "वर्षी", "दिवस", "काळ"))
_NAME: Final = stem(fold("नाव"))
_KIND: Final = {"?कसे": "?कसे"}


def _kind(words: list[Lexeme], kinds: set[str]) -> tuple[str | None, str, list[Lexeme]]:
    """Find the kind; `कोणत्या साली` and `कोणत्या ठिकाणी` are कधी and कोठे, and the noun goes with them."""
    if len(kinds) > 1:
        return None, "", words
    if not kinds:
        return _told_to(words), "", [word for word in words if "time" not in word.roles]  # लढाईचे वर्ष सांगा
    kind = next(iter(kinds))
    if kind == "?कोणाला" and any(word.stem in _CALLED for word in words):
        return "?कोण", "", [word for word in words if word.stem not in _CALLED]  # जनक कोणाला म्हणतात is जनक कोण
    if kind == "?कोणाचा" and any(word.stem in _BY_WHOM for word in words):
        return "?कोण", "", [word for word in words if word.stem not in _HANDS]  # कोणाच्या हस्ते, कोणाच्या नेतृत्वाखाली
    if kind not in ("?कोणता", "?काय", "?किति"):
        return kind, "", words
    at = next(number for number, word in enumerate(words) if word.kind == "question")
    for near in (at + 1, at - 1):
        if not 0 <= near < len(words):
            continue
        roles = words[near].roles
        if kind == "?किति" and words[near].stem in _SPANS:
            return kind, "", [word for number, word in enumerate(words) if number != near]  # किती वर्षे is no date
        if "time" in roles:
            return "?कधि", "", [word for number, word in enumerate(words) if number != near]
        if kind == "?किति":
            continue
        if "place" in roles and (near > at or words[near].stem == _PLACE):
            grain = "" if words[near].stem in _ANY_PLACE else words[near].stem.removesuffix("ि")
            last = all(word.kind in ("tense", "light", "function") for word in words[near + 1 :])
            located = (
                words[near].case in ("loc", "abl", "till")
                or words[near].stem in _ANY_PLACE
                or words[near].surface in _LOCATIVES
                or (words[near].case == "gen" and last and near > at)  # मूळचे कोणत्या गावचे
                or words[near].surface.endswith(_NEARBY)  # कोणत्या शहराजवळ
            )
            if located:
                return "?कोठे", grain, [word for number, word in enumerate(words) if number != near]
        if near > at and ("person" in roles or (words[near].case == "agent" and words[near].kind == "word")):
            whom = "?कोणाला" if words[near].case == "dat" else "?कोण"
            return whom, "", [word for number, word in enumerate(words) if number != near]
        if kind == "?कोणता" and near > at and _sort_of_doer(words[near : near + 2]):
            return "?कोण", "", [word for number, word in enumerate(words) if number not in (near, near + 1)]
    return kind, "", words


def _sort_of_doer(words: list[Lexeme]) -> bool:
    """कोणत्या इंग्रज अधिकाऱ्याने is कोणी."""
    return len(words) == 2 and words[0].case == "" and words[1].kind == "word" and words[1].case == "agent"


def _told_to(words: list[Lexeme]) -> str:
    """The kind of a question in the imperative: `नाव सांगा`, `वर्ष लिहा`, `संख्या सांगा`; all else asks for an account."""
    last = next((word for word in reversed(words) if word.kind not in ("function", "light", "tense")), None)
    if last is None:
        return ACCOUNT
    if "time" in last.roles:
        return "?कधि"
    return {_NAME: "?कोण", _COUNT: "?किति"}.get(last.stem, ACCOUNT)


_CALLED: Final = frozenset(spelt(word) for word in ("म्हणतात", "मानत", "मानतात", "समजतात", "संबोधतात"))
_AFTER: Final = "@नंतर"
_DEATH: Final = spelt("मृत्यू")
_HANDS: Final = frozenset(
    spelt(word) for word in ("हस्ते", "देखरेखीखाली", "मार्गदर्शनाखाली", "पुढाकाराने", "प्रेरणेने", "प्रयत्नांमुळे")
)
_BY_WHOM: Final = _HANDS | {stem(fold("नेतृत्वाखाली"))}
_COUNT: Final = stem(fold("संख्या"))
_PLACE: Final = stem(fold("ठिकाण"))
_LOCATIVES: Final = frozenset(fold(word) for word in ("गावी", "शहरी", "नगरी", "किनारी"))
_NEARBY: Final = ("जवळ", "खाली", "समोर", "शेजारी")
_ANY_PLACE: Final = frozenset(stem(fold(word)) for word in ("ठिकाण", "ठिकाणी", "स्थळ", "स्थळी", "जागा"))


def _case(words: list[Lexeme], at: int) -> str:
    """The case of a word, or of the title or pronoun that carries it: शिवाजी महाराजांनी, भाऊराव पाटील यांनी.

    A given name only takes the agent case from the family name behind it: whose it is, is said of the whole name.
    """
    if words[at].case or at + 1 == len(words):
        return words[at].case
    after = words[at + 1 :]
    if after[0].kind == "honorific" and after[0].case:
        return after[0].case
    if after[0].kind == "honorific":
        after = after[1:]
    direct = _carried(after)
    if direct or not (words[at].kind == "name" or is_specific(words[at])):
        return direct
    for number, word in enumerate(after[:2]):
        alias = "alias" in word.roles and "alias" in words[at].roles  # one person: महात्मा फुले यांचा
        if alias and (found := word.case or _carried(after[number + 1 :])):
            return found
        if word.kind not in ("name", "word", "value") or (word.case and word.case != "agent"):
            return ""
        if "agent" in (word.case, _carried(after[number + 1 :])):
            return "agent" if word.kind == "name" or is_specific(word) or not word.case else ""
    return ""


def _carried(after: list[Lexeme]) -> str:
    found = after[0].surface if after and after[0].kind == "function" else ""
    if not found.startswith(_CARRYING):
        return ""
    return next((case for form, case in _CARRIERS if found.startswith(form)), "")


_CARRIERS: Final = (
    ("यांच्यात", "loc"), ("यांच्याम", "loc"), ("यांनी", "agent"), ("याने", "agent"), ("हिने", "agent"),
    ("यांना", "dat"), ("याला", "dat"), ("यांच", "gen"), ("याच", "gen"), ("हिच", "gen"),
)  # fmt: skip
_CARRYING: Final = tuple(form for form, _ in _CARRIERS)


def _is_title(words: list[Lexeme], at: int) -> bool:
    """A title or a kind of place beside its name: शिवाजी महाराज, रायगड किल्ला; not the पेशवा of पहिला पेशवा कोण."""
    word = words[at]
    if word.kind not in ("honorific", "weak"):
        return False
    before = next((w for w in reversed(words[:at]) if w.kind != "function"), None)
    after = words[at + 1] if at + 1 < len(words) else None
    if before is not None and before.case == "" and before.kind in ("name", "honorific"):
        return True
    return (
        word.kind == "honorific"
        and word.case == ""
        and after is not None
        and after.kind in ("name", "honorific", "word")
    )


def comparable(one: Asked, two: Asked) -> bool:
    """Tell whether two questions may be held against each other: one kind, the words of one among those of the other.

    Not where a word too many is a number, an event or a name that is no mere setting, where each names something that
    the other does not, where one asks what is and the other what was, where doer and done-to change places, or where
    the sort of place differs (the fort, the district).
    """
    if one.kind != two.kind:
        return False
    framing = one.framing | two.framing
    extra, other = one.words - two.words - framing, two.words - one.words - framing
    if extra - one.doers - one.setting - one.slight or other - two.doers - two.setting - two.slight:
        return False  # most pairs end here
    if _sorts(extra, one) & _sorts(other, two):
        return False
    shared = (one.words & two.words) - framing
    if (extra & one.doers or other & two.doers) and one.kind not in _ASIDE and len(shared) < _PLENTY:
        return False
    slight = extra <= one.slight and other <= two.slight
    if not slight and len(shared) < _ENOUGH and not shared & one.specific & two.specific:
        return False
    if one.tenses and two.tenses and not one.tenses & two.tenses:
        return False
    if (one.by_whom & two.to_whom) or (two.by_whom & one.to_whom):
        return False
    grains = {one.grain, two.grain}
    return len(grains) == 1 or grains - {""} <= _FINE_GRAINS


def _sorts(words: frozenset[str], asked: Asked) -> set[str]:
    """In what ways the words that the other question lacks are added to this one."""
    ways = (("doers", asked.doers), ("setting", asked.setting), ("slight", asked.slight))
    return {name for name, part in ways if words & part}


_PLENTY: Final = 4  # words in common that say what it is about without who did it: पुरंदरच्या तहात मुघलांना किती किल्ले
_ENOUGH: Final = 2  # words in common; one by itself (किल्ला, राजा) is no subject unless it is a name
