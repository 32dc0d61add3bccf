"""The bars, held on real labelled text and on real questions; skipped where the data is absent."""

from pathlib import Path

import polars as pl
import pytest

from datakit.langid import guess
from datakit.record import frame
from datakit.stages.language import Language

NEIGHBOURS = ("mar", "hin", "npi", "gom", "san")


@pytest.fixture(scope="module")
def labelled(shared_data: Path) -> pl.DataFrame:
    """The labelled texts with the default engine's label beside them."""
    rows = pl.read_ndjson(shared_data / "lid_test.jsonl", infer_schema_length=None)
    return rows.with_columns(pl.Series("label", guess(rows["text"].to_list()).labels))


def f1(rows: pl.DataFrame) -> float:
    """Return F1 of Marathi against its four neighbours."""
    near = rows.filter(pl.col("lang").is_in(NEIGHBOURS))
    called, are = (near.select(pl.col(name) == "mar").to_series() for name in ("label", "lang"))
    right = near.filter(called & are).height
    return 2 * right / (near.filter(called).height + near.filter(are).height)


def share(rows: pl.DataFrame, lang: str, label: str) -> float:
    """Return the share of the texts of a language that get a label."""
    labels = rows.filter(pl.col("lang") == lang)["label"].to_list()
    return labels.count(label) / len(labels)


def test_marathi_is_told_from_its_neighbours(labelled: pl.DataFrame) -> None:
    """F1 is .975 at least on running text, .95 on questions, .85 on all texts under 20 characters, words included."""
    assert f1(labelled.filter(~pl.col("kind").is_in(["word", "word_pair"]))) >= 0.975
    assert f1(labelled.filter(pl.col("kind") == "question")) >= 0.95
    assert f1(labelled.filter(pl.col("text").str.len_chars() < 20)) >= 0.85


def test_konkani_is_not_marathi(labelled: pl.DataFrame) -> None:
    """At most 3 % of Konkani texts are called Marathi."""
    assert share(labelled, "gom", "mar") <= 0.03


def test_romanised_marathi_is_found(labelled: pl.DataFrame) -> None:
    """At least four of five romanised Marathi texts are found, and next to no English is taken for them."""
    assert share(labelled, "mar_Latn", "mar-Latn") >= 0.8
    assert share(labelled, "eng", "mar-Latn") <= 0.01


@pytest.mark.parametrize("name", ["marathi_history_qa.jsonl", "marathi_qa_factual.jsonl"])
def test_good_rows_stay(shared_data: Path, name: str) -> None:
    """Of real Marathi questions with short answers at most 1 % are rejected."""
    rows = pl.read_ndjson(shared_data / name, infer_schema_length=None).select("question", "answer")
    out = Language().apply(frame(rows.iter_rows(named=True)))
    rejected = out.filter(pl.col("reject_reason").is_not_null())
    assert rejected.height <= out.height // 100, rejected.select("question", "answer", "reject_detail").rows()


def test_english_rows_go(shared_data: Path) -> None:
    """Of the bad rows all that have no Devanagari letter and a Latin sentence are rejected."""
    rows = pl.read_ndjson(shared_data / "qa_bad_rows.jsonl", infer_schema_length=None).select("question", "answer")
    english = rows.filter(
        ~pl.col("question").str.contains(r"[\u0904-\u0939]") & pl.col("question").str.contains("[a-z]{3}")
    )
    assert english.height > 100
    out = Language().apply(frame(english.iter_rows(named=True)))
    assert set(out["reject_reason"]) <= {"not_marathi", "romanised_marathi"}
