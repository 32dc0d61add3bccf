"""Text in which nothing is asked: a document, told as rejects with its text as context, in pieces of about a page."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from datakit.readers.blocks import Blocks, Line, line_range
from datakit.readers.row import Row, reject

DETAIL = (
    "found text with no question and answer; expected प्र./उ., प्रश्न:/उत्तर:, Q:/A:, or a heading that asks; "
    "mark the pairs, or have questions made from it by `datakit synthesize`; its text is in the context"
)

PIECE_CHARS: Final = 3_000
"""About a printed page, which has 1,800 to 2,800 characters in Marathi: as much as questions are later made from."""

MIN_CHARS: Final = 200
"""A shorter text beside questions is a title, a name or an instruction, no document."""

MAX_HELD_CHARS: Final = 1_000_000
"""More text than this is given before it is known whether its numbered lines ask something."""


def passage_row(locator: str, text: str, meta: str | None = None, *, detail: str = DETAIL) -> Row:
    """Build the reject of a text in which nothing is asked; the whole text is its context."""
    return reject(locator, "no_question_answer_pairs", detail, text, context=text, meta=meta)


@dataclass
class Prose:
    """The lines that no question takes, while a text is read. `feed` gives what the blocks give, and passages.

    Until the first pair all lines are kept back, since a numbered list may turn out to be questions or text; after it
    only those between the questions.
    """

    blocks: Blocks
    _lines: list[tuple[int, str]] = field(default_factory=list)
    _chars: int = 0
    _sure: int | None = None  # how many of the lines stand before anything that may ask

    def feed(self, line: Line) -> Iterator[Row]:
        """Take the next line."""
        rows, busy = self.blocks.rows, self.blocks.busy
        found = list(self.blocks.feed(line))
        # A heading ends what was open and belongs to the text below it.
        asking = self.blocks.busy or ((busy or self.blocks.rows > rows) and not line.heading)
        if not rows and self.blocks.rows:
            yield from self._passages(self._lines[: self._sure], at_least=MIN_CHARS)
            self._clear()
        yield from found
        if self.blocks.rows:
            yield from self._between(line, asking=asking)
        else:
            yield from self._before(line, asking=asking)

    def finish(self) -> Iterator[Row]:
        """Give what is still open, and the text at the end."""
        rows = self.blocks.rows
        found = list(self.blocks.finish())
        if self.blocks.rows and not rows:
            yield from self._passages(self._lines[: self._sure], at_least=MIN_CHARS)
        else:
            yield from self._passages(self._lines, at_least=MIN_CHARS if self.blocks.rows else 1)
        self._clear()
        yield from found

    def _before(self, line: Line, *, asking: bool) -> Iterator[Row]:
        if asking and self._sure is None:
            self._sure = len(self._lines)
        self._lines.append((line.number, line.text))
        self._chars += len(line.text)
        ended = self._sure is None and self._chars > PIECE_CHARS and not line.text.strip()
        if ended or self._chars > MAX_HELD_CHARS:
            yield from self._passages(self._lines)
            self._clear()

    def _between(self, line: Line, *, asking: bool) -> Iterator[Row]:
        if not asking:
            self._lines.append((line.number, line.text))
            self._chars += len(line.text)
        if asking or self._chars > MAX_HELD_CHARS:
            yield from self._passages(self._lines, at_least=MIN_CHARS)
            self._clear()

    def _clear(self) -> None:
        self._lines, self._chars, self._sure = [], 0, None

    def _passages(self, lines: list[tuple[int, str]], *, at_least: int = 1) -> Iterator[Row]:
        """Yield lines as passages, ended at an empty line in the second half of a page where there is one."""
        if sum(len(text.strip()) for _, text in lines) < at_least:
            return
        piece: list[tuple[int, str]] = []
        size = 0
        for number, text in lines:
            full = size + len(text) > PIECE_CHARS or (not text.strip() and size > PIECE_CHARS // 2)
            if piece and full:
                yield _passage(piece)
                piece, size = [], 0
            if piece or text.strip():
                piece.append((number, text))
                size += len(text) + 1
        if piece:
            yield _passage(piece)


def _passage(piece: list[tuple[int, str]]) -> Row:
    while not piece[-1][1].strip():
        piece = piece[:-1]
    return passage_row(line_range(piece[0][0], piece[-1][0]), "\n".join(text for _, text in piece))
