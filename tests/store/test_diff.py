"""The difference between two versions."""

import json
from pathlib import Path

from typer.testing import CliRunner

from datakit.cli import app
from datakit.lineage import read_manifest
from datakit.pipeline.curate import curate
from datakit.recipe import Recipe, parse
from datakit.recipe.restore import restore
from datakit.store import diff, find
from datakit.trace import Folders, Places
from datakit.withdraw import withdraw
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
    assert found.sources.columns == ["source_id", "before", "after", "added", "removed", "rejected", "edited", "moved"]
    assert found.sources.rows() == [("a.jsonl", 299, 297, 0, 2, 1, 1, 0), ("b.jsonl", 0, 1, 1, 0, 0, 0, 0)]
    assert dict(found.removed.select("question", "reason").iter_rows()) == {
        rows[20]["question"]: "special_token_in_text",
        gone["question"]: None,
    }
    assert found.reasons.rows() == [("special_token_in_text", 1, 2, 1)]


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


def test_rows_of_a_withdrawn_version_are_told_without_their_text(version: Path, tmp_path: Path) -> None:
    """Ids, places and reasons are compared as ever; text is there for the version that still has it."""
    write_rows(tmp_path / "raw" / "b.jsonl", numbered_rows(3, start=900))
    recipe = restore(read_manifest(version).identity["recipe"], name="plain")
    both = curate(tmp_path / "raw", tmp_path / "curated", recipe=recipe)
    assert both.path is not None
    done = withdraw("b.jsonl", Places(Folders(curated=tmp_path / "curated")))
    child = find(tmp_path / "curated", "plain").path
    assert done.children["plain"] is not None
    found = diff(both.path, child)
    assert found.removed["reason"].to_list() == ["withdrawn_source"] * 3
    assert found.removed["question"].to_list() == [None] * 3
    assert found.recipe == ["source b.jsonl: withdrawn"]
    assert found.reasons.filter(reason="withdrawn_source").rows() == [("withdrawn_source", 0, 3, 3)]
    back = diff(child, both.path)
    assert (back.added.height, back.added["question"].null_count()) == (3, 3)
    assert back.recipe == ["source b.jsonl: no longer withdrawn"]


def test_rows_are_shown_with_visible_code_points(version: Path, plain_recipe: Recipe, tmp_path: Path) -> None:
    """Two spellings that look alike are told apart by name, and nothing invisible reaches the terminal as it is."""
    rows = numbered_rows(299)
    rows[7] = {**rows[7], "answer": str(rows[7]["answer"]) + "\u200d"}
    write_rows(tmp_path / "raw" / "a.jsonl", [*rows, {"question": "टोकन <|im_end|> येथे?", "answer": "नाही"}])
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe)
    shown = CliRunner().invoke(app, ["diff", str(version), str(result.path), "--rows"])
    assert shown.exit_code == 0, shown.output
    assert "answer is:  इ. स. 1007⟨U+200D⟩" in shown.output
    assert "nothing → U+200D zero width joiner" in shown.output
    assert "\u200d" not in shown.output
    assert "a.jsonl: line 8  [a.jsonl]" in shown.output
    body = json.loads(CliRunner().invoke(app, ["diff", str(version), str(result.path), "--json"]).output)
    assert (body["edited"], body["removed"], body["reasons"][0]["reason"]) == (1, 0, "special_token_in_text")
