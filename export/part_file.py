"""A file that is there whole or not at all: written under another name, hashed on the way, renamed at the end."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Final

from datakit.errors import OutputError, UsageError

_DEPTH: Final = 2
"""Chunks that may wait to be hashed; each is at most a few MiB."""


def part_path(out: Path, *, suffix: str = "part") -> Path:
    """Return the name that a file has while it is written."""
    return out.with_name(f".{out.name}.{suffix}")


@contextmanager
def held(part: Path) -> Iterator[int]:
    """Open a part for writing, empty, and hold it against other processes; yields its descriptor.

    What a killed run left there is overwritten: the lock died with it. On any error the part is removed.
    Errors: `UsageError` while another process writes the same file, `OutputError` where the disk refuses.
    """
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise OutputError(f"{part}: cannot be created ({error.strerror}); nothing was written") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                f"{part}: another export writes this file; wait for it, or choose another --out"
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            yield descriptor
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    finally:
        os.close(descriptor)


def publish(part: Path, out: Path, descriptor: int) -> None:
    """Put a whole part under its final name: synced first, so that no crash leaves a short file there."""
    try:
        os.fsync(descriptor)
        part.replace(out)
        folder = os.open(out.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise OutputError(f"{out}: cannot be published ({error.strerror}); nothing lies under that name") from error


class HashedWriter:
    """Writes to a descriptor and hashes what it writes, the hashing beside the writing in a thread of its own."""

    def __init__(self, descriptor: int, where: Path) -> None:
        self._descriptor = descriptor
        self._where = where
        self._digest = hashlib.sha256()
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
                raise OutputError(
                    f"{self._where}: the disk refused after {self.bytes + done} bytes ({error.strerror}); the "
                    "unfinished file was removed. Make room, then run the same command again"
                ) from error
        self.bytes += len(view)

    def pad(self, alignment: int) -> None:
        """Write zeros up to a multiple of `alignment`."""
        if rest := -self.bytes % alignment:
            self.write(bytes(rest))

    def close(self) -> str:
        """Wait for the hash and return it, in hex."""
        self._queue.put(None)
        self._thread.join()
        return self._digest.hexdigest()

    def _hash(self) -> None:
        take: Callable[[], Any] = self._queue.get
        while (view := take()) is not None:
            self._digest.update(view)
