"""How a user may name a run folder."""

import os
from pathlib import Path

import pytest

from datakit.errors import InputError, UsageError
from datakit.lineage import BEGUN, MANIFEST, find_run, is_run, list_runs


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two finished runs, a begun one that is the newest, and a folder that is none."""
    for age, (name, inside) in enumerate(
        [("abcd01", MANIFEST), ("abcd02", MANIFEST), ("ffff03", BEGUN), ("notes", "x")]
    ):
        folder = tmp_path / name
        (folder / "adapter").mkdir(parents=True)
        (folder / inside).write_text("{}")
        os.utime(folder, (1000 + age, 1000 + age))
    return tmp_path


def test_a_run_is_finished_or_begun(runs: Path) -> None:
    """A manifest with an adapter, or the note of what it began with, makes a run; the oldest is listed first."""
    assert [path.name for path in list_runs(runs)] == ["abcd01", "abcd02", "ffff03"]
    assert not is_run(runs / "notes")
    assert not is_run(runs / "nowhere")


def test_a_run_is_found_by_path_by_latest_and_by_its_beginning(runs: Path) -> None:
    """All three lead to the same folder."""
    assert find_run(str(runs / "abcd01"), runs=runs / "elsewhere") == runs / "abcd01"
    assert find_run("latest", runs=runs) == runs / "ffff03"
    assert find_run("abcd02", runs=runs) == runs / "abcd02"


def test_what_is_missing_or_ambiguous_lists_what_there_is(runs: Path) -> None:
    """Nothing that fits is missing input, several are a slip of the user; both lists help."""
    with pytest.raises(UsageError, match=r"2 fit; name more of the id:\n  abcd01\n  abcd02$"):
        find_run("abcd", runs=runs)
    with pytest.raises(InputError, match=r"(?s)not found under .*There are:\n  abcd01\n.*ffff03$"):
        find_run("9999", runs=runs)
    with pytest.raises(InputError, match=r"\(none\)"):
        find_run("latest", runs=runs / "empty")
