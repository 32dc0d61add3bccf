"""The figures of docs/scale.md: curves, comparisons and tables are made of the measured runs and nothing else."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.scale import cut
from benchmarks.scale_fit import curves, fit, needs, overheads
from benchmarks.scale_shuffle import shuffle_once, write_keys
from benchmarks.scale_table import MARKS, fill, overhead
from benchmarks.scale_table import curves as curve_table
from benchmarks.scale_table import needs as need_table
from benchmarks.tree_cpu import TreeCpu
from datakit.matching.blocks import block_columns

SIZES = (1_000, 2_000, 4_000, 8_000, 16_000)


def run(engine: str, rows: int) -> dict[str, Any]:
    """A made-up run: 2 s to start and 1 ms a row; Ray takes 5 s more to start."""
    more = 5.0 if engine == "ray" else 0.0
    return {
        "engine": engine,
        "version_id": f"{rows:064}",
        "rows": rows,
        "input_mb": rows / 250,
        "wall_s": 2 + more + rows / 1_000,
        "cpu_s": 2 + more + rows / 500,
        "parts_s": 1 + more + rows / 1_200,
        "parts_cpu_s": 1 + rows / 600,
        "peak_rss_mb": 300 + rows / 100,
        "work_folder_mb": rows / 600,
        "version_mb": rows / 700,
        "one_place_cpu_s": {"exact_dedup": rows / 1e5, "near_dedup": rows / 1e4, "release": 1 + rows / 2e4},
    }


RUNS = [run(engine, rows) for rows in SIZES for engine in ("local", "ray")]
SHUFFLE = {
    "cpu_s_per_million_rows": 36.0,
    "bytes_per_row": 300,
    "hashes_per_row": 25.0,
    "pairs_per_row": 0.05,
    "held_bytes_per_row": 90.0,
}


def test_a_line_is_found_again() -> None:
    """Exact points give start and slope back without error; a start or a slope below zero is taken as none."""
    found = fit(SIZES, [2 + rows / 1_000 for rows in SIZES])
    assert found == {"start": 2.0, "per_million_rows": 1000.0, "worst_relative_error": 0.0}
    assert fit(SIZES, [rows / 1_000 - 0.5 for rows in SIZES])["start"] == 0.0
    assert fit(SIZES, [2.0, 1.9, 1.8, 1.9, 1.7])["per_million_rows"] == 0.0


def test_a_curve_that_is_no_line_says_so() -> None:
    """Values that grow with the square are far from the line, and the error tells."""
    assert fit(SIZES, [(rows / 1_000) ** 2 for rows in SIZES])["worst_relative_error"] > 0.5


def test_both_engines_are_compared_size_by_size() -> None:
    """Each size has its seconds more and its ratio; versions that differ end the benchmark."""
    found = overheads(RUNS)
    assert [pair["rows"] for pair in found] == list(SIZES)
    assert {pair["more_wall_s"] for pair in found} == {5.0}
    assert found[0]["wall_ratio"] == round(8 / 3, 2)
    with pytest.raises(SystemExit, match=r"1,000 rows: local gives 0+1000, ray other"):
        overheads([{**one, "version_id": "other"} if one["engine"] == "ray" else one for one in RUNS])


def test_what_100_million_rows_need_follows_from_the_curves() -> None:
    """Spread work goes down with the cores; work in one place does not, and is taken from the largest run on Ray."""
    need = needs(RUNS, curves(RUNS), SHUFFLE, 0.004, workers=2)
    assert need["input_gb"] == 400
    assert need["row_stages_core_hours"] == pytest.approx(1e8 / 600 / 3600, rel=0.01)
    assert need["shuffle_core_hours"] == 1.0
    assert need["one_place_hours"] == {"exact_dedup": 0.28, "near_dedup": 2.78, "release": 3.12}
    assert need["memory_gb_a_core"] == 0.23
    assert need["machines_of_16_cores"]["4"] == {"hours": need["hours_by_cores"]["64"], "memory_gb_each": 4}
    hours = list(need["hours_by_cores"].values())
    assert hours == sorted(hours, reverse=True)
    assert hours[-1] >= need["one_place_hours_in_all"]


def test_tables_hold_the_figures_of_the_runs() -> None:
    """Each size, each curve and each need is a line of its table, and the page takes them between its marks."""
    scale = {"runs": RUNS, "overhead_of_ray": overheads(RUNS), "curves": curves(RUNS), "shuffle": SHUFFLE}
    scale["needs_of_100_million_rows"] = needs(RUNS, scale["curves"], SHUFFLE, 0.004, workers=2)  # type: ignore[arg-type]
    text = overhead(scale)
    assert "| 16,000 | 64 | 18.0 | 23.0 | 5.0 | 1.28 |" in text
    assert len(text.splitlines()) == 2 + len(SIZES)
    assert "| release, CPU s in one place | 1.00 | 50 | 0 % |" in curve_table(scale)
    assert "| in one place: release | 3.12 h |" in need_table(scale)
    mark = MARKS["needs"]
    page = f"before\n{mark}\nold\n{mark}\nafter\n"
    assert fill(page, "needs", "new") == f"before\n{mark}\nnew\n{mark}\nafter\n"
    with pytest.raises(SystemExit, match="found 0 times"):
        fill("no marks", "needs", "new")


def test_the_page_has_every_mark_twice(project: Path) -> None:
    """The tables have a place in docs/scale.md."""
    text = (project / "docs" / "scale.md").read_text(encoding="utf-8")
    assert {mark: text.count(mark) for mark in MARKS.values()} == dict.fromkeys(MARKS.values(), 2)


@pytest.mark.parametrize(("rows", "of"), [(100, 1_000), (333, 1_000), (1_000, 1_000)])
def test_a_cut_takes_so_many_rows_evenly(rows: int, of: int, tmp_path: Path) -> None:
    """A smaller input has exactly the rows asked for, in order, none twice, spread over the whole."""
    (tmp_path / "all.jsonl").write_text("".join(json.dumps({"n": n}) + "\n" for n in range(of)))
    size = cut(tmp_path / "all.jsonl", tmp_path / "raw", rows, of)
    files = sorted((tmp_path / "raw").iterdir())
    taken = [json.loads(line)["n"] for file in files for line in file.read_text().splitlines()]
    assert len(files) == 16
    assert size == sum(file.stat().st_size for file in files)
    assert len(taken) == rows
    assert taken == sorted(set(taken))
    assert max(np.diff(taken)) <= -(-of // rows)


def test_made_up_rows_have_the_keys_and_the_copies_they_claim(tmp_path: Path) -> None:
    """The shuffle's made-up input has the real columns; its copies are found as pairs and nothing else is."""
    pieces = write_keys(tmp_path, 3_000, seed=7)
    assert [piece.part.height for piece in pieces] == [2_048, 952]
    import polars as pl

    keys = pl.read_parquet(pieces[0].part.keys)
    assert keys.columns == ["row", *block_columns("near_dedup")]
    found = shuffle_once(3_000)
    assert found["pairs"] == 150
    assert found["bytes_per_row"] == pytest.approx(12 * found["hashes_per_row"], rel=0.01)


def test_seconds_of_processes_that_nobody_waits_for_are_counted() -> None:
    """A grandchild whose parent ignores its end counts all the same, and seconds spent here do not."""
    burn = "import time; t = time.process_time()\nwhile time.process_time() - t < 0.6: pass"
    ignore = "import signal, subprocess, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
    parent = f"{ignore}; subprocess.Popen([sys.executable, '-c', {burn!r}]).wait()"
    with TreeCpu() as used:
        subprocess.run([sys.executable, "-c", parent], check=True)
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
    assert 0.5 <= used.seconds <= 1.2
