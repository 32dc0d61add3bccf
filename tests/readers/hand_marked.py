"""Pages with questions and answers, written and marked by hand: `html_pages/*.html`.

A file holds many pages. Each begins with `<!-- page NAME -->`; comments `<!-- gold: QUESTION ⇒ ANSWER -->` say what a
person finds in it. Parsers pass over comments, so the marks help nobody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datakit.readers.document import Document, Reading
from datakit.readers.html import read

FOLDER = Path(__file__).parent / "html_pages"
PAGE = re.compile(r"^<!-- page (.*?) -->\n", re.M)
GOLD = re.compile(r"^<!-- gold: (.*?) ⇒ (.*?) -->\n", re.M)

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Marked:
    """A page: its form (the file's name), its own name, its HTML, and the pairs that a person finds."""

    form: str
    name: str
    html: str
    gold: Pairs


def marked_pages() -> Iterator[Marked]:
    """Yield every page."""
    for file in sorted(FOLDER.glob("*.html")):
        parts = PAGE.split(file.read_text(encoding="utf-8"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            gold = [(plain(question), plain(answer)) for question, answer in GOLD.findall(body)]
            yield Marked(file.stem, name, GOLD.sub("", body), gold)


def found_pairs(html: str) -> Pairs:
    """Return what the reader finds in a page."""
    import io

    data = html.encode()
    document = Document(name="a.html", format="html", open=lambda: io.BytesIO(data), size=len(data))
    rows = [row for row in read(document, Reading()) if row.reason is None]
    return [(plain(row.question or ""), plain(row.answer or "")) for row in rows]


def plain(text: str) -> str:
    """Return a text with single spaces, hard ones too."""
    return " ".join(text.replace("\u00a0", " ").split())
