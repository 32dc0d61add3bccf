"""Writing that survives a cut of power: what is renamed into place was on the disk before."""

import os
from contextlib import suppress
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file's bytes, or the names in a folder, are on the disk. Errors: `OSError`, as the disk says."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all: what lay under its name stays until then. Errors: `OSError`."""
    if path.exists() and not path.is_file():
        path.write_bytes(data)  # a pipe or a device, as `--out /dev/stdout`: nothing to keep, and never to be replaced
        return
    path = path.resolve()  # the file that a link means, not the link
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        sync(part)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
