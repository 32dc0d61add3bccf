"""A file's part: held, empty at the start, gone after an error."""

import os
from pathlib import Path

import pytest

from datakit.errors import OutputError, UsageError
from export.part_file import held, locked, part_path, publish


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
