"""Progress on a terminal; nothing where stderr is a file or a pipe."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Bars:
    """Draw a line for each file and stage on stderr; use as a context manager."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def start(self, task: str, total: int | None) -> None:
        self._tasks[task] = self._progress.add_task(task, total=total, note="")

    def advance(self, task: str, by: int) -> None:
        self._progress.advance(self._tasks[task], by)

    def finish(self, task: str, note: str) -> None:
        done = self._progress.tasks[self._tasks[task]].completed or 1
        self._progress.update(self._tasks[task], total=done, completed=done, note=note)
