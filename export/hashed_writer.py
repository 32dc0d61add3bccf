"""A writer that hashes what it writes, in a thread beside the writing: the file is read once and hashed once."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, Final

from datakit.errors import InputError, OutputError

_CHUNKS: Final = 2
"""A caller's chunks that may wait to be hashed; each is at most a few MiB."""
_BLOCKS: Final = 8
_BLOCK_BYTES: Final = 256 << 10
"""A block that is copied. It stays in the processor's cache from its reading to its writing: `python -m
benchmarks.export copying` took least system time at this size, of 64 KiB to 8 MiB."""
_FLUSH_BYTES: Final = 64 << 20


class HashedWriter:
    """Writes to a descriptor from its present position and hashes the bytes in the same order."""

    def __init__(self, descriptor: int, where: Path) -> None:
        self._descriptor = descriptor
        self._where = where
        self._digest = hashlib.sha256()
        self._room = Semaphore(_CHUNKS)
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        for _ in range(_BLOCKS):
            self._free.put(memoryview(bytearray(_BLOCK_BYTES)))
        self._waiting: SimpleQueue[tuple[memoryview, Callable[[], None]] | None] = SimpleQueue()
        self._thread = Thread(target=self._hash, name="sha256", daemon=True)
        self._thread.start()
        self._flushed = 0
        self.bytes = 0

    def write(self, data: Any) -> None:
        """Write anything with a buffer. The caller must not change it afterwards. Errors: `OutputError`."""
        self._room.acquire()
        self._write(memoryview(data).cast("B"), self._room.release)

    def copy(self, source: Path, offset: int, size: int) -> None:
        """Write a range of another file as it is.

        Errors: `OutputError` where the disk refuses, `InputError` where the source ends early or cannot be read.
        """
        try:
            opened = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise InputError(f"{source}: cannot be read ({error.strerror})") from error
        try:
            done = 0
            while done < size:
                block = self._free.get()
                try:
                    count = _read(opened, block[: size - done], source=source, offset=offset + done)
                except InputError:
                    self._free.put(block)
                    raise
                self._write(block[:count], partial(self._free.put, block))
                done += count
        finally:
            os.close(opened)

    def pad(self, alignment: int) -> None:
        """Write zeros up to a multiple of `alignment`."""
        if rest := -self.bytes % alignment:
            self.write(bytes(rest))

    def close(self) -> str:
        """Wait for the hash and return it, in hex."""
        self._waiting.put(None)
        self._thread.join()
        return self._digest.hexdigest()

    def _write(self, view: memoryview, hashed: Callable[[], None]) -> None:
        self._waiting.put((view, hashed))
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
        if self.bytes - self._flushed >= _FLUSH_BYTES:
            self._start_writing_back()

    def _start_writing_back(self) -> None:
        # Without this the disk idles until the final sync. Linux takes the advice as "write these pages out now".
        with suppress(OSError, AttributeError):
            os.posix_fadvise(self._descriptor, self._flushed, self.bytes - self._flushed, os.POSIX_FADV_DONTNEED)
        self._flushed = self.bytes

    def _hash(self) -> None:
        while (item := self._waiting.get()) is not None:
            view, hashed = item
            self._digest.update(view)
            hashed()


def _read(opened: int, into: memoryview, *, source: Path, offset: int) -> int:
    try:
        count = os.preadv(opened, [into], offset)
    except OSError as error:
        raise InputError(f"{source}: cannot be read at byte {offset} ({error.strerror})") from error
    if count == 0:
        raise InputError(f"{source}: ends at byte {offset}; the file was cut off or changed: fetch it again")
    return count
