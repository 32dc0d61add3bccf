"""Chat format: what the trainer will see, and the row's id, which is the hash of exactly that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, Literal

import numpy as np
import polars as pl

from datakit.devanagari.rules import MAY_COMPOSE
from datakit.lineage import canonical_json, row_id
from datakit.record import TEXT
from datakit.screening.first_look import shows
from datakit.screening.suspects import mark_suspects
from datakit.stage import Fault

SPECIAL_TOKEN: Final = (
    r"<\|[^|<>\s]{1,40}\|>"  # llama-3, chatml, qwen, phi: <|eot_id|>, <|im_end|>
    r"|<[｜][^<>]{1,40}[｜]>"  # deepseek
    r"|</?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_of_image|end_of_image)>"  # llama-2, gemma
    r"|\[/?INST\]|<</?SYS>>"  # llama-2, mistral
)
"""Text that a tokenizer turns into a control token. llama.cpp and transformers do so by default in user text too."""

CONTROL: Final = r"[\x00-\x08\x0B-\x1F]"
"""Control characters that JSON writes as numbers; tab and line feed have short forms."""

Message = dict[str, str]
MESSAGES: Final = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
"""The type of a column of turns."""


@dataclass(frozen=True, kw_only=True)
class Chat:
    """Give each row its system prompt and its id; refuse text that a model would read as control."""

    name: ClassVar[str] = "chat"
    reasons: ClassVar[tuple[str, ...]] = ("special_token_in_text",)
    writes: ClassVar[tuple[str, ...]] = ("id", "system")
    trigger: ClassVar[str] = f"{SPECIAL_TOKEN}|{MAY_COMPOSE}|{CONTROL}"

    system: str = ""
    """The system prompt of rows that bring none; empty: no system message."""
    context: Literal["include", "omit"] = "include"
    """Whether a row's passage stands before its question (reading comprehension) or is left out (closed book)."""

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        token = pl.coalesce(pl.col(name).str.extract(f"({SPECIAL_TOKEN})") for name in TEXT)
        fault = Fault("special_token_in_text", token.is_not_null(), pl.format("the text holds {}", token))
        held = shows(batch, SPECIAL_TOKEN, *TEXT)
        batch = mark_suspects(batch, self.name, pl.lit(held), lambda rows: rows, [fault])
        if self.system:
            batch = batch.with_columns(pl.coalesce("system", pl.lit(self.system)).alias("system"))
        return batch.with_columns(self.ids(batch))

    def ids(self, batch: pl.DataFrame) -> pl.Series:
        """Return each row's id. Ordinary rows are hashed as the bytes they are, four times as fast as by `row_id`."""
        care = shows(batch, f"{MAY_COMPOSE}|{CONTROL}", *TEXT) | batch.select(_has("history")).to_series()
        ids = pl.Series("id", [None] * batch.height, dtype=pl.String)
        special, plain = batch.filter(care), batch.filter(~care)
        ids = ids.scatter(care.arg_true(), [row_id(turns) for turns in self.messages(special)])
        systems = plain.select(pl.col("system").replace("", None)).to_series().to_list()
        begin = {system: _opening(system) for system in set(systems)}
        asked, answers = (
            _json_contents(plain.select(text).to_series()) for text in (self._asked(), _or_empty("answer"))
        )
        made = [
            sha256(b"".join((begin[system], question, _BETWEEN, answer, _END))).hexdigest()
            for system, question, answer in zip(systems, asked, answers, strict=True)
        ]
        return ids.scatter((~care).arg_true(), made)

    def _asked(self) -> pl.Expr:
        """Return what the user says: the passage, if there is one and it counts, and the question."""
        question = _or_empty("question")
        if self.context == "omit":
            return question
        return pl.when(_has("context")).then(pl.concat_str("context", pl.lit("\n\n"), question)).otherwise(question)

    def messages(self, batch: pl.DataFrame) -> list[list[Message]]:
        """Return each row's turns: system, earlier turns, user, assistant. Absent text counts as empty."""
        with_context = self.context == "include"
        return [
            _turns(system, history, context if with_context else None, question, answer)
            for question, answer, context, system, history in batch.select(TEXT).iter_rows()
        ]

    def message_column(self, batch: pl.DataFrame) -> pl.Series:
        """Return what `messages` returns as a column named `messages`; no Python object for a row without history."""
        texts = [_or_empty("system"), self._asked(), _or_empty("answer")]
        forms = batch.select(form=pl.when(_has("history")).then(_TOLD).when(_has("system")).then(1).otherwise(0))[
            "form"
        ]
        made = [pl.Series("messages", [], dtype=MESSAGES)]
        for form in forms.unique().sort():
            rows = batch.filter(forms == form)
            if form == _TOLD:
                made.append(pl.Series("messages", self.messages(rows), dtype=MESSAGES))
            else:
                made.append(_lists(rows, texts[1 - form :], _ROLES[1 - form :]))
        if len(made) <= 2:
            return made[-1]
        places = forms.to_frame().with_row_index("row").sort("form", maintain_order=True)["row"]
        return pl.concat(made).gather(places.arg_sort())


_ROLES: Final = ("system", "user", "assistant")
_TOLD: Final = 2  # a row with earlier turns; 1: one with a system prompt; 0: question and answer alone


_BETWEEN: Final = b'","role":"user"},{"content":"'
_END: Final = b'","role":"assistant"}]}'
_ESCAPED: Final = ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\t", b"\\t"))
"""What JSON writes otherwise, the backslash first; other control characters are left to `row_id`."""


def _opening(system: str | None) -> bytes:
    """Return how the canonical JSON of plain turns begins, up to what the user says."""
    said = b"" if system is None else b'{"content":%b,"role":"system"},' % canonical_json(system)
    return b'{"messages":[' + said + b'{"content":"'


def _json_contents(texts: pl.Series) -> list[bytes]:
    """Return texts as they stand between the quotes of canonical JSON; CONTROL is in none.

    A text at a time: all of them joined, and split again, take four times as long.
    """
    return [_json_content(text) for text in texts.cast(pl.Binary).to_list()]


def _json_content(text: bytes) -> bytes:
    for sign, escaped in _ESCAPED:
        text = text.replace(sign, escaped)
    return text


def _or_empty(column: str) -> pl.Expr:
    return pl.col(column).fill_null("")


def _has(column: str) -> pl.Expr:
    return pl.col(column).str.len_bytes().fill_null(0) > 0


def _lists(rows: pl.DataFrame, texts: Sequence[pl.Expr], roles: Sequence[str]) -> pl.Series:
    """Return a list of turns for each row: all texts as one column, picked turn by turn and cut into lists.

    `concat_list` of structs copies every text three times over: 0.5 against 0.16 CPU-seconds for 300 MB.
    """
    column = pl.concat([rows.select(text.alias("content")) for text in texts])["content"]
    order = np.arange(len(texts) * rows.height, dtype=np.uint32).reshape(len(texts), rows.height).T
    names = pl.Series(roles, dtype=pl.String).gather((order // rows.height).ravel())
    turns = pl.DataFrame({"role": names, "content": column.gather(order.ravel())}).to_struct("messages")
    return turns.reshape((rows.height, len(texts))).arr.to_list().cast(MESSAGES)


def _turns(
    system: str | None, history: str | None, context: str | None, question: str | None, answer: str | None
) -> list[Message]:
    turns: list[Message] = []
    if system:
        turns.append({"role": "system", "content": system})
    if history:
        turns.extend({"role": turn["role"], "content": turn["content"]} for turn in _history(history))
    asked = f"{context}\n\n{question or ''}" if context else question or ""
    turns.append({"role": "user", "content": asked})
    turns.append({"role": "assistant", "content": answer or ""})
    return turns


def _history(text: str) -> list[Message]:
    try:
        turns = json.loads(text)
    except ValueError:
        turns = None
    if not isinstance(turns, list) or not all(
        isinstance(turn, dict) and turn.keys() >= {"role", "content"} for turn in turns
    ):
        return [{"role": "user", "content": text}]  # not ours to drop: text that is no list of turns is one turn
    return [{"role": str(turn["role"]), "content": str(turn["content"])} for turn in turns]
