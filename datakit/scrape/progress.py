"""What a run tells while it works: a Protocol, and the one that says nothing."""

from typing import Protocol


class Progress(Protocol):
    """Hears of each source's pages."""

    def start(self, task: str, total: int | None) -> None:
        """A source begins; `total` pages are known, None where nobody knows."""
        ...

    def advance(self, task: str, by: int) -> None:
        """So many more pages are done."""
        ...

    def finish(self, task: str, note: str) -> None:
        """A source is done."""
        ...


class Silent:
    """Says nothing."""

    def start(self, task: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, task: str, by: int) -> None:
        """Nothing."""

    def finish(self, task: str, note: str) -> None:
        """Nothing."""
