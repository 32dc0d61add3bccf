"""The door's two small services: waiting for the disk, and naming the program's revision."""

import os
import re
import threading
from pathlib import Path

import pytest

from datakit.lineage import git_commit, sync, write_whole


def test_files_and_folders_can_be_waited_for(tmp_path: Path) -> None:
    """Both a file and the folder that names it; what is not there is an error of the disk."""
    (tmp_path / "a").write_text("x")
    sync(tmp_path / "a")
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "b")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    """A new file takes the place of the old one; one that cannot be written leaves the old one, and nothing beside."""
    write_whole(tmp_path / "page", "पहिले".encode())
    write_whole(tmp_path / "page", "दुसरे".encode())
    assert (tmp_path / "page").read_text(encoding="utf-8") == "दुसरे"
    with pytest.raises(TypeError):
        write_whole(tmp_path / "page", None)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "page", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert (tmp_path / "page").read_text(encoding="utf-8") == "दुसरे"


def test_a_link_keeps_meaning_the_file(tmp_path: Path) -> None:
    """Written through a link, the file that it means changes, and the link stays one."""
    (tmp_path / "page").write_text("old")
    (tmp_path / "link").symlink_to("page")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "page").read_text() == "new"


def test_a_pipe_is_written_to_not_replaced(tmp_path: Path) -> None:
    """What is no plain file, such as `/dev/stdout`, gets the bytes and stays what it is; a folder is refused."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"page")
    reader.join()
    assert got == [b"page"]
    assert pipe.is_fifo()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"x")


def test_the_revision_is_named_or_unknown(project: Path) -> None:
    """A checkout answers with a full revision; an installation without one answers None."""
    found = git_commit()
    assert found is None or re.fullmatch("[0-9a-f]{40}", found)
    assert (found is None) == (not (project / ".git").exists())
