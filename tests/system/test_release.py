"""What a published version holds, and who can read it."""

import json
from pathlib import Path

import polars as pl
import pytest

from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.pipeline.result import Result
from datakit.recipe import DEFAULT, load
from tests.rows import numbered_rows, write_rows

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    "</title></details><h1>मोठे</h1>",
    "| पट्टी | `code` | \\ |",
    "\u202eउलट\u202c \u200bशून्य",
    "javascript:alert(1)",
    "' onclick='alert(1)",
]
SOURCES = """
[[source]]
id = "first"
title = "पहिला स्रोत"
files = ["a.jsonl"]
licence = "CC-BY-4.0"
priority = 5

[[source]]
id = "second"
title = "Second"
files = ["b.jsonl"]
licence = "CC0-1.0"
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("release")
    write_rows(folder / "raw" / "a.jsonl", numbered_rows(150))
    again = [{**row, "question": f"{row['question']}!"} for row in numbered_rows(10)]
    hostile = [{"question": f"{text} किल्ला कोठे आहे?", "answer": ""} for text in HOSTILE]
    write_rows(folder / "raw" / "b.jsonl", [*again, *hostile])
    (folder / "raw" / "sources.toml").write_text(SOURCES, encoding="utf-8")
    return curate(folder / "raw", folder / "curated", recipe=load(DEFAULT))


@pytest.fixture
def path(result: Result) -> Path:
    assert result.path is not None
    return result.path


def test_datasets_loads_the_three_splits_without_a_script(result: Result, path: Path, tmp_path: Path) -> None:
    """`load_dataset` on the folder gives the three splits with the manifest's counts, and messages as written."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(path), cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in loaded.items()} == dict(result.splits)
    first = loaded["train"][0]
    assert [turn["role"] for turn in first["messages"]] == ["system", "user", "assistant"]
    assert first["messages"][-1]["content"] == first["answer"]


def test_every_row_read_is_in_the_lineage_once_with_its_place(result: Result, path: Path) -> None:
    """Lineage has a line for each input row, and the kept ones are the release."""
    lineage = pl.read_parquet(path / "lineage.parquet")
    assert lineage.height == result.rows_in == 168
    assert lineage.select("file", "locator").is_duplicated().sum() == 0
    kept = lineage.filter(pl.col("role") == "kept")
    release = pl.concat(
        [pl.read_parquet(path / f"{split}.parquet").with_columns(split=pl.lit(split)) for split in result.splits]
    )
    assert sorted(kept["row_id"]) == sorted(release["id"])
    assert dict(zip(kept["row_id"], kept["split"], strict=True)) == dict(
        zip(release["id"], release["split"], strict=True)
    )


def test_a_merged_row_names_the_row_it_merged_into_and_both_sources(path: Path) -> None:
    """The better source's row stays, the other one points at it."""
    lineage = pl.read_parquet(path / "lineage.parquet")
    merged = lineage.filter(pl.col("role") == "duplicate_of")
    assert merged.select(pl.col("source_id").unique()).to_series().to_list() == ["second"]
    assert merged.height == 10
    into = merged.join(lineage.filter(pl.col("role") == "kept"), left_on="of", right_on="row_id", suffix="_kept")
    assert into["source_id_kept"].to_list() == ["first"] * 10
    assert into["score"].to_list() == [1.0] * 10


def test_rejected_rows_carry_stage_reason_and_text(result: Result, path: Path) -> None:
    """Nothing is lost: the rejects' reasons add up to the counts, and their text is there."""
    rejected = pl.read_parquet(path / "rejected.parquet")
    assert dict(rejected["reject_reason"].value_counts().iter_rows()) == dict(result.rejected)
    empty = rejected.filter(pl.col("reject_reason") == "empty_answer")
    assert empty.height == len(HOSTILE)
    assert empty["licence"].unique().to_list() == ["CC0-1.0"]
    assert empty["locator"].to_list() == [f"line {n}" for n in range(11, 19)]


def test_the_manifest_hashes_no_clock_host_or_path(path: Path) -> None:
    """The hashed part holds name, row roots, sources, recipe, decisions and tombstones, and nothing else."""
    identity = read_manifest(path).identity
    assert set(identity) == {"format", "name", "row_roots", "sources", "recipe", "decisions", "tombstones"}
    assert [(source["id"], source["licence"]) for source in identity["sources"]] == [
        ("first", "CC-BY-4.0"),
        ("second", "CC0-1.0"),
    ]
    text = json.dumps(identity, ensure_ascii=False)
    assert str(path.parents[2]) not in text
    assert "20" + "26-" not in text


def test_the_card_keeps_hostile_names_in_their_cells(tmp_path: Path) -> None:
    """A source id with table marks and tags breaks neither the table nor the page."""
    write_rows(tmp_path / "raw" / "a|b <b>x.jsonl", numbered_rows(30))
    made = curate(tmp_path / "raw", tmp_path / "curated", recipe=load(DEFAULT))
    assert made.path is not None
    line = next(line for line in (made.path / "README.md").read_text().splitlines() if "x.jsonl" in line)
    assert line.startswith("| a\\|b &lt;b>x.jsonl | not stated | `")
