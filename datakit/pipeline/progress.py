"""What a run tells while it works. The library reports, the command line draws."""

from typing import Protocol


class Progress(Protocol):
    """A listener. Tasks are named by what people see: a file, a stage."""

    def start(self, task: str, total: int | None) -> None:
        """A task begins; `total` is in the units of `advance`, None where it cannot be known."""

    def advance(self, task: str, by: int) -> None:
        """So many more units are done."""

    def finish(self, task: str, note: str) -> None:
        """The task ended; the note is one line for people."""


class Silent:
    """A listener that does not listen."""

    def start(self, task: str, total: int | None) -> None:
        pass

    def advance(self, task: str, by: int) -> None:
        pass

    def finish(self, task: str, note: str) -> None:
        pass
