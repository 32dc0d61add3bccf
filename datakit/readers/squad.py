"""SQuAD: a passage with questions answered by spans of it, nested (the original JSON) or flat (Hugging Face)."""

from collections.abc import Callable, Iterator, Mapping

from datakit.readers.row import Row, key16, reject
from datakit.readers.values import NotText, as_text, meta_of, shown, text_of

Cell = tuple[Mapping[str, object], str | None]
"""An object and the name of the value in it that is meant."""


def squad_rows(
    question: str, context: str | None, names: tuple[str, ...]
) -> Callable[[Mapping[str, object], str], Iterator[Row]]:
    """Return the plan for flat rows: context, question, answers {text, answer_start}."""
    others = tuple(name for name in names if name not in (question, context, "answers", "is_impossible"))

    def plan(row: Mapping[str, object], locator: str) -> Iterator[Row]:
        yield _row(row, (row, question), (row, context), meta_of(row, others), locator)

    return plan


def nested_rows(value: Mapping[str, object], locator: str) -> Iterator[Row]:
    """Yield a row for each question of an article (`paragraphs`) or of one passage (`qas`)."""
    root = locator if locator.startswith("$") else f"{locator} $"
    paragraphs = value.get("paragraphs")
    if not isinstance(paragraphs, list):
        yield from _passage(value, root, value.get("title"))
        return
    for number, paragraph in enumerate(paragraphs):
        yield from _passage(paragraph, f"{root}.paragraphs[{number}]", value.get("title"))


def _passage(paragraph: object, path: str, title: object) -> Iterator[Row]:
    questions = paragraph.get("qas") if isinstance(paragraph, dict) else None
    if not isinstance(paragraph, dict) or not isinstance(questions, list):
        detail = 'found no list "qas"; expected {"context": text, "qas": [{"question", "answers"}]}; mend the paragraph'
        yield reject(path, "not_an_object", detail, shown(paragraph))
        return
    for number, item in enumerate(questions):
        place = f"{path}.qas[{number}]"
        if not isinstance(item, dict):
            detail = f"found {type(item).__name__}; expected an object with question and answers; mend the entry"
            yield reject(place, "not_an_object", detail, shown(item))
            continue
        others = [
            name for name in item if name not in ("question", "answers", "answer", "is_impossible", "plausible_answers")
        ]
        meta = meta_of({"title": title, **{name: item[name] for name in others}}, ("title", *others))
        yield _row(item, (item, "question"), (paragraph, "context"), meta, place)


def _row(item: Mapping[str, object], question: Cell, context: Cell, meta: str | None, locator: str) -> Row:
    try:
        asked, passage = text_of(*question), text_of(*context) or None
        answer = None if item.get("is_impossible") is True else _first_answer(item.get("answers", item.get("answer")))
    except NotText as error:
        return reject(
            locator, "not_text", error.found(), shown(item), question=_if_text(question), context=_if_text(context)
        )
    group = key16(passage) if passage else None
    if answer is None:
        detail = (
            "found no answer (is_impossible, or an empty list); expected the text of one; a model cannot "
            "learn from it, leave it out"
        )
        return reject(locator, "no_answer_given", detail, shown(item), question=asked, context=passage, group=group)
    return Row(locator, asked, answer, passage, None, None, group, meta)


def _if_text(cell: Cell) -> str | None:
    row, column = cell
    value = None if column is None else row.get(column)
    return value if isinstance(value, str) else None


def _first_answer(value: object) -> str | None:
    """Return the first of several answers: they are spans marked by different people for the same question."""
    if isinstance(value, list):
        return _first_answer(value[0]) if value else None
    if isinstance(value, Mapping):
        text = value.get("text")
        if isinstance(text, Mapping):
            raise NotText(text, "answers")
        return _first_answer(text)
    try:
        return as_text(value) or None
    except NotText as error:
        raise NotText(error.value, "answers") from None
