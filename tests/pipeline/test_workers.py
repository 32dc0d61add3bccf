"""Workers: Ctrl-C around their start, when none is started, and jobs of corpus stages."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import DatakitError
from datakit.pipeline.workers import Workers, _key_held_back
from datakit.recipe import parse
from datakit.record import frame
from tests.rows import numbered_rows

PLAIN = parse('name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"')
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
    batches = [frame({**row, "source_id": "s", "file": "f", "locator": "line 1"} for row in rows) for rows in ROWS]
    with Workers(PLAIN, 2) as pool:
        tasks = ((batch, [(tmp_path / "two", number, batch.height)]) for number, batch in enumerate(batches))
        parts = list(pool.map(tasks))
        assert multiprocessing.active_children() == []
    assert [part.height for part in parts] == [3, 4]
    assert [pl.read_parquet(part.rows)["question"].to_list() for part in parts] == [
        [row["question"] for row in rows] for rows in ROWS
    ]


def whose(job: int, texts: pl.DataFrame) -> tuple[int, int, int]:
    return job, texts.height, os.getpid()


def fails(job: int, texts: pl.DataFrame) -> int:  # noqa: ARG001 - as any work
    raise ValueError(f"job {job} cannot be done")


def jobs(count: int) -> list[tuple[int, pl.DataFrame]]:
    return [(number, pl.DataFrame({"row": range(number)})) for number in range(count)]


def test_few_jobs_start_no_process_and_many_do() -> None:
    """A process takes as long to start as ten jobs; once it is there two jobs go to it."""
    with Workers(PLAIN, 2) as crew:
        assert {process for *_, process in crew.each(whose, jobs(5), 5)} == {os.getpid()}
        assert multiprocessing.active_children() == []
        many = list(crew.each(whose, jobs(40), 40))
        assert [(job, height) for job, height, _ in many] == [(number, number) for number in range(40)]
        assert os.getpid() not in {process for *_, process in many}
        assert os.getpid() not in {process for *_, process in crew.each(whose, jobs(2), 2)}
        assert [process for *_, process in crew.each(whose, jobs(1), 1)] == [os.getpid()]


def test_processes_that_rested_are_others() -> None:
    """Rest ends the processes that were there, and what they hold; without any it does nothing."""
    with Workers(PLAIN, 2) as crew:
        crew.rest()
        assert multiprocessing.active_children() == []
        before = {process for *_, process in crew.each(whose, jobs(40), 40)}
        crew.rest()
        assert multiprocessing.active_children() == []
        after = {process for *_, process in crew.each(whose, jobs(40), 40)}
    assert after.isdisjoint(before)
    assert os.getpid() not in after


def threads(job: int, texts: pl.DataFrame) -> tuple[int, str | None]:  # noqa: ARG001 - as any work
    return pl.thread_pool_size(), os.environ.get("OPENBLAS_NUM_THREADS")


def test_a_process_is_one_thread_of_polars_and_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many processes as cores use them all; what a user has set for polars or numpy stands."""
    for name in ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "2")  # so that what Workers sets is taken back after the test
        monkeypatch.delenv(name)
    with Workers(PLAIN, 2) as crew:
        assert set(crew.each(threads, jobs(40), 40)) == {(1, "1")}
    monkeypatch.setenv("POLARS_MAX_THREADS", "3")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with Workers(PLAIN, 2) as crew:
        assert set(crew.each(threads, jobs(40), 40)) == {(3, "2")}


def test_what_a_job_raises_is_raised_here() -> None:
    """An error of a job comes out where its result is asked for, as it was, and the processes end."""
    with pytest.raises(ValueError, match="job 0 cannot be done"), Workers(PLAIN, 2) as crew:
        list(crew.each(fails, jobs(40), 40))
    assert multiprocessing.active_children() == []


def test_jobs_are_read_a_few_at_a_time() -> None:
    """Texts of jobs lie on disk: no more of them are read than the processes have at hand."""
    read: list[int] = []

    def lazily() -> Iterator[tuple[int, pl.DataFrame]]:
        for job in jobs(40):
            read.append(job[0])
            yield job

    with Workers(PLAIN, 2) as crew:
        results = crew.each(whose, lazily(), 40)
        next(results)
        assert len(read) <= 2 * 2
        assert len(list(results)) == 39


def dies_once(marker: Path, texts: pl.DataFrame) -> int:
    """Kill the process that does this job, the first time it is done."""
    if texts.height == 7 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return texts.height


def dies(_: int, texts: pl.DataFrame) -> int:  # noqa: ARG001 - as any work
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_what_was_lost_with_a_killed_process_is_done_again(tmp_path: Path) -> None:
    """A worker that the system kills takes no job with it: others start, and each result comes once, in order."""
    with Workers(PLAIN, 2) as crew:
        given = [(tmp_path / "killed", texts) for _, texts in jobs(40)]
        assert list(crew.each(dies_once, given, 40)) == list(range(40))
    assert (tmp_path / "killed").exists()


def test_processes_that_are_killed_for_ever_end_the_run_with_advice() -> None:
    """Where memory is short each new process is killed too: that is told, with what is left to do."""
    with (
        pytest.raises(DatakitError, match=r"workers were killed 4 times.*the same command goes on, with --workers 1"),
        Workers(PLAIN, 2) as crew,
    ):
        list(crew.each(dies, jobs(40), 40))
    assert multiprocessing.active_children() == []


def test_a_process_imports_only_what_batches_need() -> None:
    """The reader, the report and the templates are loaded by the process that begins a run, and by no worker."""
    code = "import sys, datakit.pipeline.workers; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "datakit.stages.near_dedup" in loaded
    assert not [name for name in loaded if name.startswith(("datakit.readers", "datakit.report", "jinja2", "typer"))]
