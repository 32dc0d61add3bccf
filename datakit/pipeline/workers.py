"""Workers: batches go out to processes, parts come back in order. One worker means this process.

Each worker keeps polars and numpy to one thread, so that N workers use N cores and no more.
"""

import contextlib
import gc
import io
import multiprocessing
import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, Final, Generic, Protocol

import polars as pl

from datakit.errors import DatakitError
from datakit.pipeline.crew import Alone
from datakit.pipeline.parts import Part, write_part
from datakit.pipeline.rows import process
from datakit.recipe import Recipe
from datakit.stage import Found, Job

Slot = tuple[Path, int, int]
"""Where a piece of a batch goes: the folder of its file, its number there, its rows."""
Task = tuple[pl.DataFrame, list[Slot]]
"""A batch and the slots its rows fill in order: one for a large file's batch, many for small files taken together."""
_THREADS: Final = ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS")
"""How many threads polars and numpy start, read where they are imported: without it, each worker would start some for
all cores, and those of numpy wait for work with the processor busy."""
_AHEAD: Final = 2  # batches in flight for each worker: enough to keep it busy, few enough to bound memory
_MANY_JOBS: Final = 16  # jobs of some .1 s that pay for processes to be started
_MOST_DEATHS: Final = 3  # in one run: a process that the system kills for its memory would be killed for ever
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
        self._busy = False  # whether processes have started
        self._deaths = 0

    def __enter__(self) -> "Workers":
        if self._count > 1:
            for name in _THREADS:
                os.environ.setdefault(name, "1")
            context = multiprocessing.get_context("spawn")
            self._ear, self._line = context.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=context,
                initializer=_initialize,
                initargs=(self._recipe, self._ear),
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._pool is not None:
            if kind is not None:
                self._line.close()  # a batch may take ten seconds; parts are whole or absent, so it need not end
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._line.close()
            self._ear.close()
        self._pool, self._busy = None, False

    def rest(self) -> None:
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
        spool = few[0][1][0][0].with_name(f"batches-{os.getpid()}")  # beside the folders of parts, which it goes with
        spool.mkdir(parents=True, exist_ok=True)
        try:
            laid: deque[Path] = deque()
            for parts in self._in_order(_work, _laid_down(chain(few, tasks), spool, laid)):
                laid.popleft().unlink()
                yield from parts
        finally:
            shutil.rmtree(spool, ignore_errors=True)

    def each(
        self, work: Callable[[Job, pl.DataFrame], Found], jobs: Iterable[tuple[Job, pl.DataFrame]], count: int
    ) -> Iterator[Found]:
        """Yield `work(job, texts)` for each of `count` jobs, in order, holding only a few of them at a time."""
        if self._pool is None or count < (_FEW_JOBS if self._busy else _MANY_JOBS):
            return Alone().each(work, jobs, count)
        return self._in_order(work, jobs)

    def _in_order(self, work: Callable[..., Found], calls: Iterable[tuple[Any, ...]]) -> Iterator[Found]:
        """Do calls a few at a time and yield what they return, in their order.

        Errors: what a call raises; `DatakitError` where processes are killed again and again.
        """
        self._busy = True
        flying: deque[_Call[Found]] = deque()
        for given in calls:
            flying.append(_Call(given, self._start(work, given)))
            if len(flying) >= self._count * _AHEAD:
                yield self._first(work, flying)
        while flying:
            yield self._first(work, flying)

    def _first(self, work: Callable[..., Found], flying: "deque[_Call[Found]]") -> Found:
        """Wait for the first call; where a process was killed, others start and do again what was lost with it."""
        while True:
            try:
                found = flying[0].future.result()
            except BrokenProcessPool as error:
                self._replace(error)
                for call in flying:
                    if call.is_lost():
                        call.future = self._start(work, call.given)
            else:
                flying.popleft()
                return found

    def _start(self, work: Callable[..., Found], given: tuple[Any, ...]) -> Future[Found]:
        while True:
            assert self._pool is not None
            try:
                return _submit(self._pool, work, *given)
            except BrokenProcessPool as error:
                self._replace(error)

    def _replace(self, error: BrokenProcessPool) -> None:
        self._deaths += 1
        if self._deaths > _MOST_DEATHS:
            raise DatakitError(
                f"workers were killed {self._deaths} times; expected processes that live: most often memory ran out."
                " Nothing was published; finished parts are kept: the same command goes on, with --workers 1 in less"
                " memory"
            ) from error
        self.rest()


@dataclass
class _Call(Generic[Found]):
    """What a call was given, so that it can be done again, and what will become of it."""

    given: tuple[Any, ...]
    future: Future[Found]

    def is_lost(self) -> bool:
        return self.future.cancelled() or (
            self.future.done() and isinstance(self.future.exception(), BrokenProcessPool)
        )


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


def _initialize(recipe: Recipe, ear: Connection) -> None:
    global _recipe  # a worker process has one recipe, sent once instead of with each batch
    _recipe = recipe
    gc.freeze()  # nothing that was imported goes again
    gc.set_threshold(50_000, 20, 50)  # a batch makes many objects and no cycles: .2 to .4 s of collecting in 12
    threading.Thread(target=_leave_with, args=(ear,), daemon=True).start()


def _leave_with(ear: Connection) -> None:
    """End this worker when its parent hangs up or is gone, even if it was killed while this process started.

    A queue's other end stays open here, so nothing else would tell. An event would not do: whoever sets it waits for
    all who wait for it, one that was killed meanwhile included.
    """
    with contextlib.suppress(EOFError, OSError):
        ear.recv_bytes()
    os._exit(1)


def _laid_down(tasks: Iterable[Task], spool: Path, laid: deque[Path]) -> Iterator[tuple[Path, list[Slot]]]:
    """Write each batch to a file that a worker maps: a fifth of what it takes to send it through a pipe."""
    for number, (batch, slots) in enumerate(tasks):
        path = spool / f"{number:06d}.arrow"
        batch.write_ipc(path, compression="uncompressed")
        laid.append(path)
        yield path, slots


def _work(laid: Path, slots: list[Slot]) -> list[Part]:
    assert _recipe is not None
    return fill(pl.read_ipc(laid), slots, _recipe)


def pack(batch: pl.DataFrame) -> bytes:
    """Return a batch as an Arrow stream."""
    buffer = io.BytesIO()
    batch.write_ipc_stream(buffer)
    return buffer.getvalue()
