"""Crew: who does the work that corpus stages cut into jobs. In order, whoever does it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import polars as pl

from datakit.stage import Found, Job


class Crew(Protocol):
    """Whatever does jobs."""

    def each(
        self, work: Callable[[Job, pl.DataFrame], Found], jobs: Iterable[tuple[Job, pl.DataFrame]], count: int
    ) -> Iterator[Found]:
        """Yield `work(job, texts)` for each of `count` jobs, in order, holding only a few of them at a time."""
        ...

    def rest(self) -> None:
        """Give back what memory is held for jobs: none come for a while."""
        ...


class Alone:
    """This process."""

    def each(
        self,
        work: Callable[[Job, pl.DataFrame], Found],
        jobs: Iterable[tuple[Job, pl.DataFrame]],
        count: int,  # noqa: ARG002 - for crews that start processes for many jobs only
    ) -> Iterator[Found]:
        """Do each job when its result is asked for."""
        return (work(job, texts) for job, texts in jobs)

    def rest(self) -> None:
        """Nothing is held."""
