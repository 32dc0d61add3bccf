"""The body of an answer, written to disk as it comes and never larger than the limit, however small it was packed."""

import hashlib
import zlib
from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from datakit.errors import OutputError

STEP_BYTES: Final = 256 << 10
"""A decompressor gives no more than this at a time: deflate turns 64 KiB on the wire into 64 MiB otherwise."""

CUT_STEP_BYTES: Final = 1 << 10
"""Where a body is cut and not refused, it is unpacked in steps so small that one cannot pass a few MiB."""

HEAD_BYTES: Final = 2
GZIP_MAGIC: Final = b"\x1f\x8b"

CODINGS: Final = ("gzip", "x-gzip", "deflate", "identity", "")


class TooLarge(Exception):  # noqa: N818 - an outcome of one URL, recorded in the ledger
    """A body beyond the limit."""


class BadBody(Exception):  # noqa: N818 - an outcome of one URL, recorded in the ledger
    """A body that is not in the coding that its header names, or that stops in the middle of it."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A body on disk: its file, its SHA-256 in hex and its size, all of the unpacked bytes."""

    path: Path
    sha256: str
    size: int


class Decoder(Protocol):
    """Unpacks a stream piece by piece."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` unpacks to, at most 256 KiB at a time. Errors: `BadBody`."""
        ...

    def finish(self) -> None:
        """Errors: `BadBody` where the stream is not at its end."""
        ...


class Plain:
    """No coding."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        """Nothing can be missing."""


class Deflated:
    """gzip (several members one after the other, too), zlib and bare deflate, as servers send them."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream = zlib.decompressobj(31)
        self._head = b""  # a stream's first two bytes tell what it is; they may come one by one
        self._inside = False
        self._first = True
        self._padding = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        full = False  # more may come out without more going in
        while (data or full) and not self._padding:
            if not self._inside:
                data = self._head + data
                if len(data) < HEAD_BYTES:
                    self._head = data
                    return
                self._begin(data[:HEAD_BYTES])
                continue
            try:
                part = self._stream.decompress(data, STEP_BYTES)
            except zlib.error as error:
                raise BadBody(f"found a body that does not unpack ({error})") from None
            if part:
                yield part
            full = len(part) == STEP_BYTES and not self._stream.eof
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                self._inside, self._first, data = False, False, self._stream.unused_data

    def _begin(self, head: bytes) -> None:
        """Choose how to unpack what begins here; after a first stream anything else is padding, as gzip has it."""
        self._head = b""
        if self._gzip and (self._first or head == GZIP_MAGIC):
            self._stream = zlib.decompressobj(31)
        elif not self._gzip and self._first:
            zlib_header = head[0] & 0x0F == 8 and int.from_bytes(head, "big") % 31 == 0  # RFC 1950, section 2.2
            self._stream = zlib.decompressobj(15 if zlib_header else -15)  # many servers send it without
        else:
            self._padding = True
            return
        self._inside = True

    def finish(self) -> None:
        if self._inside or (self._head and self._first):
            raise BadBody("found a packed body that stops in the middle")


def decoder(coding: str) -> Decoder:
    """Return the decoder of a Content-Encoding. Errors: `BadBody` for one that was not asked for."""
    name = coding.strip().lower()
    if name not in CODINGS:
        raise BadBody(f"found Content-Encoding {name[:40]!r}, expected gzip or deflate, as asked for")
    return Plain() if name in ("identity", "") else Deflated(gzip=name.endswith("gzip"))


async def store(chunks: AsyncIterable[bytes], coding: str, path: Path, *, max_bytes: int, cut: bool = False) -> Stored:
    """Write a body to `path`, unpacked, and hash it on the way; memory holds one piece at a time.

    With `cut` a larger body is no fault: reading stops soon after the limit. Errors: `TooLarge` beyond `max_bytes`,
    unpacked or not; `BadBody`; `OutputError` of the disk. The file may be left in part: the caller removes it.
    """
    unpack = decoder(coding)
    step = CUT_STEP_BYTES if cut else STEP_BYTES
    digest = hashlib.sha256()
    size = received = 0
    with path.open("wb") as target:
        async for chunk in chunks:
            received += len(chunk)
            if received > max_bytes + STEP_BYTES and not cut:  # packed bytes that unpack to nothing
                raise TooLarge
            for begin in range(0, len(chunk), step):
                for data in unpack.decode(chunk[begin : begin + step]):
                    size += len(data)
                    if size > max_bytes and not cut:
                        raise TooLarge
                    digest.update(data)
                    _write(target, data)
                if cut and (size > max_bytes or received > max_bytes + STEP_BYTES):
                    return Stored(path=path, sha256=digest.hexdigest(), size=size)
    unpack.finish()
    return Stored(path=path, sha256=digest.hexdigest(), size=size)


def _write(target: BinaryIO, data: bytes) -> None:
    try:
        target.write(data)
        target.flush()
    except OSError as error:  # told apart from the network's errors, which are another matter
        raise OutputError(
            f"{target.name}: {error.strerror or error}; pages fetched so far are kept. Make room or mend the disk: the "
            "same command goes on from there"
        ) from error
