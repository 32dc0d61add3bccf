"""The bars of the quality stages on real data that is no part of the project; skipped where it is absent."""

from pathlib import Path

import polars as pl
import pytest

from datakit.record import complete
from datakit.stages import STAGES
from tests.stages.golden import is_row_stage

QUALITY_STAGES = ("normalize", "validate", "damage", "script", "length", "placeholder", "quality", "pii")
FITTING = {"lost_text", "not_devanagari", "template_row", "placeholder_text", "option_letter_only", "stock_answer"}


def judged(path: Path) -> pl.DataFrame:
    """Return the rows of a file after the quality stages."""
    rows = pl.read_ndjson(path, infer_schema_length=None)
    batch = complete(rows.select(name for name in ("id", "question", "answer", "context") if name in rows.columns))
    for name in QUALITY_STAGES:
        assert is_row_stage(name)
        batch = STAGES[name]().apply(batch)  # type: ignore[union-attr,call-arg,arg-type,assignment]
    return batch


def test_bad_rows_are_rejected_for_a_fitting_reason(shared_data: Path) -> None:
    """At least 95 of 100 rows of a junk bank: templates, lost letters, English only."""
    batch = judged(shared_data / "qa_bad_rows.jsonl")
    fitting = batch.filter(pl.col("reject_reason").is_in(sorted(FITTING)))
    assert fitting.height >= 0.95 * batch.height


@pytest.mark.parametrize("name", ["marathi_history_qa.jsonl", "marathi_qa_factual.jsonl"])
def test_good_rows_are_kept(shared_data: Path, name: str) -> None:
    """At most 3 of 100 rows that hold a question and an answer are rejected.

    Rows that a template numbered (`अर्थव्यवस्था प्रश्न 364`, `पर्याय ब`) stand in the set too and are no good rows; each
    of the others that is rejected is listed in benchmarks/results/quality.json to be read.
    """
    batch = judged(shared_data / name)
    good = batch.filter(pl.col("reject_reason").ne_missing("template_row"))
    rejected = good.filter(pl.col("reject_reason").is_not_null())
    assert rejected.height <= 0.03 * good.height, rejected.select("question", "answer", "reject_reason").rows()


def test_good_rows_carry_few_flags(shared_data: Path) -> None:
    """A flag that every row has tells nothing: at most one good history row in a hundred has one."""
    batch = judged(shared_data / "marathi_history_qa.jsonl")
    flagged = batch.filter(pl.col("flags").list.len() > 0)
    assert flagged.height <= 0.01 * batch.height, flagged.select("question", "answer", "flags").rows()
