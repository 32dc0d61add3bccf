"""Text in which nothing is asked: a document, told as a reject whose context is the text."""

from datakit.readers.row import Row, reject

DETAIL = (
    "found text with no question and answer; expected प्र./उ., प्रश्न:/उत्तर:, Q:/A:, or a heading that asks; "
    "mark the pairs, or have questions made from it; its text is in the context"
)


def passage_row(locator: str, text: str, meta: str | None = None) -> Row:
    """Build the reject of a text in which nothing is asked; the whole text is its context."""
    return reject(locator, "no_question_answer_pairs", DETAIL, text, context=text, meta=meta)
