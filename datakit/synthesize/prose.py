"""Plain text and Markdown without questions: read by lines, so that a book of any length is never held whole.

Their readers tell such a file by one reject without its text; other formats give the text of each page with it.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from datakit.readers import Input
from datakit.readers.document import Document, Reading
from datakit.readers.encoding import open_text
from datakit.readers.lines import decoded
from datakit.readers.row import Row
from datakit.synthesize.page import PAGE_CHARS, cut

FORMATS: Final = ("text", "markdown")


def passages(source: Input) -> Iterator[tuple[str, str]]:
    """Yield `(locator, text)` of at most a page, ended at an empty line where one stands in its second half."""
    path = source.path
    document = Document(
        name=source.name, format=source.format, open=lambda: path.open("rb"), size=source.size, path=path
    )
    text = open_text(document, Reading())
    held: list[tuple[int, str]] = []
    size = 0
    with closing(text.stream):
        for found in decoded(text, "text"):
            if isinstance(found, Row):
                continue  # its reader has told what is wrong with the line
            number, line = found
            if held and (size + len(line) > PAGE_CHARS or (not line.strip() and size > PAGE_CHARS // 2)):
                yield from _passage(held)
                held, size = [], 0
            held.append((number, line))
            size += len(line) + 1
    yield from _passage(held)


def _passage(held: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    while held and not held[0][1].strip():
        held = held[1:]
    while held and not held[-1][1].strip():
        held = held[:-1]
    if not held:
        return
    place = f"lines {held[0][0]}-{held[-1][0]}"
    pieces = list(cut("\n".join(line for _, line in held)))
    for offset, piece in pieces:
        yield (place if len(pieces) == 1 else f"{place} chars {offset}-{offset + len(piece)}"), piece
