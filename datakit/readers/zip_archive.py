"""Zip: each member is a document of its own, named `archive.zip/inner.csv`."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Final

from datakit.readers.document import Document, Stream
from datakit.readers.expansion import Budget, Counted
from datakit.readers.limits import ARCHIVE_MEMBERS
from datakit.readers.row import Broken, Row, reject
from datakit.readers.sniff import guess
from datakit.readers.source import is_ignored

DAMAGE: Final = (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, RuntimeError)
"""What the standard library raises for an archive whose directory or data was damaged."""


def members(document: Document) -> Iterator[Document | Row]:
    """Yield the members in order of their names, rejects for those that must not be unpacked."""
    with document.local() as path:
        try:
            archive = zipfile.ZipFile(path)
        except DAMAGE as error:
            reason = "truncated_file" if _begins_as_zip(document) else "unreadable_file"
            raise Broken(
                reason, f"found no readable zip archive ({error}); expected a whole one; fetch the file again"
            ) from None
        with archive:
            found = archive.infolist()
            if len(found) > ARCHIVE_MEMBERS:
                detail = (
                    f"found {len(found):,} members; expected at most {ARCHIVE_MEMBERS:,}; unpack it and join the files"
                )
                raise Broken("archive_too_large", detail)
            budget = Budget(path.stat().st_size)
            for member in sorted(found, key=name_of):
                if not member.is_dir() and not any(
                    is_ignored(part) for part in PurePosixPath(name_of(member)).parts if part != ".."
                ):
                    yield as_document(document, archive, member, budget)


def name_of(member: zipfile.ZipInfo) -> str:
    """Return the name of a member; UTF-8 names that are not marked as such are mended."""
    name = member.filename.replace("\\", "/")
    if not member.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def as_document(
    document: Document, archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget
) -> Document | Row:
    """Return a member as a document of its own, a reject where it must not be unpacked."""
    name = name_of(member)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        detail = (
            f"found a member named {name!r}, which leads out of the archive; expected a path below it; pack it "
            "again without it"
        )
        return reject("file", "unsafe_path", detail, name)
    if stat.S_ISLNK(member.external_attr >> 16):
        detail = f"found the link {name!r}; expected a file; pack the file itself"
        return reject("file", "unsafe_path", detail, name)
    if member.flag_bits & 1:
        detail = (
            f"found the encrypted member {name!r}; expected one without a password; unpack it and put the file "
            "under raw/"
        )
        return reject("file", "encrypted_archive", detail, name)

    def unpack() -> Stream:
        try:
            return Counted(_Member(archive.open(member)), budget)
        except DAMAGE as error:
            detail = (
                f"found a member that cannot be unpacked ({error}); expected deflate; pack it again or unpack "
                "it under raw/"
            )
            raise Broken("unreadable_file", detail) from None

    place = f"{document.name}/{name}"
    try:
        head = Document(name=name, format="", open=unpack).head(4096)
    except Broken as broken:
        return broken.row()._replace(detail=f"{name}: {broken.detail}")
    return Document(
        name=place, format=guess(name, head), open=unpack, size=member.file_size, archives=document.archives + 1
    )


class _Member:
    """A member's stream whose damage is told as what it is."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._given = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next unpacked bytes."""
        try:
            data = self._stream.read(size)
        except EOFError:
            detail = (
                f"found the end of the archive after {self._given:,} bytes of the member; expected its rest; "
                "fetch the archive again"
            )
            raise Broken("truncated_file", detail, f"byte {self._given}") from None
        except DAMAGE as error:
            detail = (
                f"found a damaged member after {self._given:,} bytes ({error}); expected a whole one; fetch "
                "the archive again"
            )
            raise Broken("unreadable_file", detail, f"byte {self._given}") from None
        self._given += len(data)
        return data

    def close(self) -> None:
        """Close the member."""
        self._stream.close()


def _begins_as_zip(document: Document) -> bool:
    return document.head(4) == b"PK\x03\x04"
