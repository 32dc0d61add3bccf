"""An export's folder: there whole or not at all, held while it is filled, the older one safe till the end."""

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from datakit.errors import OutputError, UsageError
from export.disk import check_room
from export.part_file import held, locked, part_path, publish
from export.staging import publish as publish_folder
from export.staging import staged


def fill(part: Path, text: str) -> None:
    """Put something into a folder."""
    (part / "m.gguf").write_text(text)


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


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


def test_a_part_is_begun_empty_and_removed_on_any_error(tmp_path: Path) -> None:
    """A file's part has no byte of what lay there; an error of any kind removes it, a good end leaves it."""
    part = part_path(tmp_path / "x.gguf")
    assert part == tmp_path / ".x.gguf.part"
    assert part_path(tmp_path / "x.gguf", suffix="bf16").name == ".x.gguf.bf16"
    part.write_bytes(b"old and long")
    with held(part) as descriptor:
        assert part.stat().st_size == 0
        os.write(descriptor, b"new")
    assert part.read_bytes() == b"new"
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), held(part):
            raise error
        assert not part.exists()


def test_an_error_in_a_part_that_is_gone_is_the_error_itself(tmp_path: Path) -> None:
    """Where somebody removed the part meanwhile, the first error goes on, not one about the missing part."""

    def work() -> None:
        (tmp_path / "p").unlink()
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"), held(tmp_path / "p"):
        work()


def test_a_lock_ends_with_its_block(tmp_path: Path) -> None:
    """The lock is given back at the end, also after an error; a held one is refused with the sentence of the caller."""

    def second() -> None:
        with locked(tmp_path / "deep" / "lock", busy="belegt"):
            raise RuntimeError("was let in")

    with locked(tmp_path / "deep" / "lock", busy="-"), pytest.raises(UsageError, match=r"^belegt$"):
        second()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="was let in"):
            second()


def test_a_file_is_published_under_its_name(tmp_path: Path) -> None:
    """The part becomes the file, over an older one; where that cannot be, the message says that nothing lies there."""
    part, out = tmp_path / "p", tmp_path / "out"
    out.write_text("old")
    with held(part) as descriptor:
        os.write(descriptor, b"new")
        publish(part, out, descriptor)
    assert (out.read_text(), part.exists()) == ("new", False)
    (tmp_path / "folder" / "in").mkdir(parents=True)
    with (
        pytest.raises(
            OutputError, match=r"folder: cannot be published \(Is a directory\); nothing lies under that name"
        ),
        held(part) as descriptor,
    ):
        publish(part, tmp_path / "folder", descriptor)
    assert not part.exists()


SLACK = 16 << 20


class Usage(NamedTuple):
    """What `shutil.disk_usage` gives."""

    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "result", "scratch", "passes"),
    [
        (100 + SLACK, 100, 0, True),
        (99 + SLACK, 100, 0, False),
        (100 + SLACK, 60, 40, True),
        (99 + SLACK, 60, 40, False),
        (SLACK - 1, 0, 0, False),
    ],
)
def test_room_is_counted_to_the_byte(
    free: int, result: int, scratch: int, passes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Result, intermediate and 16 MiB for the system must be free where the file will lie; one byte less is refused."""
    asked = []

    def usage(folder: Path) -> Any:
        asked.append(folder)
        return Usage(free * 2, free, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    if passes:
        check_room(tmp_path / "a" / "b" / "m.gguf", result=result, scratch=scratch)
    else:
        with pytest.raises(OutputError, match=r"nothing was written\. Make room, or choose another place with --out"):
            check_room(tmp_path / "a" / "b" / "m.gguf", result=result, scratch=scratch)
    assert asked == [tmp_path]


@pytest.mark.parametrize(
    ("result", "scratch", "free", "says"),
    [
        (1 << 30, 0, 5 << 20, "needs 1.00 GiB, but {} has 5.0 MiB free"),
        (1 << 30, 3 << 29, 0, "needs 1.00 GiB and 1.50 GiB for an intermediate file that is removed again, but {} has"),
        (1 << 40, 0, 1 << 26, "needs 1024.00 GiB, but {} has 0.06 GiB free"),
        ((1 << 26) - 1, 0, 1 << 20, "needs 64.0 MiB, but {} has 1.0 MiB free"),
        (1 << 26, 0, 1 << 20, "needs 0.06 GiB, but {} has 1.0 MiB free"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_units(
    result: int, scratch: int, free: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Need and room are said in GiB from 64 MiB on, else in MiB; an intermediate file only where there is one."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))
    with pytest.raises(OutputError) as caught:
        check_room(tmp_path / "m.gguf", result=result, scratch=scratch)
    assert f"m.gguf: {says.format(tmp_path)}" in str(caught.value)
