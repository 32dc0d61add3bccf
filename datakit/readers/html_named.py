"""Questions and answers that the page's own class names call so: `faq-question` with its `faq-answer`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from datakit.readers.html_names import Role, is_note, letters_of, names, role, words
from datakit.readers.html_text import Element, leaves
from datakit.readers.markers import asks

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

QUESTION_CHARS: Final = 1500
"""A longer text is what surrounds a question; the longest of 1,592 exam questions with its statements has 1,034."""

CHOSEN: Final = frozenset({"accepted", "selected", "best", "chosen"})
"""How a forum marks the reply that its asker took."""


@dataclass(frozen=True)
class Named:
    """The parts of a page that are questions and answers by name, and the notes inside them that are neither."""

    roles: dict[Element, Role]
    notes: frozenset[Element]

    def of(self, element: Element) -> tuple[Element, Role] | None:
        """Return the named part that an element stands in, and what it is."""
        for above in (element, *element.iterancestors()):
            if above in self.roles:
                return above, self.roles[above]
        return None


def named_parts(root: Element, taken: frozenset[Element], options: frozenset[Element]) -> Named:
    """Return the questions that an answer follows before the next question; a name alone makes no pair.

    `taken` are elements read already, `options` those of a list to choose from, which classes call answers too.
    """
    letters = letters_of(root)
    called: dict[Element, Role] = {}
    for element in root.iterfind(".//*[@class]"):
        if any(above in taken or above in options for above in (element, *element.iterancestors())):
            continue
        if (found := role(element, letters)) is not None:
            called[element] = found
    parts = [(element, kind) for element, kind in _parts(called, options) if next(leaves(element), None) is not None]
    roles: dict[Element, Role] = {}
    notes: set[Element] = set()
    asked: Element | None = None
    for element, kind in parts:
        if kind == "question":
            asked = element
        elif asked is not None:
            title = _title(asked)
            roles[title], roles[element] = "question", "answer"
            notes.update(_beside(asked, title), _notes(title), _notes(element))
            asked = None
    notes.update(_other_replies(called, roles))
    return Named(roles, frozenset(notes))


def _parts(called: dict[Element, Role], options: frozenset[Element]) -> Iterator[tuple[Element, Role]]:
    """Yield the elements that are a question or an answer and no wrapper of both, in the order of the page."""
    wraps: set[Element] = set()  # questions that hold an answer or options: cards, sections
    for element in (*(found for found, kind in called.items() if kind == "answer"), *options):
        wraps.update(above for above in element.iterancestors() if called.get(above) == "question")
    inside: set[Element] = set()
    for element, kind in called.items():
        if element in wraps or any(above in inside for above in element.iterancestors()):
            continue
        if kind == "answer":
            element = _innermost(element, called)
            inside.update(above for above in element.iterancestors() if called.get(above) == "answer")
        elif len("".join(element.itertext())) > QUESTION_CHARS:
            continue
        inside.add(element)
        yield element, kind


def _innermost(element: Element, called: dict[Element, Role]) -> Element:
    """Return the reply inside its wrappers: the one below, or the first of several, or the one that was chosen."""
    while True:
        below = [found for found in element.iterdescendants() if called.get(found) == "answer"]
        outer = [found for found in below if not any(above in below for above in found.iterancestors())]
        if not outer:
            return element
        chosen = [found for found in outer if CHOSEN.intersection(_class_words(found))]
        if len(outer) > 1 and not chosen and "list" not in _class_words(element):
            return element
        element = (chosen or outer)[0]


def _other_replies(called: dict[Element, Role], roles: dict[Element, Role]) -> Iterator[Element]:
    """Yield the replies of a list that were not taken: they belong to no question."""
    around = {above for element, kind in roles.items() if kind == "answer" for above in element.iterancestors()}
    for element, kind in called.items():
        if kind == "answer" and element not in roles and element not in around and element.getparent() in around:
            listed = any(called.get(above) == "answer" and above in around for above in element.iterancestors())
            if listed:
                yield element


def _title(asked: Element) -> Element:
    """Return the heading of a question that has one above what was written about it."""
    return next((found for found in asked.iter(*HEADINGS) if asks(_text(found))), asked)


def _beside(asked: Element, title: Element) -> Iterator[Element]:
    """Yield what stands in a question beside its heading."""
    if title is asked:
        return
    around = {title, *title.iterancestors()}
    for element in asked.iter():
        if element not in around and element.getparent() in around and asked in (element, *element.iterancestors()):
            yield element


def _notes(part: Element) -> Iterator[Element]:
    return (found for found in part.iterdescendants() if isinstance(found.tag, str) and is_note(found, beside=True))


def _class_words(element: Element) -> set[str]:
    return {word for name in names(element) for word in words(name)}


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
