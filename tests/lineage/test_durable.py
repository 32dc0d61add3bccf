"""The door's two small services: waiting for the disk, and naming the program's revision."""

import re
from pathlib import Path

import pytest

from datakit.lineage import git_commit, sync


def test_files_and_folders_can_be_waited_for(tmp_path: Path) -> None:
    """Both a file and the folder that names it; what is not there is an error of the disk."""
    (tmp_path / "a").write_text("x")
    sync(tmp_path / "a")
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "b")


def test_the_revision_is_named_or_unknown(project: Path) -> None:
    """A checkout answers with a full revision; an installation without one answers None."""
    found = git_commit()
    assert found is None or re.fullmatch("[0-9a-f]{40}", found)
    assert (found is None) == (not (project / ".git").exists())
