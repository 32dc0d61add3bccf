"""Engine: where batches become parts and where rows are compared. The local one is this machine's processes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from datakit.pipeline.feed import Feed
from datakit.pipeline.parts import Part
from datakit.pipeline.progress import Progress
from datakit.pipeline.workers import Workers
from datakit.readers import Input
from datakit.stage import CorpusStage

_ONE_WORKER_BYTES: Final = 8 << 20  # below this, starting processes costs more than it saves (0.6 s CPU for each)


class Engine(Protocol):
    """What a run asks of the place where it runs. No engine may change a row, a verdict or their order."""

    def parts(self, feed: Feed, inputs: Sequence[Input], progress: Progress) -> list[Part]:
        """Return the parts of all inputs, in the order of the inputs and of their rows."""
        ...

    def corpus_stages(self, stages: Sequence[CorpusStage]) -> Sequence[CorpusStage]:
        """Return the same stages, those replaced whose `apply` this engine does in another way with the same result."""
        ...


@dataclass(frozen=True, kw_only=True)
class Local:
    """This machine: row stages in processes, corpus stages in this one."""

    workers: int | None = None
    """None decides by the size of the input."""

    def parts(self, feed: Feed, inputs: Sequence[Input], progress: Progress) -> list[Part]:
        with Workers(feed.recipe, self._count(inputs)) as pool:
            return feed.parts(inputs, pool, progress)

    def corpus_stages(self, stages: Sequence[CorpusStage]) -> Sequence[CorpusStage]:
        return stages

    def _count(self, inputs: Sequence[Input]) -> int:
        if self.workers is not None:
            return max(1, self.workers)
        if sum(source.size for source in inputs) < _ONE_WORKER_BYTES:
            return 1
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
