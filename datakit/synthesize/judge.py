"""Which drafts become pairs: verbatim span, no instruction in it, question and answer grounded. Nothing is mended."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from datakit.devanagari import dedup_key
from datakit.synthesize.grounding import check
from datakit.synthesize.page import Page
from datakit.synthesize.reply import Draft, Parsed

MIN_SPAN_CHARS: Final = 20
"""The shortest whole sentence among the marked spans of benchmarks/grounding.py has 60; a line of a table, 20."""
_GAP: Final = r"\s+"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A draft that passed, with its span as the page has it and where in the page's text that is."""

    draft: Draft
    span: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A draft that did not pass; `draft` is null where the reply held no pair."""

    reason: str
    detail: str
    draft: Draft | None = None


def judge(parsed: Parsed, page: Page) -> tuple[list[Pair], list[Refused]]:
    """Return the pairs of a reply and what was refused, each with its reason from DRAFT_REASONS of the readers."""
    refused = [
        Refused(reason="reply_not_json" if fault == "reply_not_json" else "wrong_schema", detail=fault)
        for fault in parsed.faults
    ]
    pairs: list[Pair] = []
    asked: set[str] = set()
    for draft in parsed.drafts:
        found = _judge(draft, page)
        key = dedup_key(draft.question)
        if isinstance(found, Pair) and key in asked:
            found = Refused(reason="repeated_question", detail="the page has given this question already", draft=draft)
        if isinstance(found, Pair):
            asked.add(key)
            pairs.append(found)
        else:
            refused.append(found)
    return pairs, refused


def _judge(draft: Draft, page: Page) -> Pair | Refused:
    place = locate(draft.span, page.text)
    if place is None:
        return Refused(reason="span_not_in_page", detail=f"found {draft.span[:200]!r}", draft=draft)
    start, end = place
    span = page.text[start:end]
    if end - start < MIN_SPAN_CHARS:
        return Refused(reason="span_too_short", detail=f"found {end - start} characters", draft=draft)
    for text in (
        page.text[_sentence_start(page.text, start) : _sentence_end(page.text, end)],
        draft.question,
        draft.answer,
    ):
        if (order := instruction(text)) is not None:
            return Refused(reason="span_instructs", detail=f"found {order!r}", draft=draft)
    if dedup_key(draft.answer) in ("", dedup_key(draft.question)):
        return Refused(reason="answer_repeats_question", detail=f"found {draft.answer[:200]!r}", draft=draft)
    finding = check(draft.answer, span)
    if not finding.grounded:
        return Refused(reason="not_grounded", detail=finding.told(), draft=draft)
    asked = check(draft.question, page.text, min_share=0.0)
    if not asked.grounded:
        return Refused(reason="question_not_grounded", detail=f"the question is {asked.told()}", draft=draft)
    return Pair(draft=draft, span=span, start=start, end=end)


def locate(span: str, text: str) -> tuple[int, int] | None:
    """Return where a span stands in a text, white space counting as equal; None where it does not stand there."""
    words = span.split()
    if not words:
        return None
    found = re.search(_GAP.join(map(re.escape, words)), text)
    return (found.start(), found.end()) if found else None


def instruction(text: str) -> str | None:
    """Return the words by which a text speaks to a language model; None where it does not."""
    found = _instructions().search(" ".join(text.split()))
    return found[0] if found else None


@cache
def _instructions() -> re.Pattern[str]:
    lines = files("datakit.synthesize").joinpath("tables", "instructions.txt").read_text("utf-8").splitlines()
    phrases = [line for line in lines if line and not line.startswith("# ")]
    return re.compile("|".join(re.escape(phrase).replace(r"\*", ".{0,60}?") for phrase in phrases), re.IGNORECASE)


def _sentence_start(text: str, at: int) -> int:
    return max(text.rfind(mark, 0, at) for mark in ".?!।\n") + 1


def _sentence_end(text: str, at: int) -> int:
    ends = [found for mark in ".?!।\n" if (found := text.find(mark, max(at - 1, 0))) >= 0]
    return min(ends, default=len(text) - 1) + 1
