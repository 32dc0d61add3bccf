"""The suite that follows from a recipe: sound releases pass, each fault is found under its own name."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from datakit.decisions import Decision
from datakit.gate import check_release
from datakit.gate.suite import split_bounds
from datakit.lineage import read_manifest
from datakit.recipe import GateOptions
from datakit.store import Tombstone
from tests.gate.conftest import Change, Changed


def first(column: str, value: object) -> Change:
    """Put a value into the first row."""

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        place = pl.int_range(pl.len()) == 0
        kind = rows.schema[column]
        return rows.with_columns(pl.when(place).then(pl.lit(value, kind)).otherwise(pl.col(column)).alias(column))

    return change


def test_the_sample_passes(sample: Path) -> None:
    """Every expectation of the default recipe holds for the sample, and there are as many as the recipe demands."""
    found = check_release(sample, read_manifest(sample))
    assert [one.id for one in found.checked if not one.met] == []
    ids = {one.id for one in found.checked}
    assert len(ids) == len(found.checked)
    assert {
        "columns", "id_filled", "question_length", "answer_length", "script_share", "id_unique", "train_size",
        "test_not_empty", "licence_stated", "no_withdrawn_source", "groups_apart",
    } <= ids  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("columns", lambda rows: rows.with_columns(pl.lit("x").alias("stray"))),
        ("columns", lambda rows: rows.drop("lang")),
        ("locator_is_text", lambda rows: rows.with_columns(pl.lit(7).alias("locator"))),
        ("source_id_filled", first("source_id", None)),
        ("question_filled", first("question", None)),
        ("answer_filled", first("answer", None)),
        ("split_group_filled", first("split_group", None)),
        ("messages_filled", lambda rows: rows.with_columns(pl.lit(None, rows.schema["messages"]).alias("messages"))),
        ("answer_is_trained_on", first("answer", "दुसरेच उत्तर")),
        ("ends_with_assistant", lambda rows: rows.with_columns(pl.col("messages").list.head(2))),
        ("id_unique", lambda rows: pl.concat([rows, rows.head(1)])),
        ("messages_unique", lambda rows: pl.concat([rows, rows.head(1).with_columns(pl.lit("x").alias("id"))])),
        ("row_count", lambda rows: rows.head(rows.height - 1)),
        ("question_length", first("question", "का?")),
        ("question_length", first("question", "क" * 4_501)),
        ("answer_length", first("answer", "")),
        ("answer_length", first("answer", "क" * 8_001)),
        ("script_share", first("question", "Who built the fort of Raigad and in which year was that done?")),
        ("licence_stated", first("licence", None)),
        ("train_size", lambda rows: rows.head(100)),
        ("train_not_empty", lambda rows: rows.head(0)),
    ],
)
def test_a_fault_is_found_under_its_name(changed: Changed, fault: str, change: Change) -> None:
    """One fault put into a release fails the expectation that is about it."""
    if fault == "script_share":
        changed.write(
            first("answer", "It was built by Hiroji Indulkar between 1656 and 1670, the year of the coronation.")
        )
    assert fault in changed.write(change).failing()


def test_a_group_in_two_splits_is_found(changed: Changed) -> None:
    """A test row that carries the group of a train row stops the release, and both rows are named."""
    group = pl.read_parquet(changed.folder / "train.parquet")["split_group"][0]
    found = changed.write(first("split_group", group), "test").check()
    (failed,) = [one for one in found.failures if one.id == "groups_apart"]
    assert len(failed.rows) >= 2
    assert {row.id for row in failed.rows} >= {pl.read_parquet(changed.folder / "test.parquet")["id"][0]}


def test_a_held_out_split_without_rows_is_a_warning(changed: Changed) -> None:
    """A small dataset may have no test rows: that is said, it stops nothing by itself."""
    changed.write(lambda rows: rows.head(0), "test")
    found = changed.check()
    assert "test_not_empty" in {one.id for one in found.warnings}
    assert {one.id for one in found.failures} == {"row_count"}


def test_licences_are_held_against_the_list(changed: Changed) -> None:
    """With a list of licences, a row under another one is named; without the duty, a row without one passes."""
    found = changed.check(GateOptions(licences=("CC0-1.0",)))
    (failed,) = found.failures
    assert failed.id == "licence_allowed"
    assert "CC0-1.0" in failed.says
    changed.write(first("licence", None))
    assert changed.failing(GateOptions(require_licence=False)) == set()


def test_a_withdrawn_source_may_not_come_back(changed: Changed) -> None:
    """A row of a source that a tombstone names stops the release."""
    stone = Tombstone(source="peshwai").identity()
    changed.manifest = replace(changed.manifest, identity={**changed.manifest.identity, "tombstones": [stone]})
    found = changed.check()
    (failed,) = found.failures
    assert failed.id == "no_withdrawn_source"
    assert len(failed.rows) == 5


@pytest.mark.parametrize("overrules", [("length.question_too_short",), ()])
def test_what_a_person_let_in_is_not_measured(changed: Changed, overrules: tuple[str, ...]) -> None:
    """A row outside the band passes where a decision overrules a stage for it, and only then."""
    changed.write(first("question", "का?"))
    name = pl.read_parquet(changed.folder / "train.parquet")["id"][0]
    digest = pl.read_parquet(changed.folder / "lineage.parquet").filter(pl.col("row_id") == name)["raw_sha256"][0]
    decision = Decision(action="accept", row=digest, overrules=overrules).identity()
    decided = {**changed.manifest.identity, "decisions": [decision]}
    changed.manifest = replace(changed.manifest, identity=decided)
    assert changed.failing() == (set() if overrules else {"question_length"})


def test_a_recipe_without_a_stage_expects_nothing_of_it(version: Path) -> None:
    """The least recipe has no band, no script and no duty to fill: only what every release must be is asked."""
    found = check_release(version, read_manifest(version), options=GateOptions(require_licence=False))
    ids = {one.id for one in found.checked}
    assert not ids & {"question_length", "script_share", "question_filled", "licence_stated"}
    assert [one.id for one in found.failures] == []


@pytest.mark.parametrize(
    ("share", "rows", "squares", "expected"),
    [(0.9, 1000, 1000, (852, 948)), (0.05, 100, 100, (0, 16)), (1.0, 50, 50, (50, 50)), (0.0, 50, 50, (0, 0))],
)
def test_bounds_of_a_split(share: float, rows: int, squares: int, expected: tuple[int, int]) -> None:
    """Five standard deviations around the share, never outside of what there is."""
    assert split_bounds(share, rows, squares) == expected


def test_large_groups_widen_the_bounds() -> None:
    """A hundred groups of ten rows leave more to chance than a thousand single rows."""
    low, high = split_bounds(0.9, 1000, 100 * 10**2)
    assert (low, high) == (750, 1000)
