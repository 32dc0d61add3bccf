"""Zstandard: one document inside, of any format."""

from collections.abc import Iterator
from typing import Final

import zstandard

from datakit.readers.document import Document, Stream
from datakit.readers.expansion import Budget, Counted
from datakit.readers.row import Broken, Row
from datakit.readers.sniff import guess

WINDOW_BYTES: Final = 1 << 27
"""The window that the zstd command itself accepts unless told otherwise: memory that a frame may ask for."""

PACKED_BYTES: Final = 1024
"""How much is unpacked at once: a block of 4 bytes may stand for 128 KiB, so 1 KiB may become 32 MiB, never more."""


def members(document: Document) -> Iterator[Document | Row]:
    """Yield the document inside; its rows carry the name of the packed file."""
    inner = document.name.rpartition(".")[0] if document.name.casefold().endswith((".zst", ".zstd")) else document.name

    def unpack() -> Stream:
        return Counted(_Zstd(document.open()), Budget(document.size or 0))

    head = Document(name=inner, format="", open=unpack).head(4096)
    yield Document(name=document.name, format=guess(inner, head), open=unpack, archives=document.archives + 1)


class _Zstd:
    """A zstd stream of one or more frames. The library's own reader takes a truncated frame for a finished one."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._engine = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ready = b""
        self._waiting = b""
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next unpacked bytes, `size` at most."""
        parts, have = [], 0
        while size < 0 or have < size:
            if not self._ready and not self._unpack():
                break
            taken = self._ready if size < 0 else self._ready[: size - have]
            self._ready = self._ready[len(taken) :]
            parts.append(taken)
            have += len(taken)
        self._given += have
        return b"".join(parts)

    def close(self) -> None:
        """Close the packed file."""
        self._packed.close()

    def _unpack(self) -> bool:
        """Unpack one more piece; False at the end of the last frame."""
        while not self._ready:
            if not self._waiting:
                self._waiting = self._packed.read(1 << 18)
            if not self._waiting:
                if self._frame is not None:
                    detail = (
                        f"found the end of the zstd stream after {self._given:,} unpacked bytes; expected its "
                        "rest; fetch the file again"
                    )
                    raise Broken("truncated_file", detail, f"byte {self._given}")
                return False
            piece, self._waiting = self._waiting[:PACKED_BYTES], self._waiting[PACKED_BYTES:]
            self._frame = self._frame or self._engine.decompressobj()
            try:
                self._ready = self._frame.decompress(piece)
            except zstandard.ZstdError as error:
                detail = (
                    f"found a damaged zstd stream after {self._given:,} unpacked bytes ({error}); expected a "
                    "whole one; fetch the file again"
                )
                raise Broken("unreadable_file", detail, f"byte {self._given}") from None
            if self._frame.eof:
                self._waiting = self._frame.unused_data + self._waiting
                self._frame = None
        return True
