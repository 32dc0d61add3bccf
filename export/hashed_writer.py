"""A writer whose hash is that of the file: ranges go over in the kernel, and a thread beside it reads and hashes."""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, Final

from datakit.errors import InputError, OutputError

_CHUNKS: Final = 2
"""A caller's chunks that may wait to be hashed; each is at most a few MiB."""
_PIECE_BYTES: Final = 8 << 20
_PIECES: Final = 32
"""Pieces of a range that may wait to be hashed: so much of a file is still in memory and is not fetched again."""
_BUFFER_BYTES: Final = 1 << 20
_FLUSH_BYTES: Final = 64 << 20
_NO_SENDFILE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSOCK, errno.EOPNOTSUPP, errno.EXDEV})


class HashedWriter:
    """Writes to a readable descriptor from its present position and hashes the bytes in the same order."""

    def __init__(self, descriptor: int, where: Path) -> None:
        self._descriptor = descriptor
        self._where = where
        self._start = os.lseek(descriptor, 0, os.SEEK_CUR)
        self._digest = hashlib.sha256()
        self._room = Semaphore(_CHUNKS)
        self._ahead = Semaphore(_PIECES)
        self._waiting: SimpleQueue[memoryview | tuple[int, int] | None] = SimpleQueue()
        self._unread: OSError | None = None
        self._thread = Thread(target=self._hash, name="sha256", daemon=True)
        self._thread.start()
        self._flushed = 0
        self.bytes = 0

    def write(self, data: Any) -> None:
        """Write anything with a buffer. The caller must not change it afterwards. Errors: `OutputError`."""
        view = memoryview(data).cast("B")
        self._room.acquire()
        self._waiting.put(view)
        self._write(view)
        self._wrote(len(view))

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
                most = min(size - done, _PIECE_BYTES)
                count = self._send(opened, most, source=source, offset=offset + done)
                self._ahead.acquire()
                self._waiting.put((self._start + self.bytes, count))
                self._wrote(count)
                done += count
        finally:
            os.close(opened)

    def pad(self, alignment: int) -> None:
        """Write zeros up to a multiple of `alignment`."""
        if rest := -self.bytes % alignment:
            self.write(bytes(rest))

    def close(self) -> str:
        """Wait for the hash and return it, in hex. Errors: `OutputError` where the file cannot be read back."""
        self._waiting.put(None)
        self._thread.join()
        if self._unread is not None:
            raise OutputError(
                f"{self._where}: what was written cannot be read back ({self._unread.strerror}); the disk may be "
                "failing: choose another --out"
            ) from self._unread
        return self._digest.hexdigest()

    def _send(self, opened: int, most: int, *, source: Path, offset: int) -> int:
        """Copy up to `most` bytes and return how many: in the kernel where it can, else through a buffer."""
        try:
            count = os.sendfile(self._descriptor, opened, offset, most)
        except OSError as error:
            # An error of sendfile does not say which side it is about; reading and writing apart do.
            if error.errno not in _NO_SENDFILE:
                _read(opened, 1, source=source, offset=offset)
            block = _read(opened, min(most, _BUFFER_BYTES), source=source, offset=offset)
            self._write(memoryview(block))
            return len(block)
        if count == 0:
            raise _cut_off(source, offset)
        return count

    def _write(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            try:
                done += os.write(self._descriptor, view[done:])
            except OSError as error:
                raise OutputError(
                    f"{self._where}: the disk refused after {self.bytes + done} bytes ({error.strerror}); the "
                    "unfinished file was removed. Make room, then run the same command again"
                ) from error

    def _wrote(self, count: int) -> None:
        self.bytes += count
        if self.bytes - self._flushed >= _FLUSH_BYTES:
            # Without this the disk idles until the final sync. Linux takes the advice as "write these pages out now".
            with suppress(OSError, AttributeError):
                os.posix_fadvise(self._descriptor, self._flushed, self.bytes - self._flushed, os.POSIX_FADV_DONTNEED)
            self._flushed = self.bytes

    def _hash(self) -> None:
        buffer = memoryview(bytearray(_BUFFER_BYTES))
        while (item := self._waiting.get()) is not None:
            if isinstance(item, memoryview):
                self._digest.update(item)
                self._room.release()
                continue
            try:
                self._hash_range(*item, buffer)
            except OSError as error:
                self._unread = error
            self._ahead.release()

    def _hash_range(self, offset: int, size: int, buffer: memoryview) -> None:
        end = offset + size
        while offset < end:
            count = os.preadv(self._descriptor, [buffer[: end - offset]], offset)
            if count == 0:
                raise OSError(errno.EIO, f"the file ends at byte {offset}, though more was written")
            self._digest.update(buffer[:count])
            offset += count


def _read(opened: int, most: int, *, source: Path, offset: int) -> bytes:
    try:
        found = os.pread(opened, most, offset)
    except OSError as error:
        raise InputError(f"{source}: cannot be read at byte {offset} ({error.strerror})") from error
    if not found:
        raise _cut_off(source, offset)
    return found


def _cut_off(source: Path, offset: int) -> InputError:
    return InputError(f"{source}: ends at byte {offset}; the file was cut off or changed: fetch it again")
