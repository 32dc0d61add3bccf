"""What the reviewer sees: the page around the card, and the card itself."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup, escape

from datakit.decisions import Decision
from datakit.report.marks import code_points
from datakit.report.templates import environment, words
from datakit.review.original import Original
from datakit.review.session import Session

MOST_POINTS: Final = 600
"""Characters of a text whose code points are listed: some three screens."""
_STATIC: Final = {
    "htmx.min.js": "text/javascript; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FONTS: Final = ("devanagari.woff2", "latin.woff2")
KEYS: Final = {
    "accept": ("a", "Accept"),
    "reject": ("r", "Reject"),
    "edit": ("e", "Edit"),
    "skip": ("s", "Skip"),
    "undo": ("u", "Undo"),
}


def static(name: str) -> tuple[bytes, str] | None:
    """Return a file that ships with the page and its media type; None where there is none of this name."""
    if name in _STATIC:
        return (files("datakit.review") / "static" / name).read_bytes(), _STATIC[name]
    if name in _FONTS:
        return (files("datakit.report") / "fonts" / name).read_bytes(), "font/woff2"
    return None


def page(session: Session, at: int | None, *, editing: bool = False) -> str:
    """Return the whole page with the card at a place, or the overview for None."""
    return _render("page.html.jinja", **_facts(session, at, editing=editing))


def swapped(session: Session, at: int | None, *, editing: bool = False, said: str = "", fault: str = "") -> str:
    """Return what changes after a key: the card, and beside it the state of the buttons and the counts."""
    return _render("swapped.html.jinja", **_facts(session, at, editing=editing, said=said, fault=fault))


def original_text(found: Original) -> str:
    """Return the row as it stands in its source."""
    return _render("original.html.jinja", found=found)


def points(texts: dict[str, str]) -> str:
    """Return every code point of some texts, word by word."""
    named = {
        name: [(word, code_points(word)) for word in text[:MOST_POINTS].split()] for name, text in texts.items() if text
    }
    left = {name: max(0, len(text) - MOST_POINTS) for name, text in texts.items()}
    return _render("points.html.jinja", texts=named, left=left)


def _facts(session: Session, at: int | None, *, editing: bool, said: str = "", fault: str = "") -> dict[str, Any]:
    state = session.log.standing()
    standing = session.standing()
    items = session.queue.items
    item = items[at] if at is not None else None
    decision: Decision | None = standing.get(item.row) if item else None
    decided = {section.name: 0 for section in session.queue.sections}
    for place, one in enumerate(items):
        decided[one.section] += session.settled(place, standing)
    counts = {action: sum(one.action == action for one in standing.values()) for action in ("accept", "reject", "edit")}
    return {
        "queue": session.queue,
        "sections": session.queue.sections,
        "section": next((one for one in session.queue.sections if item and one.name == item.section), None),
        "item": item,
        "at": at,
        "decision": decision,
        "chosen": session.chosen(item, standing) if item else None,
        "contested": next((some for some in state.contested if item and some[0].row == item.row), ()),
        "seen": session.log.last(item.row) if item else (),
        "texts": session.texts(item) if item else ("", ""),
        "editing": editing,
        "trail": session.trail,
        "decided": decided,
        "left": len(items) - sum(decided.values()),
        "first_open": session.next_open(-1, standing) if items else None,
        "counts": counts,
        "stale": session.stale(state),
        "keys": KEYS,
        "said": said,
        "fault": fault,
        "path": session.log.path,
    }


def _render(template: str, **facts: Any) -> str:
    return _environment().get_template(template).render(**facts)


@cache
def _environment() -> Environment:
    made = environment(html=True, package="datakit.review")
    made.filters |= {"value": _value, "words": words}
    return made


def _value(text: object) -> Markup:
    """Return raw text for a quoted attribute or a textarea, where it must stand letter by letter, unlabelled."""
    return escape(str(text))
