"""One name for one person or place: the aliases table, applied to the words of a text."""

from functools import cache

from datakit.matching.lexemes import Lexeme, fold, is_place_name, lexemes, stem
from datakit.matching.word_tables import rows


@cache
def _aliases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Stems of each alias → stems of the form; titles count here, लोकमान्य टिळक is not any टिळक."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for form, phrases in rows("aliases"):
        target = tuple(word.stem for word in lexemes(form))
        for phrase in (*phrases.split("|"), form):
            found[tuple(word.stem for word in lexemes(phrase))] = target
    return found


@cache
def _alone() -> dict[str, tuple[str, ...]]:
    """Stem of a family name → the one person it means where it stands alone."""
    return {lexemes(name)[0].stem: tuple(word.stem for word in lexemes(form)) for form, name in rows("surnames")}


@cache
def alias_stems() -> frozenset[str]:
    """Return every stem that an alias is made of, or is replaced by."""
    found = [*_aliases(), *_aliases().values(), *_alone().values()]
    return frozenset(_alone()).union(*found)


def replaced_by(stems: frozenset[str]) -> frozenset[str]:
    """Return the stems of the aliases whose form holds one of some stems: सदस्यसंख्या, which is सदस्य संख्या."""
    found = [alias for alias, form in _aliases().items() if not stems.isdisjoint(form)]
    alone = [name for name, form in _alone().items() if not stems.isdisjoint(form)]
    return frozenset(alone).union(*found)


@cache
def _longest() -> int:
    return max(len(alias) for alias in _aliases())


@cache
def _heads() -> frozenset[str]:
    """First stems of aliases, and the family names that stand for one person."""
    return frozenset(alias[0] for alias in _aliases() if alias) | frozenset(_alone())


def canonical(words: list[Lexeme]) -> list[Lexeme]:
    """Replace each alias by the words of its form; the longest alias wins. Other words stay the objects they are."""
    heads = _heads()
    if heads.isdisjoint([word.stem for word in words]):  # as most texts are
        return words
    found: list[Lexeme] = []
    at = 0
    while at < len(words):
        if words[at].stem not in heads:  # no alias begins so
            found.append(words[at])
            at += 1
            continue
        for length in range(min(_longest(), len(words) - at), 0, -1):
            form = _aliases().get(tuple(word.stem for word in words[at : at + length]))
            if form is None and length == 1 and _stands_alone(words, at):
                form = _alone().get(words[at].stem)
            if form is not None:
                case = words[at + length - 1].case
                found += [Lexeme(part, part, case, "name", frozenset({"name", "alias"})) for part in form]
                at += length
                break
        else:
            found.append(words[at])
            at += 1
    return found


def _stands_alone(words: list[Lexeme], at: int) -> bool:
    """No given name before it: रमाबाई आंबेडकर is another person than डॉ. आंबेडकर; ग्रंथ, a word of a table, is none."""
    before = words[at - 1] if at else None
    return before is None or before.case != "" or before.kind not in ("name", "word") or "word" in before.roles


@cache
def _within() -> dict[str, frozenset[str]]:
    """Stem of a place → stems of the larger places it lies in."""
    found: dict[str, frozenset[str]] = {}
    for place, larger in rows("places"):
        for word in canonical(lexemes(place)):
            found[word.stem] = frozenset(stem(fold(name)) for name in larger.split())
    return found


def lies_in(place: str, larger: str) -> bool:
    """Tell whether the table says that one place, by stem, lies in the other: शिवनेरी in जुन्नर, पुणे, महाराष्ट्र."""
    return larger in _within().get(place, frozenset())


@cache
def _places() -> frozenset[str]:
    return frozenset(_within()) | frozenset(larger for names in _within().values() for larger in names)


def is_place(root: str) -> bool:
    """Tell whether a stem is a place of the table or ends as names of places do."""
    return root in _places() or is_place_name(root)
