"""What a format reads: a name, a format and a way to open the bytes."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from datakit.readers.limits import HEAD_BYTES, SPOOL_BYTES
from datakit.readers.ocr import Ocr
from datakit.readers.row import Broken


class Stream(Protocol):
    """Bytes to read once, from front to back."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, none at the end."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@dataclass(frozen=True, kw_only=True)
class Document:
    """One file, or one member of an archive. `archives` counts the archives around it."""

    name: str
    format: str
    open: Callable[[], Stream]
    size: int | None = None
    path: Path | None = None
    archives: int = 0

    @contextmanager
    def local(self) -> Iterator[Path]:
        """Give a path on disk for libraries that must seek: the file itself, or a temporary copy of the member."""
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="datakit-") as folder:
            copy = Path(folder) / "member"
            with closing(self.open()) as source, copy.open("wb") as target:
                shutil.copyfileobj(Capped(source, SPOOL_BYTES), target)
            yield copy

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes, fewer where the file is shorter."""
        with closing(self.open()) as stream:
            return read_up_to(stream, size)


@dataclass(kw_only=True)
class Reading:
    """One reading of one input: the mapping asked for, and what was noticed on the way (shown by `inspect`)."""

    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    ocr: Ocr = field(default_factory=Ocr)
    shapes: dict[str, int] = field(default_factory=dict)
    guesses: dict[str, str] = field(default_factory=dict)

    def saw(self, shape: str, **columns: str) -> None:
        """Note the shape of a row and the columns taken for its parts."""
        self.shapes[shape] = self.shapes.get(shape, 0) + 1
        for role, column in columns.items():
            self.guesses.setdefault(role, column)


class Capped:
    """A stream that refuses to give more than `limit` bytes."""

    def __init__(self, source: Stream, limit: int) -> None:
        self._source = source
        self._left = limit
        self._limit = limit

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the source."""
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Broken(
                "archive_too_large",
                f"found more than {self._limit:,} bytes in a member that must be unpacked to disk; unpack "
                "it yourself and put the files under raw/",
            )
        return data


def read_up_to(stream: Stream, size: int) -> bytes:
    """Return `size` bytes, fewer only at the end: a decompressor may give short reads."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Prefixed:
    """A stream whose first bytes were already taken: gives them back, then goes on."""

    def __init__(self, head: bytes, rest: Stream) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        if not self._head:
            return self._rest.read(size)
        taken, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
        return taken + self._rest.read() if size < 0 else taken

    def close(self) -> None:
        """Close the stream behind it."""
        self._rest.close()
