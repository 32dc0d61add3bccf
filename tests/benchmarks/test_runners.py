"""What runs beside each other: each runner reads the rows it was given and tells what it did in one line."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.peers.contests import CONTESTS, OURS, RUNNERS, Contestant
from benchmarks.peers.generated import line
from benchmarks.peers.inputs import Input, halved, prepare
from benchmarks.peers.measure import ROOT
from benchmarks.peers.runners.minhash import grams
from benchmarks.peers.runners.texts import lines_in, megabytes, rows, texts, timed

PEERS = ROOT / ".venv-peers"
OWN = {
    f"{one.runner} {one.engine}": one for contest in CONTESTS for one in contest.contestants if one.environment == OURS
}
PIPELINE = "ours_pipeline None"
THEIRS = [one for contest in CONTESTS for one in contest.contestants if one.environment != OURS]


@pytest.fixture(scope="module")
def given(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Input:
    """A hundred and some generated documents."""
    return prepare(None, project / "raw", tmp_path_factory.mktemp("in"), max_mb=0.06)["documents"]


def run(one: Contestant, python: Path, given: Input, work: Path) -> dict[str, Any]:
    """Run a contestant and return what it told."""
    source = given.ours if one.reads_rows else given.theirs
    engine = [one.engine] if one.engine else []
    command = [str(python), "-m", f"{RUNNERS}.{one.runner}", *engine, str(source), str(work)]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PIP_NO_INDEX": "1"}
    done = subprocess.run(command, env=settings, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def checked(told: dict[str, Any], given: Input) -> None:
    """Every row went in, no more came out, and seconds were taken where they are told."""
    assert told["rows_in"] == given.rows
    assert 0 < told.get("rows_kept", 1) <= given.rows
    assert told.get("rows_changed", 0) <= given.rows
    assert told.get("cpu_s", 1.0) > 0
    assert told.get("mb", given.mb) == pytest.approx(given.mb)


@pytest.mark.parametrize("name", sorted(OWN.keys() - {PIPELINE}))
def test_ours_runs(name: str, given: Input, tmp_path: Path) -> None:
    """Every contestant of our own environment takes the whole input and tells it."""
    checked(run(OWN[name], Path(sys.executable), given, tmp_path), given)


@pytest.mark.slow
@pytest.mark.parametrize("one", THEIRS, ids=lambda one: f"{one.name}-{one.runner}")
def test_peers_run(one: Contestant, given: Input, tmp_path: Path) -> None:
    """Every peer that is installed takes the whole input, offline, and tells it."""
    python = PEERS / one.environment / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{one.environment} is not installed: `make bench` makes .venv-peers/{one.environment}")
    checked(run(one, python, given, tmp_path), given)


def test_our_pipeline_tells_why_rows_went(given: Input, tmp_path: Path) -> None:
    """The whole pipeline: rows in are rows kept and rows rejected by reason, and each stage has its seconds."""
    told = run(OWN[PIPELINE], Path(sys.executable), given, tmp_path)
    checked(told, given)
    assert told["rows_in"] == told["rows_kept"] + sum(told["rejected"].values())
    assert {"normalize", "language", "near_dedup", "conflicts", "split"} <= set(told["seconds_by_stage"])


def test_the_baseline_writes_what_it_read(tmp_path: Path) -> None:
    """polars' file holds every row, in NFC: the baseline is not fast by doing less than it says."""
    source = tmp_path / "raw"
    source.mkdir()
    (source / "rows.jsonl").write_bytes(line({"id": "1", "question": "न\u093c?", "answer": "ऱ"}))
    small = Input(name="x", what="", ours=source, theirs=source, rows=1, mb=0.0, sha256="")
    assert run(OWN["polars_baseline None"], Path(sys.executable), small, tmp_path)["rows_in"] == 1
    assert pl.read_parquet(tmp_path / "rows.parquet").row(0) == ("1", "\u0929?", "ऱ")


def test_grams_of_a_short_text_are_the_text() -> None:
    """A text shorter than a gram is not an empty set, which every other short text would be a copy of."""
    assert grams("शिव") == ["शिव"]
    assert grams("शिवाजी") == ["शिवाज", "िवाजी"]
    assert grams("") == [""]


def test_texts_are_read_in_the_order_of_files(tmp_path: Path) -> None:
    """A text, or question and answer with a line break; other files are left out; bytes and lines are counted."""
    row = halved({"id": "b", "text": "एक दोन"})
    (tmp_path / "b.jsonl").write_bytes(line(row))
    (tmp_path / "a.jsonl").write_bytes(line({"id": "a", "text": "तीन"}))
    (tmp_path / "c.txt").write_text("x\n")
    assert texts(tmp_path) == ["तीन", "एक?\nदोन"]
    assert [one["id"] for one in rows(tmp_path)] == ["a", "b"]
    assert megabytes(["क", "ab"]) == 5e-6
    assert lines_in(tmp_path, "*.jsonl") == 2


def test_timing_holds_children_and_leaves_the_result() -> None:
    """CPU seconds of children that were waited for count; the result comes back as it was."""

    def work() -> Iterator[int]:
        subprocess.run([sys.executable, "-c", "sum(range(6_000_000))"], check=True)
        return iter([7])

    result, cpu_s, wall_s = timed(work)
    assert next(result) == 7
    assert cpu_s > 0.05
    assert wall_s > 0
