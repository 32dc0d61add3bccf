"""Engine: where batches become parts and where rows are compared. The local one is this machine's processes."""

import contextlib
import os
from collections.abc import Sequence
from typing import Any, Final, Protocol

from datakit.pipeline.crew import Crew
from datakit.pipeline.feed import Feed
from datakit.pipeline.parts import Part
from datakit.pipeline.progress import Progress
from datakit.pipeline.workers import Workers
from datakit.readers import Input
from datakit.recipe import Recipe
from datakit.stage import CorpusStage

_ONE_WORKER_BYTES: Final = 8 << 20  # below this, starting processes costs more than it saves (0.6 s CPU for each)
_WARM_ROWS: Final = 200_000  # live rows: beyond them memory counts for more than what processes remember of words


class Engine(Protocol):
    """What a run asks of the place where it runs. No engine may change a row, a verdict or their order."""

    def parts(self, feed: Feed, inputs: Sequence[Input], progress: Progress) -> list[Part]:
        """Return the parts of all inputs, in the order of the inputs and of their rows."""
        ...

    def crew(self, recipe: Recipe, rows: int) -> Crew:
        """Return who does the jobs that the stages cut a corpus of so many live rows into."""
        ...

    def corpus_stages(self, stages: Sequence[CorpusStage]) -> Sequence[CorpusStage]:
        """Return the same stages, those replaced whose `apply` this engine does in another way with the same result."""
        ...


class Local:
    """This machine's processes; use as a context manager, which ends them."""

    def __init__(self, *, workers: int | None = None) -> None:
        """Take how many; None is one for each core, and one alone where the input is small."""
        self._workers = workers
        self._pool: Workers | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *raised: Any) -> None:
        self._pool = None
        self._stack.__exit__(*raised)

    def parts(self, feed: Feed, inputs: Sequence[Input], progress: Progress) -> list[Part]:
        small = self._workers is None and sum(source.size for source in inputs) < _ONE_WORKER_BYTES
        return feed.parts(inputs, self._open(feed.recipe, 1 if small else self._count()), progress)

    def crew(self, recipe: Recipe, rows: int) -> Crew:
        if self._pool is None:
            return self._open(recipe, self._count())
        if rows > _WARM_ROWS:
            self._pool.rest()
        return self._pool

    def corpus_stages(self, stages: Sequence[CorpusStage]) -> Sequence[CorpusStage]:
        return stages

    def _open(self, recipe: Recipe, count: int) -> Workers:
        self._pool = self._stack.enter_context(Workers(recipe, count))
        return self._pool

    def _count(self) -> int:
        if self._workers is not None:
            return max(1, self._workers)
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
