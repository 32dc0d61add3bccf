"""Rows as the trainer sees them: token ids, and which of them are learnt. Rows that cannot be learnt are named.

Prompt and answer are tokenized apart, as they are when a model is asked: the prompt first, the answer after it. So the
learnt tokens are exactly the answer's and the end token, whatever a tokenizer would merge across the border.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from datakit.errors import UsageError
from trainer.template import ChatTemplate, Segment
from trainer.version import Row

OVER_LONG: Final = "over_long"
NO_ANSWER: Final = "no_answer"
SPECIAL_TOKEN: Final = "special_token_in_text"
REFUSED: Final = "template_refused"
REASONS: Final = (OVER_LONG, NO_ANSWER, SPECIAL_TOKEN, REFUSED)
_BATCH_ROWS: Final = 1000  # rows tokenized in one call; more gains nothing and holds more text


@dataclass(frozen=True, kw_only=True)
class Example:
    """One row, ready to be learnt."""

    row_id: str
    source_id: str
    input_ids: tuple[int, ...]
    completion_mask: tuple[int, ...]
    """1 where the token is learnt: answers and the control token that ends each."""

    @property
    def answer_tokens(self) -> int:
        return sum(self.completion_mask)

    @property
    def prompt_ids(self) -> list[int]:
        """Return the tokens before the last answer."""
        last = len(self.completion_mask) - 1
        while last >= 0 and self.completion_mask[last]:
            last -= 1
        return list(self.input_ids[: last + 1])


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A row that is not learnt, and why."""

    row_id: str
    source_id: str
    reason: str
    detail: str
    tokens: int | None = None
    answer_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class Examples:
    """A split: what is learnt and what is not, in the order of the rows."""

    used: tuple[Example, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Return how many rows each reason took."""
        return dict(Counter(row.reason for row in self.left_out))


def build_examples(rows: Sequence[Row], template: ChatTemplate, *, max_tokens: int) -> Examples:
    """Return the rows as examples; a row of more than `max_tokens` is left out, never cut."""
    used: list[Example] = []
    left_out: list[LeftOut] = []
    bos = _missing_bos(template)
    for start in range(0, len(rows), _BATCH_ROWS):
        cut: list[tuple[Row, list[Segment]]] = []
        for row in rows[start : start + _BATCH_ROWS]:
            found = _segments(row, template)
            if isinstance(found, LeftOut):
                left_out.append(found)
            else:
                cut.append((row, found))
        for row, ids, mask in _tokenize(cut, template.tokenizer, bos):
            if len(ids) > max_tokens:
                left_out.append(_left(row, OVER_LONG, f"{len(ids)} tokens, at most {max_tokens}", len(ids), sum(mask)))
            else:
                used.append(Example(row_id=row.id, source_id=row.source_id, input_ids=ids, completion_mask=mask))
    return Examples(used=tuple(used), left_out=tuple(left_out))


def _segments(row: Row, template: ChatTemplate) -> list[Segment] | LeftOut:
    if not row.messages or row.messages[-1]["role"] != "assistant" or not row.messages[-1]["content"].strip():
        return _left(row, NO_ANSWER, "the last turn is no answer")
    for turn in row.messages:
        if found := template.control.search(turn["content"]):
            return _left(row, SPECIAL_TOKEN, f"the text holds {found[0]}, a control token of this tokenizer")
    try:
        return template.segments(row.messages)
    except UsageError as error:
        return _left(row, REFUSED, str(error))


def _tokenize(
    cut: Sequence[tuple[Row, list[Segment]]], tokenizer: Any, bos: list[int]
) -> list[tuple[Row, tuple[int, ...], tuple[int, ...]]]:
    flat = [(number, segment) for number, (_, segments) in enumerate(cut) for segment in segments]
    if not flat:
        return []
    encoded = tokenizer([segment.text for _, segment in flat], add_special_tokens=False)["input_ids"]
    found = []
    pieces = zip(flat, encoded, strict=True)
    for number, group in groupby(pieces, key=lambda piece: piece[0][0]):
        ids, mask = list(bos), [0] * len(bos)
        for (_, segment), tokens in group:
            ids += tokens
            mask += [int(segment.learnt)] * len(tokens)
        found.append((cut[number][0], tuple(ids), tuple(mask)))
    return found


def _missing_bos(template: ChatTemplate) -> list[int]:
    """Return the beginning-of-text token where the tokenizer wants one and the template does not write it itself."""
    tokenizer = template.tokenizer
    if tokenizer.bos_token is None or tokenizer("")["input_ids"][:1] != [tokenizer.bos_token_id]:
        return []
    written = template.segments([{"role": "user", "content": "क"}, {"role": "assistant", "content": "ख"}])[0].text
    return [] if written.startswith(tokenizer.bos_token) else [tokenizer.bos_token_id]


def _left(row: Row, reason: str, detail: str, tokens: int | None = None, answers: int | None = None) -> LeftOut:
    return LeftOut(
        row_id=row.id, source_id=row.source_id, reason=reason, detail=detail, tokens=tokens, answer_tokens=answers
    )
