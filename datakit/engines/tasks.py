"""What a Ray worker does: read and process a bundle of files, or process one batch of a large one."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from datakit.pipeline.feed import Feed
from datakit.pipeline.parts import Part, rules_digest
from datakit.pipeline.progress import Silent
from datakit.pipeline.workers import Slot, Task, fill
from datakit.readers import Input
from datakit.recipe import Recipe
from datakit.stage import Found, Job

RETRIES: Final = 5
"""How often a task starts again after its worker died: a part is whole or absent, so a task may end at any moment."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What a node answers when it is asked whether it fits."""

    node: str
    rules: str
    polars: str
    missing: tuple[str, ...]
    """Paths that it does not see."""


def look(node: str, paths: Sequence[str]) -> Looked:
    """Tell which rules a node has and which paths it does not see."""
    missing = tuple(path for path in paths if not Path(path).exists())
    return Looked(node=node, rules=rules_digest(), polars=pl.__version__, missing=missing)


def curate_files(feed: Feed, inputs: Sequence[Input]) -> tuple[list[Part], list[tuple[str, str]]]:
    """Return the parts of some files and what the user is told of each: what one worker does by itself."""
    told = _Told()
    return feed.parts(inputs, _Inline(feed.recipe), told), told.notes


def fill_batch(payload: bytes, slots: list[Slot], recipe: Recipe) -> list[Part]:
    """Process one batch that was read elsewhere and write its parts."""
    return fill(pl.read_ipc_stream(io.BytesIO(payload)), slots, recipe)


def work_on(work: Callable[[Job, pl.DataFrame], Found], job: Job, texts: pl.DataFrame) -> Found:
    """Do one job of a corpus stage."""
    return work(job, texts)


class _Inline:
    """Tasks done at once, in this process."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def map(self, tasks: Iterable[Task]) -> Iterator[Part]:
        for batch, slots in tasks:
            yield from fill(batch, slots, self._recipe)


class _Told(Silent):
    """A listener that keeps what files ended with, for the process that talks to the user."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str]] = []

    def finish(self, task: str, note: str) -> None:
        self.notes.append((task, note))
