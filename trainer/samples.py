"""Answers to a few fixed validation questions, before training and after it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from datakit.lineage import sha256_text
from trainer.engine import Engine
from trainer.examples import Example
from trainer.template import ChatTemplate
from trainer.version import Row

SAMPLES: Final = "samples.jsonl"
_BEFORE: Final = "before.json"
MAX_NEW_TOKENS: Final = 96


def fixed_questions(examples: Sequence[Example], count: int) -> list[Example]:
    """Return the rows to ask: the same for every run on a version, whatever its settings, spread over the sources."""
    return sorted(examples, key=lambda row: sha256_text(row.row_id))[:count]


def stop_ids(template: ChatTemplate) -> set[int]:
    """Return the tokens that end an answer: the one the template writes, and the tokenizer's own."""
    tokenizer = template.tokenizer
    found = {tokenizer.convert_tokens_to_ids(template.end_token), tokenizer.eos_token_id}
    return {token for token in found if token is not None}


def answers(engine: Engine, rows: Sequence[Example], template: ChatTemplate, *, max_new_tokens: int) -> list[str]:
    """Return the model's greedy answer to each row's question, as text."""
    made = engine.generate([row.prompt_ids for row in rows], max_new_tokens=max_new_tokens, stop_ids=stop_ids(template))
    return [str(template.tokenizer.decode(tokens, skip_special_tokens=True)).strip() for tokens in made]


def answers_before(
    run: Path, engine: Engine, rows: Sequence[Example], template: ChatTemplate, *, max_new_tokens: int
) -> list[str]:
    """Return the untrained model's answers, kept in the run folder so that a resumed run need not untrain."""
    path = run / _BEFORE
    if path.is_file():
        kept: list[str] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    found = answers(engine, rows, template, max_new_tokens=max_new_tokens)
    fresh = path.with_name(f".{_BEFORE}")
    fresh.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)
    return found


def write_samples(
    run: Path, asked: Sequence[Example], rows: Sequence[Row], before: Sequence[str], after: Sequence[str]
) -> list[dict[str, Any]]:
    """Write samples.jsonl and return its lines: question, reference answer, answer before and after."""
    by_id = {row.id: row for row in rows}
    lines = [
        {
            "row_id": example.row_id,
            "question": by_id[example.row_id].question,
            "reference": by_id[example.row_id].answer,
            "before": one,
            "after": other,
        }
        for example, one, other in zip(asked, before, after, strict=True)
    ]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (run / SAMPLES).write_text(text, encoding="utf-8")
    (run / _BEFORE).unlink(missing_ok=True)
    return lines
