"""The chat template, and where in its text the answers stand: read off the template itself, not guessed from a model.

Each answer is rendered between two marks that no text may hold (Unicode noncharacters). What lies between them, and the
control token that the template writes after it, is what the model learns; all else is prompt.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datakit.errors import UsageError
from datakit.lineage import sha256_text
from trainer.nearest import nearest

FOLDER: Final = Path(__file__).parent / "templates"
NAMES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.jinja")))
AUTO: Final = "auto"
_BRACKETED: Final = re.compile(r"<[^<>\s]+>|\[[^\[\]\s]+\]")
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_PROBE: Final = (
    {"role": "system", "content": "क"},
    {"role": "user", "content": "ख"},
    {"role": "assistant", "content": "ग"},
    {"role": "user", "content": "घ"},
    {"role": "assistant", "content": "च"},
)
Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of rendered text that is all answer or all prompt."""

    text: str
    learnt: bool


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """A template bound to a tokenizer, with what was read off it."""

    name: str
    source: str
    tokenizer: Any
    end: str
    """What follows an answer, up to and with the control token that ends it."""
    trims: bool
    """Whether the template strips the white space around an answer."""
    control: re.Pattern[str]
    """Every control token of the tokenizer: text that holds one would be read as control."""
    note: str | None = None
    """What a user should know about this template, if anything."""

    @property
    def sha256(self) -> str:
        return sha256_text(self.source)

    @property
    def end_token(self) -> str:
        """Return the control token at the end of an answer."""
        return self.end.strip()

    def segments(self, messages: Messages) -> list[Segment]:
        """Return a conversation's text, cut where answers begin and end; what follows the last answer is left off.

        Errors: `UsageError` where the template refuses the conversation.
        """
        text = _render(self.tokenizer, self.source, _marked(messages, trims=self.trims))
        parts: list[Segment] = []
        for piece in text.split(_OPEN):
            answer, closed, rest = piece.partition(_CLOSE)
            if not closed:
                parts.append(Segment(text=piece, learnt=False))
                continue
            parts.append(Segment(text=answer + rest[: len(self.end)], learnt=True))
            parts.append(Segment(text=rest[len(self.end) :], learnt=False))
        while parts and not parts[-1].learnt:
            parts.pop()
        return [part for part in parts if part.text]

    def prompt(self, messages: Messages) -> str:
        """Return the text that a model is given to continue: everything before the last answer."""
        *before, last = self.segments(messages)
        return "".join(part.text for part in before) if last.learnt else ""


def load_template(name: str, tokenizer: Any) -> ChatTemplate:
    """Return a shipped template, or with `auto` the tokenizer's own, read for its structure.

    Errors: `UsageError` for an unknown name, a template without the tokens it needs, one that never ends an answer or
    that changes an answer's text.
    """
    source = _source(name, tokenizer)
    special = _control_tokens(tokenizer, source)
    control = re.compile("|".join(map(re.escape, special)) or r"(?!)")
    trims = "  ग  " not in _render(tokenizer, source, [_PROBE[1], {"role": "assistant", "content": "  ग  "}])
    marked = _render(tokenizer, source, _marked(_PROBE, trims=trims))
    if marked.replace(_OPEN, "").replace(_CLOSE, "") != _render(tokenizer, source, _PROBE):
        raise UsageError(f"chat template {name}: it changes an answer's text; expected one that writes it as it is")
    if marked.count(_CLOSE) != 2:
        raise UsageError(f"chat template {name}: it leaves out answers of earlier turns; expected all of them")
    tail = marked.split(_CLOSE)[1]
    found = re.match(rf"\s*(?:{control.pattern})", tail)
    if found is None:
        raise UsageError(
            f"chat template {name}: after an answer it writes {tail[:40]!r}, expected a control token of this"
            f" tokenizer ({', '.join(special[:8])}); a model trained so would never stop. Another --set template= fits"
        )
    before = marked.rpartition(_OPEN)[0].replace(_OPEN, "").replace(_CLOSE, "")
    note = None
    if before != _render(tokenizer, source, _PROBE[:-1], generate=True):
        note = "the template's generation prompt differs from what stands before an answer in training"
    return ChatTemplate(
        name=name, source=source, tokenizer=tokenizer, end=found[0], trims=trims, control=control, note=note
    )


def _control_tokens(tokenizer: Any, source: str) -> list[str]:
    """Return what the tokenizer reads as control, the longest first.

    Those it calls special, and added ones like `<end_of_turn>` that the template writes: some files call them ordinary.
    """
    added = tokenizer.added_tokens_decoder.values()
    found = {token.content for token in added if token.special} | set(tokenizer.all_special_tokens)
    found |= {token.content for token in added if _BRACKETED.fullmatch(token.content) and token.content in source}
    return sorted(found, key=len, reverse=True)


def _source(name: str, tokenizer: Any) -> str:
    if name == AUTO:
        if isinstance(tokenizer.chat_template, str):
            return tokenizer.chat_template
        raise UsageError(f"chat template auto: this base brings none; choose one with --set template={'|'.join(NAMES)}")
    if name not in NAMES:
        raise UsageError(f"chat template {name!r}: expected auto, {', '.join(NAMES)}{nearest(name, NAMES)}")
    return (FOLDER / f"{name}.jinja").read_text(encoding="utf-8")


def _marked(messages: Messages, *, trims: bool) -> list[dict[str, str]]:
    return [
        {**turn, "content": _OPEN + (turn["content"].strip() if trims else turn["content"]) + _CLOSE}
        if turn["role"] == "assistant"
        else dict(turn)
        for turn in messages
    ]


def _render(tokenizer: Any, source: str, messages: Messages, *, generate: bool = False) -> str:
    from jinja2 import TemplateError

    try:
        text: str = tokenizer.apply_chat_template(
            [dict(turn) for turn in messages], chat_template=source, tokenize=False, add_generation_prompt=generate
        )
    except TemplateError as error:
        raise UsageError(
            f"chat template: cannot render a conversation: {error}; others are --set template={'|'.join(NAMES)}"
        ) from error
    return text
