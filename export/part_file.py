"""A file that is there whole or not at all: written under another name, hashed on the way, renamed at the end."""

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Final

from datakit.errors import InputError, OutputError, UsageError
from datakit.lineage import sync

_DEPTH: Final = 2
"""Chunks that may wait to be hashed; each is at most a few MiB."""
_NOT_BETWEEN_FILES: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP})
"""What systems and file systems answer where their kernel does not copy from file to file."""
_COPY_BYTES: Final = 8 << 20
_READ_BYTES: Final = 256 << 10  # fits the processor's cache, so that reading costs little beside hashing
_FLUSH_BYTES: Final = 64 << 20


def part_path(out: Path, *, suffix: str = "part") -> Path:
    """Return the name that a file has while it is written."""
    return out.with_name(f".{out.name}.{suffix}")


@contextmanager
def locked(path: Path, *, busy: str) -> Iterator[int]:
    """Open a file, made where it is missing, and hold it against other processes; yields its descriptor.

    A killed process' lock dies with it. Errors: `UsageError` that says `busy` while another process holds it,
    `OutputError` where the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise OutputError(f"{path}: cannot be created ({error.strerror}); nothing was written") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(busy) from error
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def held(part: Path) -> Iterator[int]:
    """Open a part for writing, empty, and hold it against other processes; yields its descriptor.

    What a killed run left there is overwritten. On any error the part is removed. Errors: as `locked`.
    """
    busy = f"{part}: another export writes this file; wait for it, or choose another --out"
    with locked(part, busy=busy) as descriptor:
        try:
            os.ftruncate(descriptor, 0)
            yield descriptor
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def publish(part: Path, out: Path, descriptor: int) -> None:
    """Put a whole part under its final name: synced first, so that no crash leaves a short file there."""
    try:
        os.fsync(descriptor)
        part.replace(out)
        sync(out.parent)
    except OSError as error:
        raise OutputError(f"{out}: cannot be published ({error.strerror}); nothing lies under that name") from error


class HashedWriter:
    """Writes to a descriptor and hashes what it writes, the hashing beside the writing in a thread of its own."""

    def __init__(self, descriptor: int, where: Path) -> None:
        self._descriptor = descriptor
        self._where = where
        self._digest = hashlib.sha256()
        self._failure: OSError | None = None
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._queue: Queue[Any] = Queue(maxsize=_DEPTH)
        self._thread = Thread(target=self._hash, name="sha256", daemon=True)
        self._thread.start()
        self.bytes = 0

    def write(self, data: Any) -> None:
        """Write anything with a buffer. The caller must not change it afterwards. Errors: `OutputError`."""
        view = memoryview(data).cast("B")
        self._queue.put(view)
        done = 0
        while done < len(view):
            try:
                done += os.write(self._descriptor, view[done:])
            except OSError as error:
                raise OutputError(_refused(self._where, self.bytes + done, error)) from error
        self.bytes += len(view)

    def copy(self, source: Path, offset: int, size: int) -> None:
        """Write a range of another file as it is, within the kernel; what is hashed is read back from the part.

        Errors: `OutputError` where the disk refuses, `InputError` where the source ends early or cannot be read.
        """
        try:
            opened = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise InputError(f"{source}: cannot be read ({error.strerror})") from error
        try:
            done = 0
            while done < size:
                step = min(_COPY_BYTES, size - done)
                moved = self._sent(opened, offset + done, step)
                if moved is None:
                    moved = self._read_and_written(opened, offset + done, step)
                if moved == 0:
                    raise InputError(
                        f"{source}: ends at byte {offset + done}; the file was cut off or changed: fetch it again"
                    )
                done += moved
        finally:
            os.close(opened)

    def _sent(self, opened: int, offset: int, size: int) -> int | None:
        try:
            moved = os.sendfile(self._descriptor, opened, offset, size)
        except OSError as error:
            if error.errno in _NOT_BETWEEN_FILES:
                return None
            raise OutputError(_refused(self._where, self.bytes, error)) from error
        if moved:
            self._queue.put((self.bytes, moved))
            self.bytes += moved
        return moved

    def _read_and_written(self, opened: int, offset: int, size: int) -> int:
        data = os.pread(opened, size, offset)
        if data:
            self.write(data)
        return len(data)

    def pad(self, alignment: int) -> None:
        """Write zeros up to a multiple of `alignment`."""
        if rest := -self.bytes % alignment:
            self.write(bytes(rest))

    def close(self) -> str:
        """Wait for the hash and return it, in hex. Errors: `OutputError` where what was written cannot be read back."""
        self._queue.put(None)
        self._thread.join()
        if self._failure is not None:
            raise OutputError(f"{self._where}: cannot be read back ({self._failure.strerror}); nothing was published")
        return self._digest.hexdigest()

    def _hash(self) -> None:
        take: Callable[[], Any] = self._queue.get
        done = flushed = 0
        while (item := take()) is not None:
            if self._failure is not None:
                continue  # the writer must not wait for a queue that nobody empties
            try:
                done += self._hash_range(*item) if isinstance(item, tuple) else self._hash_view(item)
            except OSError as error:
                self._failure = error
            if done - flushed >= _FLUSH_BYTES:
                self._start_writing_back(flushed, done - flushed)
                flushed = done

    def _hash_view(self, view: memoryview) -> int:
        self._digest.update(view)
        return len(view)

    def _hash_range(self, start: int, size: int) -> int:
        done = 0
        while done < size:
            count = os.preadv(self._descriptor, [self._buffer[: size - done]], start + done)
            if count == 0:
                raise OSError(errno.EIO, "it is shorter than what was written")
            self._digest.update(self._buffer[:count])
            done += count
        return done

    def _start_writing_back(self, start: int, size: int) -> None:
        # Without this the disk idles until the final sync. Linux takes the advice as "write these pages out now".
        with suppress(OSError, AttributeError):
            os.posix_fadvise(self._descriptor, start, size, os.POSIX_FADV_DONTNEED)


def _refused(where: Path, done: int, error: OSError) -> str:
    return (
        f"{where}: the disk refused after {done} bytes ({error.strerror}); the unfinished file was removed. Make room, "
        "then run the same command again"
    )
