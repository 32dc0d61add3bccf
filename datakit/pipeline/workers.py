"""Workers: batches go out to processes, parts come back in order. One worker means this process.

Each worker keeps polars to one thread, so that N workers use N cores and no more.
"""

import contextlib
import io
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from multiprocessing.synchronize import Event
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol

import polars as pl

from datakit.pipeline.crew import Alone
from datakit.pipeline.parts import Part, write_part
from datakit.pipeline.rows import process
from datakit.recipe import Recipe
from datakit.stage import Found, Job

Slot = tuple[Path, int, int]
"""Where a piece of a batch goes: the folder of its file, its number there, its rows."""
Task = tuple[pl.DataFrame, list[Slot]]
"""A batch and the slots its rows fill in order: one for a large file's batch, many for small files taken together."""
_AHEAD: Final = 2  # batches in flight for each worker: enough to keep it busy, few enough to bound memory
_MANY_JOBS: Final = 16  # jobs of some .1 s that pay for processes to be started
_FEW_JOBS: Final = 2  # jobs worth sending to processes that are there

_recipe: Recipe | None = None


class Executor(Protocol):
    """Whatever turns tasks into parts, in order."""

    def map(self, tasks: Iterable[Task]) -> Iterator[Part]:
        """Yield the parts of all slots in order, holding only a few batches at a time."""
        ...


class Workers:
    """Run tasks and jobs on `count` processes; use as a context manager. Processes start when they are needed."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self._recipe = recipe
        self._count = count
        self._pool: ProcessPoolExecutor | None = None
        self._stop: Event | None = None
        self._busy = False  # whether processes have started

    def __enter__(self) -> "Workers":
        if self._count > 1:
            os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read by polars when a worker imports it
            context = multiprocessing.get_context("spawn")
            self._stop = context.Event()
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=context,
                initializer=_initialize,
                initargs=(self._recipe, os.getpid(), self._stop),
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is not None:
            if kind is not None and self._stop is not None:
                self._stop.set()  # a batch may take ten seconds; parts are whole or absent, so it need not end
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool, self._busy = None, False

    def renew(self) -> None:
        """End the processes and with them what they remember of words; the next work starts new ones."""
        if self._busy:
            self.__exit__(None)
            self.__enter__()

    def map(self, tasks: Iterable[Task]) -> Iterator[Part]:
        """Yield the parts of all slots in order, holding only a few batches at a time."""
        tasks = iter(tasks)
        few = list(islice(tasks, self._count + 1)) if self._pool is not None else []
        if self._pool is None or len(few) <= self._count:  # a process takes as long to start as a batch
            for batch, slots in chain(few, tasks):
                yield from fill(batch, slots, self._recipe)
            return
        for parts in self._in_order(_work, ((pack(batch), slots) for batch, slots in chain(few, tasks))):
            yield from parts

    def each(
        self, work: Callable[[Job, pl.DataFrame], Found], jobs: Iterable[tuple[Job, pl.DataFrame]], count: int
    ) -> Iterator[Found]:
        """Yield `work(job, texts)` for each of `count` jobs, in order, holding only a few of them at a time."""
        if self._pool is None or count < (_FEW_JOBS if self._busy else _MANY_JOBS):
            return Alone().each(work, jobs, count)
        return self._in_order(work, jobs)

    def _in_order(self, work: Callable[..., Found], calls: Iterable[tuple[Any, ...]]) -> Iterator[Found]:
        assert self._pool is not None
        self._busy = True
        flying: deque[Future[Found]] = deque()
        for given in calls:
            flying.append(_submit(self._pool, work, *given))
            if len(flying) >= self._count * _AHEAD:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()


def _submit(pool: ProcessPoolExecutor, work: Callable[..., Found], *given: Any) -> Future[Found]:
    """Submit a call with Ctrl-C held back: a worker that starts here inherits that, and leaves the key to the parent.

    Without it, a key pressed while workers import their modules ends each of them with a traceback, and one pressed
    between a worker's birth and its first message leaves it waiting for ever, and the pool with it.
    """
    with _key_held_back():
        return pool.submit(work, *given)


@contextlib.contextmanager
def _key_held_back() -> Iterator[None]:
    """Let a Ctrl-C pressed inside count at the end.

    The mask goes over to what is started inside; it holds for this thread only, and the key may reach any other thread
    of the process (polars has some), so the handler waits as well.
    """
    pressed: list[tuple[int, FrameType | None]] = []
    main = threading.current_thread() is threading.main_thread()  # no other thread may set a handler, or needs to
    handler = signal.signal(signal.SIGINT, lambda *press: pressed.append(press)) if main else None
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if main:
            signal.signal(signal.SIGINT, handler)
    if pressed and callable(handler):
        handler(*pressed[0])


def fill(batch: pl.DataFrame, slots: list[Slot], recipe: Recipe) -> list[Part]:
    """Process a batch and write each slot's share as a part."""
    pieces = process(batch, recipe).cut([height for _, _, height in slots])
    return [write_part(folder, number, piece) for (folder, number, _), piece in zip(slots, pieces, strict=True)]


def _initialize(recipe: Recipe, parent: int, stop: Event) -> None:
    global _recipe  # a worker process has one recipe, sent once instead of with each batch
    _recipe = recipe
    threading.Thread(target=_leave_with, args=(parent, stop), daemon=True).start()


def _leave_with(parent: int, stop: Event) -> None:
    """End this worker when its parent says so or is gone.

    A queue's other end stays open here, so nothing else would tell that a parent was killed.
    The parent says who it is: one killed while this process starts is no longer there to be asked for.
    """
    while os.getppid() == parent and not stop.wait(0.5):
        pass
    os._exit(1)


def _work(payload: bytes, slots: list[Slot]) -> list[Part]:
    assert _recipe is not None
    return fill(pl.read_ipc_stream(io.BytesIO(payload)), slots, _recipe)


def pack(batch: pl.DataFrame) -> bytes:
    """Return a batch as an Arrow stream."""
    buffer = io.BytesIO()
    batch.write_ipc_stream(buffer)
    return buffer.getvalue()
