"""Curves through measured runs, and what they say of 100 million rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

ENGINES = ("local", "ray")
TARGET_ROWS = 100_000_000


def fit(rows: Sequence[int], values: Sequence[float]) -> dict[str, float]:
    """Fit value = start + per_row × rows by least squares of relative errors, neither below zero."""
    n, y = np.array(rows, dtype=float), np.maximum(np.array(values, dtype=float), 1e-4)
    (start, per_row), *_ = np.linalg.lstsq(np.stack([1 / y, n / y], axis=1), np.ones(len(y)), rcond=None)
    if start < 0:
        start, per_row = 0.0, float(np.sum(n / y) / np.sum((n / y) ** 2))
    if per_row < 0:
        start, per_row = float(np.sum(1 / y) / np.sum(1 / y**2)), 0.0
    error = np.max(np.abs((start + per_row * n) / y - 1))
    return {
        "start": round(float(start), 3),
        "per_million_rows": round(float(per_row) * 1e6, 3),
        "worst_relative_error": round(float(error), 3),
    }


def curves(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Fit wall, CPU, memory, disk and each stage over all rows, for each engine."""
    found: dict[str, Any] = {}
    for engine in ENGINES:
        own = [run for run in runs if run["engine"] == engine]
        rows = [run["rows"] for run in own]
        whole = ("wall_s", "cpu_s", "parts_s", "parts_cpu_s", "peak_rss_mb", "work_folder_mb", "version_mb")
        found[engine] = {what: fit(rows, [run[what] for run in own]) for what in whole}
        found[engine]["one_place_cpu_s"] = {
            stage: fit(rows, [run["one_place_cpu_s"][stage] for run in own]) for stage in own[-1]["one_place_cpu_s"]
        }
    return found


def overheads(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put both engines side by side, size by size. Errors: `SystemExit` where their versions differ."""
    found = []
    for rows in sorted({run["rows"] for run in runs}):
        here, there = (next(run for run in runs if (run["rows"], run["engine"]) == (rows, e)) for e in ENGINES)
        if here["version_id"] != there["version_id"]:
            raise SystemExit(f"{rows:,} rows: local gives {here['version_id']}, ray {there['version_id']}")
        found.append(
            {
                "rows": rows,
                "local_wall_s": here["wall_s"],
                "ray_wall_s": there["wall_s"],
                "more_wall_s": round(there["wall_s"] - here["wall_s"], 2),
                "wall_ratio": round(there["wall_s"] / here["wall_s"], 2),
                "cpu_ratio": round(there["cpu_s"] / here["cpu_s"], 2),
                "peak_rss_ratio": round(there["peak_rss_mb"] / here["peak_rss_mb"], 2),
            }
        )
    return found


def needs(
    runs: Sequence[dict[str, Any]], fitted: dict[str, Any], shuffle: dict[str, Any], mb_a_row: float, *, workers: int
) -> dict[str, Any]:
    """Extrapolate: what is spread goes by cores, what is decided in one place does not.

    Seconds in one place are those of the largest run on Ray by its rows, start included: an upper bound, since a slope
    through sizes of a few seconds would be noise. Of near_dedup that is what Ray leaves there: ranks and components.
    """
    millions = TARGET_ROWS / 1e6
    local = fitted["local"]
    largest = max((run for run in runs if run["engine"] == "ray"), key=lambda run: run["rows"])
    one_place = {
        stage: seconds / largest["rows"] * TARGET_ROWS / 3600 for stage, seconds in largest["one_place_cpu_s"].items()
    }
    stages = local["parts_cpu_s"]["per_million_rows"] * millions / 3600
    spread = stages + shuffle["cpu_s_per_million_rows"] * millions / 3600
    alone = sum(one_place.values())
    return {
        "rows": TARGET_ROWS,
        "input_gb": round(mb_a_row * TARGET_ROWS / 1e3),
        "work_folder_gb": round(local["work_folder_mb"]["per_million_rows"] * millions / 1e3),
        "version_gb": round(local["version_mb"]["per_million_rows"] * millions / 1e3),
        "row_stages_core_hours": round(stages, 1),
        "shuffle_core_hours": round(spread - stages, 1),
        "shuffle_share_of_spread_work": round((spread - stages) / spread, 3),
        "shuffled_gb": round(shuffle["bytes_per_row"] * TARGET_ROWS / 1e9),
        "ranks_and_pairs_in_one_place_gb": round(shuffle["held_bytes_per_row"] * TARGET_ROWS / 1e9, 1),
        "memory_gb_a_core": round(largest["peak_rss_mb"] / workers / 1e3, 2),
        "machines_of_16_cores": {
            str(machines): {
                "hours": round(spread / (16 * machines) + alone, 1),
                "memory_gb_each": round(16 * largest["peak_rss_mb"] / workers / 1e3),
            }
            for machines in (4, 16)
        },
        "one_place_hours": {stage: round(hours, 2) for stage, hours in one_place.items()},
        "one_place_hours_in_all": round(alone, 1),
        "hours_by_cores": {str(cores): round(spread / cores + alone, 1) for cores in (2, 64, 256, 1024)},
        "cores_beyond_which_one_place_takes_longer": round(spread / alone),
    }
