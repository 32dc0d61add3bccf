"""A folder that is there whole or not at all: filled under another name, renamed when its manifest is written."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from datakit.errors import OutputError
from datakit.lineage import sync
from export.part_file import locked

_LOCK: Final = ".lock"


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside the wanted one, held against other processes, and remove it on the way out.

    What a killed export left there is cleared first. Errors: `UsageError` while another export fills it,
    `OutputError` where the disk refuses.
    """
    part = folder.with_name(f".{folder.name}.part")
    with _locked(part):
        for left in part.iterdir():
            if left.name != _LOCK:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)  # after a publish there is nothing here any more


@contextmanager
def _locked(part: Path) -> Iterator[int]:
    busy = f"{part}: another export fills this folder; wait for it, or choose another --out"
    try:
        with locked(part / _LOCK, busy=busy) as descriptor:
            yield descriptor
    except OutputError:
        with suppress(OSError):
            part.rmdir()  # made for a lock that the disk had no room for; goes only where it is empty
        raise


def publish(part: Path, folder: Path) -> None:
    """Put a filled folder under its final name. An export that lies there gives way at the last moment only."""
    (part / _LOCK).unlink(missing_ok=True)
    old = folder.with_name(f".{folder.name}.old")
    try:
        for path in part.iterdir():
            sync(path)
        sync(part)
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        sync(folder.parent)
    except OSError as error:
        with suppress(OSError):  # there is no older export, or it lies in its place still
            old.rename(folder)
        raise OutputError(
            f"{folder}: cannot be put in place ({error.strerror}); the export was not published"
        ) from error
    shutil.rmtree(old, ignore_errors=True)
