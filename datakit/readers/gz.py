"""Gzip: one document inside, of any format."""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from datakit.readers.document import Document, Stream
from datakit.readers.expansion import Budget, Counted
from datakit.readers.row import Broken, Row
from datakit.readers.sniff import guess


def members(document: Document) -> Iterator[Document | Row]:
    """Yield the document inside; its rows carry the name of the packed file."""
    inner = document.name[: -len(".gz")] if document.name.casefold().endswith(".gz") else document.name

    def unpack() -> Stream:
        return Counted(_Gzip(document.open()), Budget(document.size or 0))

    head = Document(name=inner, format="", open=unpack).head(4096)
    yield Document(name=document.name, format=guess(inner, head), open=unpack, archives=document.archives + 1)


class _Gzip:
    """A gzip stream that says where it stopped when it stops too early."""

    def __init__(self, packed: Stream) -> None:
        self._packed = packed
        self._stream = gzip.GzipFile(fileobj=cast(BinaryIO, packed))  # it reads, and asks for nothing else
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next unpacked bytes."""
        try:
            data = self._stream.read1(size) if size > 0 else self._stream.read()
        except EOFError:
            detail = (
                f"found the end of the gzip stream after {self._given:,} unpacked bytes; expected its "
                "checksum; fetch the file again"
            )
            raise Broken("truncated_file", detail, f"byte {self._given}") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            detail = (
                f"found a damaged gzip stream after {self._given:,} unpacked bytes ({error}); expected a whole "
                "one; fetch the file again"
            )
            raise Broken("unreadable_file", detail, f"byte {self._given}") from None
        self._given += len(data)
        return data

    def close(self) -> None:
        """Close the packed file."""
        self._stream.close()
        self._packed.close()
