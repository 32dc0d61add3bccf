"""A file that is there whole or not at all: written under another name, held meanwhile, renamed at the end."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from datakit.errors import OutputError, UsageError
from datakit.lineage import sync


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
