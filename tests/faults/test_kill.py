"""Kills and interrupts: all or nothing, and the next run goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.kills import kill_series
from tests.rows import numbered_rows, write_rows

RECIPE = "\n".join(
    ['name = "kills"', *(f'[[stage]]\nuse = "{name}"' for name in ("normalize", "chat", "exact_dedup", "split"))]
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        write_rows(tmp_path / "raw" / f"{name}.jsonl", numbered_rows(400, start=ord(name) * 1000))
    (tmp_path / "kills.toml").write_text(RECIPE)
    return tmp_path / "raw"


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_leaves_nothing_torn_and_resumes_to_the_same_id(raw: Path, tmp_path: Path, workers: str) -> None:
    """Killed at ten random moments, no torn version is seen and the id is that of a clean run."""
    options = ["--recipe", str(tmp_path / "kills.toml"), "--batch-rows", "50", "--workers", workers]
    series = kill_series(raw, tmp_path / "out", kills=10, seed=3, options=options)
    assert (series.torn, series.other_ids) == (0, 0)
    assert series.kills == 10
    assert series.runs_finished >= 1


def command(raw: Path, tmp_path: Path, *options: str) -> list[str]:
    """Return the command that curates `raw` into `out` with the recipe of these tests."""
    start = [sys.executable, "-m", "datakit", "curate", str(raw), str(tmp_path / "out")]
    return [*start, "--recipe", str(tmp_path / "kills.toml"), *options]


def under_way(arguments: list[str], tmp_path: Path, *, parts: int) -> subprocess.Popen[str]:
    """Start a command and return its process as soon as it has finished so many parts."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while len(notes(tmp_path)) < parts:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return process


def notes(tmp_path: Path) -> list[Path]:
    """Return the notes of the finished parts."""
    return list((tmp_path / "out").glob(".work/kills/*/0*.json"))


def test_finished_parts_are_not_done_again(raw: Path, tmp_path: Path) -> None:
    """What a stopped run spilled is found by the next one: its files keep their time stamps."""
    arguments = command(raw, tmp_path, "--batch-rows", "10", "--json")
    process = under_way(arguments, tmp_path, parts=5)
    process.kill()
    process.communicate()
    before = {path: path.stat().st_mtime_ns for path in notes(tmp_path)}
    assert 5 <= len(before) < 120
    subprocess.run(arguments, check=True, capture_output=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(notes(tmp_path)) == 120


def test_ctrl_c_exits_130_and_says_how_to_resume(raw: Path, tmp_path: Path) -> None:
    """An interrupt publishes nothing, keeps the parts, and tells the next step."""
    process = under_way(command(raw, tmp_path, "--batch-rows", "5"), tmp_path, parts=1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in errors
    assert "Traceback" not in errors
    assert not list((tmp_path / "out").glob("kills/*"))


def test_ctrl_c_while_workers_start_prints_no_traceback(raw: Path, tmp_path: Path) -> None:
    """The key reaches the whole group, workers that still import their modules included; only the parent speaks."""
    arguments = command(raw, tmp_path, "--batch-rows", "50", "--workers", "3")
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while len(children(process.pid)) < 4:  # three workers and the tracker of their queues
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.startswith("datakit: interrupted; nothing was published.")


def children(pid: int) -> list[str]:
    """Return the processes that this one started and that still live."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize("limit_bytes", [3_000, 9_000, 30_000])
def test_a_disk_that_refuses_writes_publishes_nothing(raw: Path, tmp_path: Path, limit_bytes: int) -> None:
    """Where a file cannot grow any further, the run says so and exits 1; with room, the command ends well."""
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))\n"
        "from datakit.cli import main; main()"
    )
    plain = command(raw, tmp_path, "--json")
    full = subprocess.run([sys.executable, "-c", code, *plain[3:]], capture_output=True, text=True, check=False)
    assert full.returncode == 1, full.stderr
    assert "File too large" in full.stderr
    assert "nothing was published" in full.stderr
    assert "Traceback" not in full.stderr
    assert not list((tmp_path / "out").glob("kills/*"))
    again = subprocess.run(plain, capture_output=True, text=True, check=True)
    assert '"new": true' in again.stdout
