"""Progress on a terminal; nothing where stderr is a file or a pipe."""

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_FORCED: Final = frozenset({"FORCE_COLOR", "TTY_COMPATIBLE"})
"""Variables by which rich takes a file for a terminal."""
LINES: Final = 12
"""Lines on the screen. A line for each of 1,500 small files, drawn ten times a second, took the processor from the run:
on a terminal it had read nothing after ten minutes, with stderr in a file it was done in 80 seconds."""


class Bars:
    """Draw a line for each of the latest files and stages on stderr; use as a context manager."""

    def __init__(self, console: "Console | None" = None, *, unit: str = "rows") -> None:
        drawn = console is not None or sys.stderr.isatty() or not _FORCED.isdisjoint(os.environ)
        self._progress = _bars(console) if drawn else None
        self._drawn: dict[str, TaskID] = {}
        self._rows: dict[str, int] = {}
        self._unit = unit

    def __enter__(self) -> "Bars":
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def start(self, task: str, total: int | None) -> None:
        if self._progress is None:
            return
        while len(self._drawn) >= LINES:
            oldest = next(iter(self._drawn))
            self._progress.remove_task(self._drawn.pop(oldest))
            self._rows.pop(oldest)
        self._drawn[task] = self._progress.add_task(task, total=total, note="")
        self._rows[task] = 0

    def advance(self, task: str, by: int) -> None:
        if self._progress is not None and task in self._drawn:
            self._rows[task] += by
            self._progress.update(self._drawn[task], advance=by, note=f"{self._rows[task]:,} {self._unit}")

    def finish(self, task: str, note: str) -> None:
        if self._progress is not None and task in self._drawn:
            done = self._rows[task] or 1
            self._progress.update(self._drawn[task], total=done, completed=done, note=note)


def _bars(console: "Console | None") -> "Progress":
    """Return what draws the lines; rich, which a run without a terminal needs not, takes 20 ms to import."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = console or Console(stderr=True)
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
