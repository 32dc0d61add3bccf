"""Conversations: ShareGPT (from/value) and OpenAI messages (role/content). n exchanges become n records.

Each record carries the turns before it as `history`; all records of a conversation share a `group`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from datakit.readers.row import Row, canonical, key16, reject
from datakit.readers.values import NotText, as_text, meta_of, shown

ROLES: Final = {
    "system": "system", "developer": "system",
    "user": "user", "human": "user", "prompter": "user", "वापरकर्ता": "user", "विद्यार्थी": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant",
    "सहायक": "assistant", "शिक्षक": "assistant",
}  # fmt: skip

WHO: Final = ("role", "from", "speaker", "author")
WHAT: Final = ("content", "value", "text")


def conversation_rows(
    column: str, system: str | None, names: tuple[str, ...]
) -> Callable[[Mapping[str, object], str], Iterator[Row]]:
    """Return the plan for objects that hold their turns in `column` and perhaps a system prompt in `system`."""
    others = tuple(name for name in names if name not in (column, system))

    def plan(row: Mapping[str, object], locator: str) -> Iterator[Row]:
        try:
            prompt = as_text(row.get(system)) if system else None
            turns = _turns(row[column])
        except NotText as error:
            yield reject(locator, "not_text", error.found(), shown(row))
            return
        unknown = next((turn[2] for turn in turns if turn[0] is None), None)
        if unknown is not None:
            detail = (
                f"found a turn by {unknown!r}; expected system, user or assistant (human, gpt); leave such turns out"
            )
            yield reject(locator, "unknown_role", detail, shown(row))
            return
        yield from _exchanges(turns, prompt, locator, meta_of(row, others), shown(row))

    return plan


def _turns(value: object) -> list[tuple[str | None, str, str]]:
    """Return (role, text, role as written) of each turn. Errors: `NotText`."""
    turns = []
    for turn in value if isinstance(value, list) else [value]:
        if not isinstance(turn, dict):
            raise NotText(turn, "conversation")
        who = next((turn[name] for name in WHO if isinstance(turn.get(name), str)), "")
        what = next((turn[name] for name in WHAT if turn.get(name) is not None), None)
        turns.append((ROLES.get(who.strip().casefold()), _content(what), who))
    return turns


def _content(value: object) -> str:
    """Return the text of a turn; a list of text parts is joined. Errors: `NotText` for images and other parts."""
    if isinstance(value, list):
        parts = []
        for part in value:
            text = part.get("text") if isinstance(part, dict) else part
            if not isinstance(text, str):
                raise NotText(part if isinstance(part, dict) else value, "content")
            parts.append(text)
        return "\n".join(parts)
    try:
        return as_text(value) or ""
    except NotText as error:
        raise NotText(error.value, "content") from None


def _exchanges(
    turns: list[tuple[str | None, str, str]], system: str | None, locator: str, meta: str | None, raw: str
) -> Iterator[Row]:
    while turns and turns[0][0] == "system":
        system = turns[0][1] if system is None else f"{system}\n{turns[0][1]}"
        turns = turns[1:]
    spoken = [{"role": role, "content": text} for role, text, _ in turns if role is not None]
    roles = [turn["role"] for turn in spoken]
    start = 1 if roles[:1] == ["assistant"] else 0  # a greeting is history, not an answer
    expected = ["user", "assistant"] * (len(roles) // 2 + 1)
    if not roles[start:] or roles[start:] != expected[: len(roles) - start]:
        detail = (
            f"found turns by {', '.join(roles[:12]) or 'nobody'}; expected user and assistant in turn; put "
            "each answer after its question"
        )
        yield reject(locator, "turns_out_of_order", detail, raw)
        return
    exchanges = (len(roles) - start + 1) // 2
    group = key16(canonical(spoken)) if exchanges > 1 else None
    for number in range(exchanges):
        at = start + 2 * number
        place = locator if exchanges == 1 else f"{locator} exchange {number + 1}"
        history = canonical(spoken[:at]) if at else None
        question = spoken[at]["content"]
        if at + 1 == len(spoken):
            detail = (
                "found a last question that nobody answers; expected an assistant's turn; add it or leave the "
                "question out"
            )
            yield reject(
                place,
                "no_answer_given",
                detail,
                raw,
                question=question,
                system=system or None,
                history=history,
                group=group,
            )
        else:
            yield Row(place, question, spoken[at + 1]["content"], None, system or None, history, group, meta)
