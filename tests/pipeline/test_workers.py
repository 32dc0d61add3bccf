"""Workers: Ctrl-C around their start, and when none is started."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path

import polars as pl
import pytest

from datakit.pipeline.workers import Workers, _key_held_back
from datakit.recipe import parse
from datakit.record import frame
from tests.rows import numbered_rows

ROWS = (numbered_rows(3), numbered_rows(4, start=10))


def test_a_key_pressed_inside_counts_at_the_end() -> None:
    """Whatever runs with the key held back runs to its end; then the key does what it always does."""
    reached = []
    with pytest.raises(KeyboardInterrupt), _key_held_back():  # noqa: PT012 - the point is what still runs inside
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("end")
    assert reached == ["end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_a_key_that_another_thread_gets_is_held_back_too() -> None:
    """The mask covers one thread only; a key that reaches another one waits all the same."""
    reached = []
    waiting, pressed = threading.Event(), threading.Event()

    def press() -> None:
        waiting.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        pressed.set()

    thread = threading.Thread(target=press)
    thread.start()  # before the mask, so that this thread takes the signal
    with pytest.raises(KeyboardInterrupt), _key_held_back():  # noqa: PT012 - the point is what still runs inside
        waiting.set()
        pressed.wait(10)
        reached.append("end")
    thread.join()
    assert reached == ["end"]


def test_without_a_key_nothing_changes_and_other_threads_may_use_it() -> None:
    """No key, no interrupt; and a thread that may not set handlers is only masked."""
    with _key_held_back():
        pass
    done = []

    def elsewhere() -> None:
        with _key_held_back():
            done.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set()))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert done == [True]


def test_no_process_is_started_for_as_many_batches_as_there_would_be_processes(tmp_path: Path) -> None:
    """A process takes as long to start as a batch to be done: two batches are done here, with the same parts."""
    recipe = parse('name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"')
    batches = [frame({**row, "source_id": "s", "file": "f", "locator": "line 1"} for row in rows) for rows in ROWS]
    with Workers(recipe, 2) as pool:
        tasks = ((batch, [(tmp_path / "two", number, batch.height)]) for number, batch in enumerate(batches))
        parts = list(pool.map(tasks))
        assert multiprocessing.active_children() == []
    assert [part.height for part in parts] == [3, 4]
    assert [pl.read_parquet(part.rows)["question"].to_list() for part in parts] == [
        [row["question"] for row in rows] for rows in ROWS
    ]
