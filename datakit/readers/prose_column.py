"""Rows that hold a text and no pair, such as {id, text, source}: a passage each, or the pairs marked in the text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from datakit.readers.blocks import Blocks, Line
from datakit.readers.columns import fold, mapping_line
from datakit.readers.passage import Prose, passage_row
from datakit.readers.row import Row, reject
from datakit.readers.values import NotText, meta_of, shown, text_of

PROSE_COLUMNS: Final = (
    "मजकूर", "उतारा", "परिच्छेद", "लेख", "text", "content", "body", "document", "article", "passage", "paragraph",
    "context", "raw text", "full text", "raw content", "page content", "article body",
)  # fmt: skip
"""Names of a column that holds the words of a document, best first: those of the corpora on hubs and of crawlers."""

_FOLDED: Final = tuple(fold(name) for name in PROSE_COLUMNS)


def prose_column(names: Sequence[str], mapping: Mapping[str, str] | None, roles: Mapping[str, str]) -> str | None:
    """Return the column that holds a document, None where none does.

    `roles` is what the names were taken for. A row that has a question or an answer is half a pair and no document,
    unless the mapping says which column is its context. A name that stands twice is taken for neither.
    """
    if (given := (mapping or {}).get("context")) is not None and given in names:
        return given
    if roles.keys() & {"question", "answer", "conversation"}:
        return None
    folded = [fold(name) for name in names]
    found = next((alias for alias in _FOLDED if folded.count(alias) == 1), None)
    return None if found is None else names[folded.index(found)]


@dataclass(kw_only=True)
class ProsePlan:
    """How to take rows whose only text is that of one column."""

    column: str
    names: tuple[str, ...]
    meta: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.meta = tuple(name for name in self.names if name != self.column)

    def __call__(self, row: Mapping[str, object], locator: str) -> Iterable[Row]:
        """Return the passage of a row, or the pairs marked in its text with the passages between them."""
        try:
            text = text_of(row, self.column)
        except NotText as error:
            return (reject(locator, "not_text", error.found(), shown(row)),)
        meta = meta_of(row, self.meta)
        if not text or not text.strip():
            found = f"found no text in column {self.column}; expected a document; fill it or take the row out"
            return (reject(locator, "no_question_answer_pairs", found, shown(row), meta=meta),)
        prose = Prose(Blocks())
        rows = [row for number, line in enumerate(text.splitlines(), 1) for row in prose.feed(Line(number, line))]
        rows += prose.finish()
        if all(row.reason is not None for row in rows):
            # A question or an answer alone is a sentence that looks like one: 8 of 145,455 documents of a news corpus.
            return (passage_row(locator, text, meta, detail=self._detail()),)
        return [self._inner(row, locator, meta) for row in rows]

    def _inner(self, row: Row, locator: str, meta: str | None) -> Row:
        return row._replace(locator=f"{locator} {self.column} {row.locator}", meta=row.meta or meta)

    def _detail(self) -> str:
        return (
            f"found a text in column {self.column} with no question and answer; expected columns such as "
            "question/answer, प्रश्न/उत्तर, instruction/output; have questions made from it by `datakit synthesize`, "
            f"or {mapping_line(self.names)}; the text is in the context"
        )
