"""The last step of an export: synced before, and the older export put back where it fails."""

import os
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import OutputError, UsageError
from export.staging import publish as publish_folder
from export.staging import staged
from tests.export.places import fill, names


def test_where_the_last_step_fails_the_older_export_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that refuses between the two renames leaves the older export under its name, and the message says so."""
    wanted = tmp_path / "m"
    wanted.mkdir()
    fill(wanted, "जुने")
    rename = Path.rename

    def refuse(self: Path, target: Any) -> Path:
        if self.name == ".m.part":
            raise OSError(28, os.strerror(28))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with (
        pytest.raises(OutputError, match=r"m: cannot be put in place \(No space left on device\); .* not published"),
        staged(wanted) as part,
    ):
        publish_folder(part, wanted)
    assert names(tmp_path) == ["m"]
    assert (wanted / "m.gguf").read_text() == "जुने"


def test_a_first_export_that_cannot_be_published_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing lay under the name, nothing lies there after a failure either, and the reason is the first one."""
    monkeypatch.setattr("export.staging.sync", lambda _: Path("/nonexistent").stat())
    with (
        pytest.raises(OutputError, match=r"cannot be put in place \(No such file or directory\)"),
        staged(tmp_path / "m") as part,
    ):
        publish_folder(part, tmp_path / "m")
    assert names(tmp_path) == []


def test_everything_is_on_disk_before_the_name_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file and the folder are synced while the old export still has the name, and the name itself at the end."""
    wanted = tmp_path / "m"
    wanted.mkdir()
    fill(wanted, "जुने")
    synced: list[tuple[str, str]] = []
    monkeypatch.setattr("export.staging.sync", lambda path: synced.append((path.name, (wanted / "m.gguf").read_text())))
    with staged(wanted) as part:
        fill(part, "नवे")
        (part / "README.md").write_text("x")
        publish_folder(part, wanted)
    assert sorted(synced[:-2]) == [("README.md", "जुने"), ("m.gguf", "जुने")]
    assert synced[-2:] == [(".m.part", "जुने"), (tmp_path.name, "नवे")]


def test_a_folder_that_is_being_filled_is_held(tmp_path: Path) -> None:
    """Another export of the same name is refused with the folder's name, and its end does not clear the first one's."""
    with staged(tmp_path / "m") as part:
        fill(part, "x")
        with pytest.raises(UsageError) as caught, staged(tmp_path / "m"):
            raise AssertionError("both were let in")
        assert str(caught.value) == (f"{part}: another export fills this folder; wait for it, or choose another --out")
        assert names(part) == [".lock", "m.gguf"]
    with staged(tmp_path / "m"):
        pass


def test_a_place_that_is_no_folder_is_named(tmp_path: Path) -> None:
    """Where the place for exports is a file, the lock's own name is in the message."""
    (tmp_path / "models").write_text("x")
    with (
        pytest.raises(OutputError, match=r"\.lock: cannot be created \(Not a directory\); nothing was written"),
        staged(tmp_path / "models" / "m"),
    ):
        pass
    assert names(tmp_path) == ["models"]
