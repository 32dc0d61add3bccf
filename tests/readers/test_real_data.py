"""The readers on real Marathi data; skipped where that is absent."""

from collections import Counter
from pathlib import Path

import orjson
import polars as pl
import pytest

from datakit.readers import discover, inspect, read
from datakit.readers.source import Input


def only(path: Path) -> Input:
    """Return one file as an input."""
    (source,) = discover(path)
    return source


@pytest.mark.parametrize(
    ("name", "rows"),
    [("marathi_history_qa.jsonl", 357), ("marathi_qa_factual.jsonl", 1235), ("qa_bad_rows.jsonl", 704)],
)
def test_every_row_of_real_banks_is_read(shared_data: Path, name: str, rows: int) -> None:
    """Real banks lose no row, and question, answer and context come as they stand in the file."""
    path = shared_data / name
    batch = pl.concat(read(only(path)))
    assert batch.height == rows
    assert batch["reject_reason"].null_count() == rows
    for row, line in zip(batch.iter_rows(named=True), path.read_bytes().splitlines(), strict=True):
        value = orjson.loads(line)
        if not value.get("options"):
            assert (row["question"], row["answer"]) == (value["question"], value["answer"])
            assert row["context"] == (value.get("context") or None)
        else:
            assert row["question"].startswith(value["question"].rstrip())
            assert all(option.strip() in row["question"] for option in value["options"])
        assert orjson.loads(row["meta"])["id"] == value["id"]


def test_history_rows_are_grouped_by_passage(shared_data: Path) -> None:
    """Rows share a group exactly where they share a passage."""
    batch = pl.concat(read(only(shared_data / "marathi_history_qa.jsonl"))).filter(pl.col("group").is_not_null())
    assert batch["group"].n_unique() == batch["context"].n_unique() > 1


def test_real_pages(shared_data: Path) -> None:
    """Of 118 real pages only those that ask give pairs; every other one is one reject."""
    counts: Counter[str] = Counter()
    questions = []
    for source in discover(shared_data / "html"):
        if source.format == "html":
            batch = pl.concat(read(source))
            kept = batch.filter(pl.col("reject_reason").is_null())
            questions += kept["question"].to_list()
            counts["asks" if kept.height else "prose"] += 1
            assert kept.height or batch["reject_reason"].to_list() == ["no_question_answer_pairs"]
    assert counts["asks"] + counts["prose"] == 118
    assert {"सुधागड का?", "झीज होण्याची कारणे कोणती?"} <= set(questions)
    assert all("?" in question for question in questions)
    assert len(questions) < 20


@pytest.mark.slow
def test_the_large_bank(shared_data: Path) -> None:
    """84,002 rows come out of the packed file, none rejected."""
    found = inspect(only(shared_data / "marathi_qa.jsonl.zst"))
    assert (found.rows, dict(found.rejects), found.encoding) == (84_002, {}, "utf-8")
