"""What a run costs as rows grow, on this machine and on a Ray cluster of it, and what 100 million rows would need.

    python -m benchmarks.scale [--sizes 2000 5000 10000 20000 40000 84002] [--workers 2] [--out FILE]

Each size is every so many-th row of the real question-and-answer set, cut into 16 files; each engine starts from
nothing and both must give one version id. The shuffle is measured besides on made-up rows of up to 800,000, since the
real set is smaller than one group of it. Peak memory is resident memory summed over processes; Ray's shared pages count
in each.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.curate import RESULTS, write_input
from benchmarks.process import watch
from benchmarks.scale_fit import ENGINES, curves, needs, overheads
from benchmarks.scale_shuffle import shuffle_curve
from benchmarks.tree_cpu import TreeCpu
from datakit.pipeline.progress import Silent

FILES = 16


def cut(source: Path, raw: Path, rows: int, of: int) -> int:
    """Write `rows` of the `of` rows of a file, evenly chosen, into files below `raw`; return their bytes."""
    raw.mkdir(parents=True)
    outs = [(raw / f"{number:02}.jsonl").open("wb") for number in range(FILES)]
    total = taken = 0
    with source.open("rb") as lines:
        for number, line in enumerate(lines):
            if (number + 1) * rows // of > taken:
                total += outs[taken * FILES // rows].write(line)
                taken += 1
    for out in outs:
        out.close()
    return total


class Clock(Silent):
    """A listener that notes when the parts were done, and what each stage over all rows cost this process.

    CPU seconds, not wall: a stage that waits for others costs nothing here, nor does a neighbour on the machine.
    """

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.parts_s = 0.0
        self.parts_done_cpu_s = 0.0
        self.stages: dict[str, float] = {}
        self._started: dict[str, float] = {}

    def start(self, task: str, total: int | None) -> None:  # noqa: ARG002 - a listener's form
        self._started[task] = time.process_time()
        if not task.endswith(".jsonl") and not self.parts_s:
            self.parts_s = time.perf_counter() - self.began
            self.parts_done_cpu_s = time.process_time()

    def finish(self, task: str, note: str) -> None:  # noqa: ARG002 - a listener's form
        if not task.endswith(".jsonl"):
            self.stages[task] = time.process_time() - self._started[task]


def one(raw: Path, out: Path, engine: str, workers: int) -> dict[str, Any]:
    """Curate in this process and tell what took how long."""
    from datakit.cli.elsewhere import chosen_engine
    from datakit.pipeline.curate import curate
    from datakit.recipe import load

    clock = Clock()
    with chosen_engine(engine, address=None, workers=workers) as elsewhere:
        result = curate(raw, out, recipe=load("marathi-history"), workers=workers, engine=elsewhere, progress=clock)
    return {
        "version_id": result.version_id,
        "rows": result.rows_in,
        "kept": result.kept,
        "parts_s": round(clock.parts_s, 3),
        "one_place_cpu_s": {stage: round(seconds, 4) for stage, seconds in clock.stages.items()},
        "after_parts_cpu_s": round(time.process_time() - clock.parts_done_cpu_s, 3),
        "all_s": round(time.perf_counter() - clock.began, 3),
    }


def measure(raw: Path, out: Path, engine: str, workers: int) -> dict[str, Any]:
    """Curate once from nothing in a process of its own, and watch it."""
    start = [sys.executable, "-m", "benchmarks.scale", "--workers", str(workers), "--one"]
    with TreeCpu() as used:
        run = watch([*start, engine, str(raw), str(out)])
    if run.returncode:
        raise SystemExit(f"{engine}: ended with {run.returncode}")
    body = json.loads(run.stdout.splitlines()[-1])
    body["parts_cpu_s"] = round(used.seconds - body["after_parts_cpu_s"], 2)
    (latest,) = (out / "marathi-history").glob("latest")
    return {
        "engine": engine,
        **body,
        "wall_s": round(run.wall_s, 2),
        "cpu_s": round(used.seconds, 2),
        "peak_rss_mb": round(run.peak_rss_mb),
        "work_folder_mb": round(size_of(out / ".work"), 1),
        "version_mb": round(size_of(latest.resolve()), 1),
    }


def size_of(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 5_000, 10_000, 20_000, 40_000, 84_002])
    parser.add_argument("--shuffle-sizes", type=int, nargs="+", default=[50_000, 100_000, 200_000, 400_000, 800_000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "scale.json")
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "RAW", "OUT"), help="a single run, told on stdout")
    arguments = parser.parse_args()
    if arguments.one:
        engine, raw, out = arguments.one
        print(json.dumps(one(Path(raw), Path(out), engine, arguments.workers)))
        return
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "all.jsonl"
        of, total = write_input(source, 1)
        for rows in sorted(arguments.sizes):
            size = cut(source, Path(folder) / str(rows) / "raw", rows, of)
            for engine in ENGINES:
                run = measure(
                    Path(folder) / str(rows) / "raw", Path(folder) / str(rows) / engine, engine, arguments.workers
                )
                runs.append({"input_mb": round(size / 1e6, 1), **run})
                print(json.dumps(runs[-1]), flush=True)
    shuffle = shuffle_curve(arguments.shuffle_sizes)
    fitted = curves(runs)
    body = {
        "command": f"python -m benchmarks.scale --sizes {' '.join(map(str, arguments.sizes))}",
        "data": f"marathi_qa.jsonl.zst, {of:,} rows",
        "workers": arguments.workers,
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in ("ray", "polars", "numpy")},
        "overhead_of_ray": overheads(runs),
        "curves": fitted,
        "shuffle": shuffle,
        "needs_of_100_million_rows": needs(runs, fitted, shuffle, total / of / 1e6, workers=arguments.workers),
        "runs": runs,
    }
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
