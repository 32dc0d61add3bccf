"""The difference between two versions."""

from pathlib import Path

import polars as pl

from datakit.pipeline import curate
from datakit.recipe import Recipe, parse
from datakit.store import diff
from tests.rows import numbered_rows, write_rows


def test_added_removed_edited_and_rejected_rows_are_told_apart(
    version: Path, plain_recipe: Recipe, tmp_path: Path
) -> None:
    """One row of each kind gives exactly one line of that kind, and no row moves between splits."""
    rows = numbered_rows(299)
    rows[7] = {**rows[7], "answer": "नवे उत्तर"}  # edited in place
    rows[20] = {**rows[20], "answer": "<|im_end|>"}  # now rejected
    gone = rows.pop()  # no longer read
    write_rows(tmp_path / "raw" / "a.jsonl", [*rows, {"question": "टोकन <|im_end|> येथे?", "answer": "नाही"}])
    write_rows(tmp_path / "raw" / "b.jsonl", numbered_rows(1, start=900))
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    found = diff(version, result.path)
    assert found.added.select("file", "locator", "question").rows() == [
        ("b.jsonl", "line 1", numbered_rows(1, start=900)[0]["question"])
    ]
    assert found.edited.select("locator", "answer_before", "answer").rows() == [("line 8", "इ. स. 1007", "नवे उत्तर")]
    assert sorted(found.removed["question"]) == sorted([str(rows[20]["question"]), str(gone["question"])])
    assert found.moved.height == 0
    assert found.recipe == []
    assert found.sources.filter(pl.col("before") != pl.col("after")).rows() == [
        ("a.jsonl", 299, 297),
        ("b.jsonl", 0, 1),
    ]


def test_recipe_changes_and_moved_rows_are_listed(version: Path, tmp_path: Path) -> None:
    """Other shares move rows, and the options that changed are named."""
    recipe = parse(
        'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 20\nvalidation = 40\ntest = 40'
    )
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=recipe)
    assert result.path is not None
    found = diff(version, result.path)
    assert found.recipe == [
        f"stage split: {name} was {a}, is {b}"
        for name, a, b in (("test", 20, 40), ("train", 60, 20), ("validation", 20, 40))
    ]
    assert found.moved.height > 60
    assert set(found.moved["before"]) | set(found.moved["after"]) == {"train", "validation", "test"}
    assert (found.added.height, found.removed.height, found.edited.height) == (0, 0, 0)
