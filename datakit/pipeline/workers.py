"""Workers: batches go out to processes, parts come back in order. One worker means this process.

Each worker keeps polars to one thread, so that N workers use N cores and no more.
"""

import io
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Final

import polars as pl

from datakit.pipeline.parts import Part, write_part
from datakit.pipeline.rows import process
from datakit.recipe import Recipe

Slot = tuple[Path, int, int]
"""Where a piece of a batch goes: the folder of its file, its number there, its rows."""
Task = tuple[pl.DataFrame, list[Slot]]
"""A batch and the slots its rows fill in order: one for a large file's batch, many for small files taken together."""
_AHEAD: Final = 2  # batches in flight for each worker: enough to keep it busy, few enough to bound memory

_recipe: Recipe | None = None


class Workers:
    """Run tasks on `count` processes; use as a context manager."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self._recipe = recipe
        self._count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Workers":
        if self._count > 1:
            os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read by polars when a worker imports it
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_initialize,
                initargs=(self._recipe, os.getpid()),
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def map(self, tasks: Iterable[Task]) -> Iterator[Part]:
        """Yield the parts of all slots in order, holding only a few batches at a time."""
        if self._pool is None:
            for batch, slots in tasks:
                yield from _fill(batch, slots, self._recipe)
            return
        flying: deque[Future[list[Part]]] = deque()
        for batch, slots in tasks:
            flying.append(self._pool.submit(_work, _pack(batch), slots))
            if len(flying) >= self._count * _AHEAD:
                yield from flying.popleft().result()
        while flying:
            yield from flying.popleft().result()


def _fill(batch: pl.DataFrame, slots: list[Slot], recipe: Recipe) -> list[Part]:
    pieces = process(batch, recipe).cut([height for _, _, height in slots])
    return [write_part(folder, number, piece) for (folder, number, _), piece in zip(slots, pieces, strict=True)]


def _initialize(recipe: Recipe, parent: int) -> None:
    global _recipe  # a worker process has one recipe, sent once instead of with each batch
    _recipe = recipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    """End this worker when its parent is gone: a queue's other end stays open here, so nothing else would tell.

    The parent says who it is: one killed while this process starts is no longer there to be asked for.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(payload: bytes, slots: list[Slot]) -> list[Part]:
    assert _recipe is not None
    return _fill(pl.read_ipc_stream(io.BytesIO(payload)), slots, _recipe)


def _pack(batch: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    batch.write_ipc_stream(buffer)
    return buffer.getvalue()
