"""Unique loss: rows that only one row stage rejects."""

from pathlib import Path

import polars as pl
import pytest

from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.pipeline.only_here import only_here
from datakit.pipeline.rows import process
from datakit.recipe import Recipe, load, parse
from datakit.record import frame
from datakit.report.funnel import steps

LENGTHS = """
name = "plain"
[[stage]]
use = "validate"
[[stage]]
use = "length"
min_question_chars = 8
[[stage]]
use = "script"
[[stage]]
use = "chat"
[[stage]]
use = "split"
"""
ROWS = [
    ("रायगड कोठे आहे?", "महाड तालुक्यात"),
    ("का?", "कारण तसे आहे"),  # too short, and nothing else
    ("Why?", "Because it is"),  # too short, and of another script
    ("Where is Raigad?", "In Mahad"),  # of another script only
    ("रायगड किल्ला?", ""),  # no answer
    ("?", ""),  # no answer, and too short
]


def rejected(folder: Path, recipe: Recipe, rows: list[tuple[str, str]]) -> Path:
    """Write the rejected rows of a run of the row stages."""
    batch = frame(
        [
            {"question": question, "answer": answer, "raw_sha256": f"{number:064x}", "source_id": "s", "file": "a"}
            for number, (question, answer) in enumerate(rows)
        ]
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rejected.parquet"
    process(batch, recipe).rows.filter(pl.col("reject_reason").is_not_null()).write_parquet(path)
    return path


def test_only_rows_that_no_later_stage_rejects_count(tmp_path: Path) -> None:
    """By hand: of two short questions one is of another script too; of two rows without an answer one is short too."""
    recipe = parse(LENGTHS)
    found = only_here(rejected(tmp_path, recipe, ROWS), recipe)
    assert found == {
        "validate": {"empty_answer": {"looked_at": 2, "only": 1}},
        "length": {"question_too_short": {"looked_at": 2, "only": 1}},
        "script": {"not_devanagari": {"looked_at": 1, "only": 1}},
    }


@pytest.mark.parametrize("dropped", ["validate", "length", "script"])
def test_it_is_what_leaving_the_stage_out_would_let_through(tmp_path: Path, dropped: str) -> None:
    """Run without a stage: exactly so many more rows pass as it rejects alone."""
    whole = parse(LENGTHS)
    texts = [(question * times, answer) for question, answer in ROWS for times in (1, 2, 3)]
    found = only_here(rejected(tmp_path / "all", whole, texts), whole)
    alone = sum(entry["only"] for entry in found.get(dropped, {}).values())
    without = Recipe(
        name="less",
        row_stages=tuple(stage for stage in whole.row_stages if stage.name != dropped),
        corpus_stages=whole.corpus_stages,
    )
    lost = {
        name: pl.read_parquet(rejected(tmp_path / name, recipe, texts)).height
        for name, recipe in (("whole", whole), ("without", without))
    }
    assert lost["whole"] - lost["without"] == alone


def test_many_rows_are_measured_on_the_lowest_digests(tmp_path: Path) -> None:
    """With a limit, so many rows of each stage are looked at, and no more."""
    recipe = parse(LENGTHS)
    path = rejected(tmp_path, recipe, ROWS * 20)
    found = only_here(path, recipe, max_rows=10)
    assert {stage: sum(entry["looked_at"] for entry in found[stage].values()) for stage in found} == {
        "validate": 10,
        "length": 10,
        "script": 10,
    }


def test_however_the_rows_are_cut_the_numbers_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are sent on some at a time: the counts are those of all rows together."""
    recipe = parse(LENGTHS)
    path = rejected(tmp_path, recipe, ROWS * 4)
    whole = only_here(path, recipe)
    monkeypatch.setattr("datakit.pipeline.only_here._CHUNK", 1)
    assert only_here(path, recipe) == whole
    assert sum(count["looked_at"] for reasons in whole.values() for count in reasons.values()) > 1


def test_no_rejected_row_no_number(tmp_path: Path) -> None:
    """A release that lost nothing, or only to corpus stages, has nothing to measure."""
    recipe = parse(LENGTHS)
    assert only_here(rejected(tmp_path, recipe, ROWS[:1]), recipe) == {}


def test_a_version_carries_the_numbers_to_its_funnel(tmp_path: Path, project: Path) -> None:
    """On the sample: every reason of a row stage has a number, at most its own loss; dedup and readers have none."""
    result = curate(project / "raw", tmp_path / "curated", recipe=load("marathi-history"), workers=1)
    assert result.path is not None
    manifest = read_manifest(result.path)
    rows = {stage.name for stage in load("marathi-history").row_stages}
    for step in steps(manifest):
        for loss in step.losses:
            assert (loss.only_here is not None) is (step.stage in rows)
            assert not loss.estimated
            assert loss.only_here is None or 0 <= loss.only_here <= loss.rows
    funnel = {loss.reason: loss.only_here for step in steps(manifest) for loss in step.losses}
    assert funnel["not_devanagari"] == 0  # the language stage rejects English too
    assert funnel["personal_data"] == 8
