"""Time and peak memory of `datakit curate` on 84,002 real QA rows, and on a tenth and ten times of them.

    python -m benchmarks.curate [--sizes 0.1 1 10] [--workers 2]

Ten times the rows are real rows and variants of them that are duplicates of no other, see varied_rows.py; a tenth is
every tenth row.
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.process import watch
from benchmarks.varied_rows import lines, write_rows

RESULTS = Path(__file__).parent / "results"
ROWS = 84_002


def write_input(target: Path, size: float) -> tuple[int, int]:
    """Write `size` times the rows as JSON Lines; returns rows and bytes."""
    if size >= 1:
        return write_rows(target, rows=round(size * ROWS))
    kept = [line for number, line in enumerate(lines()) if number % round(1 / size) == 0]
    return len(kept), target.write_bytes(b"".join(kept))


def measure(size: float, workers: int, recipe: str) -> dict[str, Any]:
    """Curate once from nothing and once more unchanged, and watch both."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        raw.mkdir()
        rows, total = write_input(raw / "qa.jsonl", size)
        command = [sys.executable, "-m", "datakit", "curate", str(raw), str(Path(folder) / "out"), "--json"]
        command += ["--workers", str(workers), "--recipe", recipe]
        first, again = watch(command), watch(command)
        body = json.loads(first.stdout)
        notes = json.loads((Path(body["path"]) / "provenance.json").read_text())
    return {
        "size": size,
        "rows": rows,
        "mb": round(total / 1e6, 1),
        "wall_s": round(first.wall_s, 1),
        "cpu_s": round(first.cpu_s, 1),
        "mb_per_s": round(total / 1e6 / first.wall_s, 2),
        "mb_per_cpu_s": round(total / 1e6 / first.cpu_s, 2),
        "peak_rss_mb": round(first.peak_rss_mb),
        "unchanged_rerun_s": round(again.wall_s, 1),
        "kept": body["counts"]["kept"],
        "rejected": body["counts"]["rejected"],
        "seconds_by_stage": notes["seconds_by_stage"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.1, 1, 10])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--recipe", default="marathi-history")
    parser.add_argument("--out", type=Path, default=RESULTS / "curate.json")
    arguments = parser.parse_args()
    runs = []
    for size in arguments.sizes:
        runs.append(measure(size, arguments.workers, arguments.recipe))
        print(json.dumps(runs[-1], ensure_ascii=False), flush=True)
    pairs = list(itertools.pairwise(runs))
    body = {
        "command": f"python -m benchmarks.curate --sizes {' '.join(f'{size:g}' for size in arguments.sizes)}",
        "data": "marathi_qa.jsonl.zst, 84,002 rows, and variants of them (benchmarks/varied_rows.py)",
        "workers": arguments.workers,
        "cores": os.cpu_count(),
        "polars": version("polars"),
        "runs": runs,
        "rows_growth": [round(later["rows"] / earlier["rows"], 3) for earlier, later in pairs],
        "cpu_growth": [round(later["cpu_s"] / earlier["cpu_s"], 3) for earlier, later in pairs],
        "wall_growth": [round(later["wall_s"] / earlier["wall_s"], 3) for earlier, later in pairs],
        "peak_growth": [round(later["peak_rss_mb"] / earlier["peak_rss_mb"], 3) for earlier, later in pairs],
    }
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
