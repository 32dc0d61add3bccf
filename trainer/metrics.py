"""metrics.jsonl: one line for each step, each evaluation and each thing that happened, in order."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError

METRICS: Final = "metrics.jsonl"


class Metrics:
    """Appends to a run's metrics; lines after the last checkpoint are cut off when the run goes on from there."""

    def __init__(self, run: Path, *, keep_lines: int = 0, writes: bool = True) -> None:
        self._path = run / METRICS
        self._writes = writes
        self.lines = keep_lines
        if writes:
            kept = self._path.read_bytes().splitlines(keepends=True)[:keep_lines] if self._path.exists() else []
            self._path.write_bytes(b"".join(kept))

    def add(self, line: Mapping[str, Any]) -> None:
        """Append a line; on disk at once for a reader, after `sync` for a power cut."""
        self.lines += 1
        if self._writes:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    def sync(self) -> None:
        """Put every line on the disk: a checkpoint names how many there are."""
        if self._writes and self._path.exists():
            with self._path.open("rb") as stream:
                os.fsync(stream.fileno())


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's metrics; a last line cut by a kill is left off."""
    try:
        lines = (run / METRICS).read_text(encoding="utf-8", errors="replace").split("\n")  # U+2028 may stand in a text
    except OSError as error:
        raise InputError(f"{run / METRICS}: cannot be read ({error.strerror}); expected the folder of a run") from error
    if not lines[-1]:
        lines.pop()
    found = []
    for number, line in enumerate(lines, start=1):
        place = f"{run / METRICS}:{number}"
        try:
            said = json.loads(line)
        except ValueError as error:
            if number == len(lines):
                break
            raise InputError(f"{place}: not JSON; expected one object a line") from error
        if not isinstance(said, dict):
            raise InputError(f"{place}: found {type(said).__name__}; expected one object a line")
        found.append(said)
    return found
