"""Chat format: what the trainer will see, and the row's id, which is the hash of exactly that."""

import json
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

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
        told = pl.col("history").str.len_bytes().fill_null(0) > 0
        plain, others = batch.filter(~told), batch.filter(told)
        asked = pl.col("question").fill_null("")
        if self.context == "include":
            passage = pl.col("context").str.len_bytes().fill_null(0) > 0
            asked = pl.when(passage).then(pl.concat_str("context", pl.lit("\n\n"), asked)).otherwise(asked)
        turns = [_turn("system", pl.col("system")), _turn("user", asked), _turn("assistant", pl.col("answer"))]
        has_system = pl.col("system").str.len_bytes().fill_null(0) > 0
        built = pl.when(has_system).then(pl.concat_list(turns)).otherwise(pl.concat_list(turns[1:]))
        column = plain.select(built.cast(MESSAGES).alias("messages"))["messages"]
        if others.is_empty():
            return column
        both = pl.concat([column, pl.Series("messages", self.messages(others), dtype=MESSAGES)])
        places = batch.select(at=told).with_row_index("row").sort("at", maintain_order=True)["row"]
        return both.gather(places.arg_sort())


def _turn(role: str, content: pl.Expr) -> pl.Expr:
    return pl.struct(pl.lit(role).alias("role"), content.fill_null("").alias("content"))


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
