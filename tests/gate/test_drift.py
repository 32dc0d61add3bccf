"""Drift against the version before."""

from pathlib import Path

import polars as pl
import pytest

from datakit.recipe import GateOptions
from tests.gate.conftest import Changed

LARGEST = "utare-ani-samvad"


def without(source: str, share: float = 1.0):
    """Take away a share of a source's rows."""

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        mine = rows.filter(pl.col("source_id") == source)
        return pl.concat([rows.filter(pl.col("source_id") != source), mine.head(int(mine.height * (1 - share)))])

    return change


def test_nothing_drifts_from_itself(changed: Changed) -> None:
    """Against itself, every source and both medians are expected and met."""
    found = changed.check(previous=changed.version)
    drift = [one for one in found.checked if one.origin == "last version"]
    assert len(drift) == 8 + 2
    assert all(one.met for one in found.checked)


@pytest.mark.parametrize(("limit", "stops"), [(50, True), (95, False)])
def test_a_source_that_loses_most_of_its_rows_stops_the_release(changed: Changed, limit: int, stops: bool) -> None:
    """A source at a fifth of its rows fails by default, and passes where the recipe allows that much loss."""
    for split in ("train", "validation", "test"):
        changed.write(without(LARGEST, 0.8), split)
    failing = changed.failing(GateOptions(max_source_loss_percent=limit), changed.version)
    assert (f"source_kept:{LARGEST}" in failing) is stops


def test_a_source_that_is_not_read_any_more_is_not_missed(changed: Changed) -> None:
    """A source taken out of the raw folder has no line in the lineage: nobody expects its rows."""
    lineage = changed.folder / "lineage.parquet"
    pl.read_parquet(lineage).filter(pl.col("source_id") != LARGEST).write_parquet(lineage)
    for split in ("train", "validation", "test"):
        changed.write(without(LARGEST), split)
    assert f"source_kept:{LARGEST}" not in {one.id for one in changed.check(previous=changed.version).checked}


def test_a_source_with_a_hostile_name_is_counted_as_it_is_called(changed: Changed) -> None:
    """Quotes and operators in a source's name are data in the condition on the rows."""
    odd = """a"b'c\\ == 1 or `split` \u202e{{x}}"""
    rename = pl.when(pl.col("source_id") == LARGEST).then(pl.lit(odd)).otherwise(pl.col("source_id")).alias("source_id")
    for name in ("train", "validation", "test", "lineage"):
        changed.write(lambda rows: rows.with_columns(rename), name)
    found = changed.check(previous=changed.folder)
    (mine,) = [one for one in found.checked if one.id == f"source_kept:{odd}"]
    assert mine.met
    changed.write(without(odd))
    kept = Path(changed.version)
    assert f"source_kept:{odd}" not in {one.id for one in changed.check(previous=kept).checked}


def test_other_lengths_are_a_warning(changed: Changed) -> None:
    """Answers three times as long are said, with both numbers, and stop nothing."""
    for split in ("train", "validation", "test"):
        changed.write(lambda rows: rows.with_columns(pl.concat_str(["answer"] * 3).alias("answer")), split)
    found = changed.check(previous=changed.version)
    (warning,) = found.warnings
    assert warning.id == "answer_median"
    assert "it was" in warning.says
    assert warning.found.startswith("found ")
