"""An export's folder: there whole or not at all."""

from pathlib import Path

import pytest

from export.staging import publish as publish_folder
from export.staging import staged
from tests.export.places import fill, names


def test_a_published_folder_holds_what_was_put_there(tmp_path: Path) -> None:
    """After publishing there is the folder with its files, no lock in it and nothing beside it."""
    wanted = tmp_path / "models" / "m-1"
    with staged(wanted) as part:
        assert part == tmp_path / "models" / ".m-1.part"
        assert names(part) == [".lock"]
        fill(part, "नवे")
        publish_folder(part, wanted)
    assert names(tmp_path / "models") == ["m-1"]
    assert names(wanted) == ["m.gguf"]


def test_what_is_not_published_is_removed(tmp_path: Path) -> None:
    """An export that ends without publishing, by itself or by an error, leaves nothing."""
    with staged(tmp_path / "m") as part:
        fill(part, "x")
    assert names(tmp_path) == []
    with pytest.raises(FileNotFoundError), staged(tmp_path / "m") as part:
        fill(part / "no" / "such", "x")
    assert names(tmp_path) == []


def test_what_a_killed_export_left_is_cleared(tmp_path: Path) -> None:
    """Files, folders and a lock of a process that died are no obstacle, and none of them gets into the new export."""
    part = tmp_path / ".m.part"
    (part / "deep" / "er").mkdir(parents=True)
    (part / "old.gguf").write_text("x")
    (part / ".lock").write_text("")
    with staged(tmp_path / "m") as again:
        assert names(again) == [".lock"]
        publish_folder(again, tmp_path / "m")
    assert names(tmp_path / "m") == []


def test_an_older_export_gives_way_at_the_last_moment(tmp_path: Path) -> None:
    """While the new one is filled the older one is whole; then it is gone, leftovers of an older change too."""
    wanted = tmp_path / "m"
    wanted.mkdir()
    fill(wanted, "जुने")
    (tmp_path / ".m.old").mkdir()
    fill(tmp_path / ".m.old", "older still")
    with staged(wanted) as part:
        fill(part, "नवे")
        assert (wanted / "m.gguf").read_text() == "जुने"
        publish_folder(part, wanted)
    assert (wanted / "m.gguf").read_text() == "नवे"
    assert names(tmp_path) == ["m"]
