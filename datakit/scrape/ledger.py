"""The ledger: one JSON line a fetch, appended and never rewritten, with what was decided and why.

A line is written after the page it speaks of is in place. A run begins with a line and ends with one: a run without its
end was stopped, and the same plan goes on with it.
"""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from datakit.errors import InputError, OutputError

SYNC_S: Final = 2.0
"""A kill loses nothing that was written; a power cut loses at most what came after the last of these syncs."""

CLOCK: Final = ("fetched_at",)
"""Keys of a line that differ between two runs over the same pages."""


class Ledger:
    """Appends lines to the ledger of a folder; a last line that a power cut tore is cut off first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            _cut_torn_line(self._file)
        except OSError as error:
            raise _no_room(path, error) from error
        self._synced = time.monotonic()

    def append(self, line: Mapping[str, Any]) -> None:
        """Write one line in one go. Errors: `OutputError` where the disk refuses it."""
        data = orjson.dumps(line, default=str) + b"\n"
        try:
            written = os.write(self._file, data)
            if written != len(data):
                raise OSError(28, "No space left on device")
            if time.monotonic() - self._synced > SYNC_S:
                self.sync()
        except OSError as error:
            raise _no_room(self.path, error) from error

    def sync(self) -> None:
        """Put everything written so far onto the disk."""
        os.fsync(self._file)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and let go of the file."""
        self.sync()
        os.close(self._file)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a ledger; a torn last one is passed over.

    Errors: `InputError` with the number of a line that is no JSON object.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        for number, data in enumerate(stream, start=1):
            if not data.endswith(b"\n"):
                return
            try:
                line = orjson.loads(data)
            except orjson.JSONDecodeError:
                line = None
            if not isinstance(line, dict):
                raise InputError(
                    f"{path}, line {number}: found no JSON object; expected a ledger as `datakit scrape` writes it; "
                    "restore the file, or move it away: every page is then fetched anew"
                )
            yield line


def now() -> str:
    """Return the time as the ledger writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cut_torn_line(file: int) -> None:
    end = os.lseek(file, 0, os.SEEK_END)
    begin = end
    while begin > 0:
        step = min(65536, begin)
        data = os.pread(file, step, begin - step)
        if (found := data.rfind(b"\n")) >= 0:
            begin = begin - step + found + 1
            break
        begin -= step
    if begin != end:
        os.ftruncate(file, begin)


def _no_room(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: {error.strerror or error}; pages fetched so far are kept. Make room or mend the disk: the same "
        "command goes on from there"
    )
