"""Where a page says by its structure what is question and what is answer: JSON-LD, microdata, <details>, <dl>."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from datakit.readers.html_text import Element, Places, fragment_text, text_of
from datakit.readers.json_scan import path_key
from datakit.readers.json_value import Fault, parse
from datakit.readers.row import Row, reject

ASKING_PAGES: Final = (b"FAQPage", b"QAPage", b"Question")


class Pair(NamedTuple):
    """A question and its answer, with the elements they were taken from, so that nothing is read twice."""

    locator: str
    question: str
    answer: str
    elements: tuple[Element, ...] = ()


def json_ld(root: Element, places: Places) -> Iterator[Pair | Row]:
    """Yield the questions of every FAQPage and QAPage in the page's JSON-LD."""
    for script in root.iter("script"):
        if (script.get("type") or "").strip().casefold() != "application/ld+json":
            continue
        data = (script.text or "").encode("utf-8", "replace").strip()
        if not any(name in data for name in ASKING_PAGES):
            continue
        place = places.of(script)
        value = parse(data)
        if isinstance(value, Fault):
            yield reject(place, value.reason, value.detail, data)
            continue
        for path, question in _questions(value, "$"):
            answer = _accepted(question.get("acceptedAnswer")) or _accepted(question.get("suggestedAnswer"))
            name = question.get("name") or question.get("text")
            if not isinstance(name, str):
                continue
            if answer is None:
                detail = "found a question with no acceptedAnswer; expected one with a text; add it to the page"
                yield reject(f"{place} {path}", "no_answer_given", detail, name, question=fragment_text(name))
            else:
                yield Pair(f"{place} {path}", fragment_text(name), fragment_text(answer))


def microdata(root: Element, places: Places) -> Iterator[Pair]:
    """Yield the elements that are marked as a schema.org Question with its Answer."""
    for element in root.iterfind(".//*[@itemtype]"):
        if not element.get("itemtype", "").rstrip("/").endswith("/Question"):
            continue
        name = _property(element, "name", "text")
        given = _property(element, "acceptedAnswer", "suggestedAnswer")
        if name is not None and given is not None and name is not given:
            answers = _properties(given, "text") or [given]
            whole = "\n".join(_said(part) for part in answers)
            yield Pair(places.of(element) + places.span(element), _said(name), whole, (element,))


def details(root: Element, places: Places) -> Iterator[Pair]:
    """Yield <details> whose <summary> asks: the rest of the element answers."""
    for element in root.iter("details"):
        summary = element.find("summary")
        if summary is not None:
            question = text_of(summary)
            lines = text_of(element)
            answer = lines.removeprefix(question).strip("\n")
            if _asks(question) and answer:
                yield Pair(places.of(element) + places.span(element), question, answer, (element,))


def definition_lists(root: Element, places: Places) -> Iterator[Pair]:
    """Yield the <dt> with the <dd> that follow it, of lists in which a term asks."""
    for element in root.iter("dl"):
        terms = [child for group in element for child in (group if group.tag == "div" else (group,))]
        if not any(term.tag == "dt" and _asks(text_of(term)) for term in terms):
            continue
        asked: Element | None = None
        answers: list[Element] = []
        for child in [*terms, None]:
            if child is not None and child.tag == "dd":
                answers.append(child)
                continue
            if asked is not None and answers:
                answer = "\n".join(text_of(part) for part in answers)
                place = places.of(asked) + places.span(asked, answers[-1])
                yield Pair(place, text_of(asked), answer, (element,))
            asked, answers = child, []


def _asks(text: str) -> bool:
    return "?" in text or text.startswith(("प्र.", "प्रश्न"))


def _questions(value: object, path: str) -> Iterator[tuple[str, dict[str, object]]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _questions(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if "Question" in (kinds if isinstance(kinds, list) else [kinds]):
            yield path, value
            return
        for key, item in value.items():
            if isinstance(item, dict | list):
                yield from _questions(item, path + path_key(key))


def _accepted(value: object) -> str | None:
    if isinstance(value, list):
        return _accepted(value[0]) if value else None
    text = value.get("text") if isinstance(value, dict) else value
    return text if isinstance(text, str) and text.strip() else None


def _said(part: Element) -> str:
    """Return the text of a property: of a <meta> its content, else what the page shows."""
    return fragment_text(part.get("content") or "") if part.tag == "meta" else text_of(part)


def _property(element: Element, *names: str) -> Element | None:
    """Return the first element with the first of these names that there is."""
    return next((found for name in names for found in _properties(element, name)), None)


def _properties(element: Element, name: str) -> list[Element]:
    return [found for found in element.iterfind(".//*[@itemprop]") if name in found.get("itemprop", "").split()]
