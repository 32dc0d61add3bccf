"""What changed: the same numbers as `datakit diff`, from files that have no manifest yet."""

from pathlib import Path

import pytest

from datakit.errors import InputError
from datakit.report.changes import SAMPLES, changes
from datakit.store import diff
from tests.report.made import kept, published, rejected, release

BEFORE = [
    kept("तोच प्रश्न"),
    kept("मोगल कोण?", "जुने उत्तर", locator="line 40"),
    kept("जुना प्रश्न"),
    kept("हलणारा प्रश्न"),
    kept("नाकारलेला प्रश्न"),
]
AFTER = [
    kept("तोच प्रश्न"),
    kept("मोगल कोण?", "नवे उत्तर", locator="line 40"),
    *[kept(f"नवा प्रश्न {n}", file="b.jsonl") for n in range(5)],
    kept("हलणारा प्रश्न", split="test", file="c.jsonl"),
    rejected("नाकारलेला प्रश्न", "empty_answer", file="c.jsonl"),
]


def test_numbers_are_those_of_diff(tmp_path: Path) -> None:
    """Added, removed, edited and moved are what `datakit diff` counts between the published versions."""
    published(tmp_path / "a", BEFORE)
    made = published(tmp_path / "b", AFTER)
    found, expected = changes(made, tmp_path / "a"), diff(tmp_path / "a", tmp_path / "b")
    assert (found.added, found.removed, found.edited, found.moved) == (5, 2, 1, 1)
    assert found.added == expected.added.height
    assert found.removed == expected.removed.height
    assert found.edited == expected.edited.height
    assert found.moved == expected.moved.height
    assert found.recipe_changed


def test_samples_show_the_text_of_both_sides(tmp_path: Path) -> None:
    """An edit has the text before and after; added and removed rows are shown, a few of each."""
    before = published(tmp_path / "a", BEFORE)
    found = changes(release(tmp_path / "b", AFTER), tmp_path / "a")
    assert (found.before, found.rows_before) == (before.manifest.id, 5)
    (edit,) = found.edits
    assert edit.before.answer is not None
    assert edit.after.answer is not None
    assert (edit.before.answer.text, edit.after.answer.text) == ("जुने उत्तर", "नवे उत्तर")
    assert edit.before.locator == edit.after.locator == "line 40"
    assert len(found.added_rows) == SAMPLES
    assert {row.question.text for row in found.removed_rows if row.question} == {"जुना प्रश्न", "नाकारलेला प्रश्न"}


def test_the_same_version_has_no_changes(tmp_path: Path) -> None:
    """A version compared with itself differs in nothing."""
    made = published(tmp_path / "a", BEFORE)
    found = changes(made, tmp_path / "a")
    assert (found.added, found.removed, found.edited, found.moved, found.recipe_changed) == (0, 0, 0, 0, False)
    assert (found.added_rows, found.removed_rows, found.edits) == ((), (), ())


def test_a_folder_without_a_manifest_is_an_error(tmp_path: Path) -> None:
    """What is no version cannot be compared with."""
    release(tmp_path / "a", BEFORE)
    with pytest.raises(InputError, match="no manifest can be read here"):
        changes(release(tmp_path / "b", AFTER), tmp_path / "a")
