"""Chat format: what the trainer will see, and the row's id, which is the hash of exactly that."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
import polars as pl

from datakit.lineage import row_id
from datakit.record import TEXT
from datakit.stage import Fault, mark

SPECIAL_TOKEN: Final = (
    r"<\|[^|<>\s]{1,40}\|>"  # llama-3, chatml, qwen, phi: <|eot_id|>, <|im_end|>
    r"|<[｜][^<>]{1,40}[｜]>"  # deepseek
    r"|</?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_of_image|end_of_image)>"  # llama-2, gemma
    r"|\[/?INST\]|<</?SYS>>"  # llama-2, mistral
)
"""Text that a tokenizer turns into a control token. llama.cpp and transformers do so by default in user text too."""

Message = dict[str, str]
MESSAGES: Final = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
"""The type of a column of turns."""


@dataclass(frozen=True, kw_only=True)
class Chat:
    """Give each row its system prompt and its id; refuse text that a model would read as control."""

    name: ClassVar[str] = "chat"
    reasons: ClassVar[tuple[str, ...]] = ("special_token_in_text",)
    writes: ClassVar[tuple[str, ...]] = ("id", "system")

    system: str = ""
    """The system prompt of rows that bring none; empty: no system message."""
    context: Literal["include", "omit"] = "include"
    """Whether a row's passage stands before its question (reading comprehension) or is left out (closed book)."""

    def apply(self, batch: pl.DataFrame) -> pl.DataFrame:
        found = [pl.col(name).str.extract(f"({SPECIAL_TOKEN})") for name in TEXT]
        token = pl.coalesce(found)
        batch = mark(
            batch,
            self.name,
            [Fault("special_token_in_text", token.is_not_null(), pl.format("the text holds {}", token))],
        )
        if self.system:
            batch = batch.with_columns(pl.coalesce("system", pl.lit(self.system)).alias("system"))
        ids = [row_id(turns) for turns in self.messages(batch)]
        return batch.with_columns(pl.Series("id", ids, dtype=pl.String))

    def messages(self, batch: pl.DataFrame) -> list[list[Message]]:
        """Return each row's turns: system, earlier turns, user, assistant. Absent text counts as empty."""
        with_context = self.context == "include"
        return [
            _turns(system, history, context if with_context else None, question, answer)
            for question, answer, context, system, history in batch.select(TEXT).iter_rows()
        ]

    def message_column(self, batch: pl.DataFrame) -> pl.Series:
        """Return what `messages` returns as a column named `messages`; no Python object for a row without history."""
        asked = pl.col("question").fill_null("")
        if self.context == "include":
            asked = pl.when(_has("context")).then(pl.concat_str("context", pl.lit("\n\n"), asked)).otherwise(asked)
        texts = [pl.col("system").fill_null(""), asked, pl.col("answer").fill_null("")]
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
