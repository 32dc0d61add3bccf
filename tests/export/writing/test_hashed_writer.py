"""What is hashed is what lies in the file, and whatever fails is named."""

import errno
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InputError, OutputError
from export.hashed_writer import HashedWriter
from export.part_file import held

SOURCE = bytes(range(256)) * 12_000
"""3 MB: more than the buffer through which it is hashed."""
STEPS = st.one_of(
    st.tuples(st.just("write"), st.binary(max_size=300)),
    st.tuples(st.just("copy"), st.tuples(st.integers(0, len(SOURCE)), st.integers(0, len(SOURCE)))),
    st.tuples(st.just("pad"), st.sampled_from([1, 32, 4096])),
)


@contextmanager
def full() -> Iterator[int]:
    """A device that refuses every byte."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy from."""
    path = tmp_path_factory.mktemp("source") / "source"
    path.write_bytes(SOURCE)
    return path


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=8))
def test_the_hash_is_that_of_the_file(steps: list[tuple[str, object]], source: Path) -> None:
    """In whatever order a file is put together from chunks, ranges and padding, hash and length are those on disk."""
    out, expected = source.with_name("part"), b""
    with held(out) as descriptor:
        writer = HashedWriter(descriptor, out)
        for kind, what in steps:
            if kind == "write":
                assert isinstance(what, bytes)
                writer.write(what)
                expected += what
            elif kind == "copy":
                assert isinstance(what, tuple)
                start, stop = sorted(what)
                writer.copy(source, start, stop - start)
                expected += SOURCE[start:stop]
            else:
                assert isinstance(what, int)
                writer.pad(what)
                expected += bytes(-len(expected) % what)
        found = writer.close()
    assert out.read_bytes() == expected
    assert found == hashlib.sha256(expected).hexdigest()
    assert writer.bytes == len(expected)


def test_a_long_copy_is_whole(tmp_path: Path) -> None:
    """A range longer than what is flushed at a time, from an odd offset, arrives byte for byte."""
    with (tmp_path / "long").open("wb") as file:
        for number in range(70):
            file.write(number.to_bytes(2, "little") * (1 << 19))
    with held(tmp_path / "part") as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "part")
        writer.write(b"head")
        writer.copy(tmp_path / "long", 5, (70 << 20) - 5)
        found = writer.close()
    raw = (tmp_path / "part").read_bytes()
    assert raw[:4] == b"head"
    assert hashlib.sha256(raw[4:]).digest() == hashlib.sha256((tmp_path / "long").read_bytes()[5:]).digest()
    assert found == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP])
def test_without_sendfile_the_bytes_are_the_same(
    number: int, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system or a kernel that cannot copy by itself gets the bytes through a buffer."""
    asked = []

    def refuse(*wanted: int) -> int:
        asked.append(wanted)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "sendfile", refuse)
    with held(tmp_path / "part") as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "part")
        writer.copy(source, 7, len(SOURCE) - 7)
        found = writer.close()
    assert asked
    assert (tmp_path / "part").read_bytes() == SOURCE[7:]
    assert found == hashlib.sha256(SOURCE[7:]).hexdigest()


def test_a_file_that_cannot_be_read_back_has_no_hash(tmp_path: Path, source: Path) -> None:
    """The hash is of the file, not of what was meant to be there: a file cut short behind the writer is told."""
    with held(tmp_path / "part") as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "part")
        writer.copy(source, 0, 100)
        for _ in range(500):  # till the first range has been hashed
            if writer._waiting.empty():
                break
            time.sleep(0.01)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        writer.copy(source, 0, 50)
        with pytest.raises(OutputError, match=r"part: what was written cannot be read back"):
            writer.close()


def test_the_wait_for_the_hash_is_bounded(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of more pieces than may wait goes on as soon as one is hashed, and its hash is right."""
    monkeypatch.setattr("export.hashed_writer._PIECE_BYTES", 10_000)
    with held(tmp_path / "part") as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "part")
        writer.copy(source, 0, len(SOURCE))
        assert writer.close() == hashlib.sha256(SOURCE).hexdigest()


def test_a_full_device_says_so(tmp_path: Path, source: Path) -> None:
    """The disk's own refusal becomes an error with place, count and next step, for a chunk and for a range alike."""
    with full() as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "x.part")
        with pytest.raises(OutputError, match=r"x\.part: the disk refused after 0 bytes \(No space left on device\)"):
            writer.write(b"x" * 100)
        with pytest.raises(OutputError, match="Make room, then run the same command again"):
            writer.copy(source, 0, len(SOURCE))
        writer.close()


def test_a_writer_that_failed_often_still_ends(tmp_path: Path, source: Path) -> None:
    """A caller that goes on after refusals, more often than there are chunks that may wait, never waits for ever."""
    with full() as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "full")
        for _ in range(40):
            with pytest.raises(OutputError):
                writer.copy(source, 0, 100)
            with pytest.raises(OutputError):
                writer.write(b"x")
        writer.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "sha256"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("short", r"short: ends at byte 100; the file was cut off or changed: fetch it again"),
        ("gone", r"gone: cannot be read \(No such file or directory\)"),
        ("folder", r"folder: cannot be read at byte 40 \(Is a directory\)"),
    ],
)
def test_a_source_that_fails_is_named(name: str, reason: str, tmp_path: Path) -> None:
    """A source that ends early, is gone, or cannot be read is told apart from a disk that refuses; so are the bytes."""
    (tmp_path / "short").write_bytes(b"x" * 100)
    (tmp_path / "folder").mkdir()
    with held(tmp_path / "part") as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "part")
        with pytest.raises(InputError, match=reason):
            writer.copy(tmp_path / name, 40, 100)
        writer.close()


def test_failures_leave_nothing_behind(tmp_path: Path) -> None:
    """Sources that fail, however often, add no byte to the file or its hash."""
    (tmp_path / "short").write_bytes(b"x")
    with held(tmp_path / "part") as descriptor:
        writer = HashedWriter(descriptor, tmp_path / "part")
        for _ in range(40):
            with pytest.raises(InputError, match="ends at byte 1"):
                writer.copy(tmp_path / "short", 1, 10)
        writer.copy(tmp_path / "short", 0, 1)
        assert writer.close() == hashlib.sha256(b"x").hexdigest()
