"""The body of an answer, written to disk as it comes and never larger than the limit, however small it was packed."""

import hashlib
import zlib
from collections.abc import AsyncIterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from datakit.errors import OutputError

STEP_BYTES: Final = 256 << 10
"""A decompressor gives no more than this at a time: deflate turns 64 KiB on the wire into 64 MiB otherwise."""

CUT_STEP_BYTES: Final = 1 << 10
"""Where a body is cut and not refused, it is unpacked in steps so small that one cannot pass a few MiB."""

DEFLATE_RATIO: Final = 1100
"""Deflate cannot pass 1,032 to 1 (its longest match is 258 bytes for two bits)."""

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

    def decode(self, data: bytes, room: int) -> bytes:
        """Return what `data` unpacks to. Errors: `TooLarge` where that is more than `room` bytes."""
        ...

    def finish(self) -> None:
        """Errors: `BadBody` where the stream is not at its end."""
        ...


class Plain:
    """No coding."""

    def decode(self, data: bytes, room: int) -> bytes:
        if len(data) > room:
            raise TooLarge
        return data

    def finish(self) -> None:
        """Nothing can be missing."""


class Deflated:
    """gzip (several members one after the other, too), zlib and bare deflate, as servers send them."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._stream = zlib.decompressobj(31 if gzip else 15)
        self._begun = False

    def decode(self, data: bytes, room: int) -> bytes:
        parts: list[bytes] = []
        while data:
            if self._stream.eof:
                if not self._gzip or not data.startswith(b"\x1f\x8b"):
                    break  # padding after the end, as gzip itself ignores it
                self._stream = zlib.decompressobj(31)
            part = self._unpack(data, min(STEP_BYTES, room + 1))
            room -= len(part)
            if room < 0:
                raise TooLarge
            parts.append(part)
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        return b"".join(parts)

    def _unpack(self, data: bytes, most: int) -> bytes:
        try:
            part = self._stream.decompress(data, most)
        except zlib.error as error:
            if self._gzip or self._begun:
                raise BadBody(f"found a body that does not unpack ({error})") from None
            self._stream = zlib.decompressobj(-15)  # "deflate" without zlib's header, which many servers send
            self._begun = True
            return self._unpack(data, most)
        self._begun = True
        return part

    def finish(self) -> None:
        if self._begun and not self._stream.eof:
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
                room = CUT_STEP_BYTES * DEFLATE_RATIO if cut else max_bytes - size
                data = unpack.decode(chunk[begin : begin + step], room)
                size += len(data)
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
