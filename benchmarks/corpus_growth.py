"""What corpus stages and release cost over finished parts: of the real rows, and of ten times them.

    python -m benchmarks.corpus_growth [--factors 1 10] [--work FOLDER]

The rows of `marathi_qa.jsonl.zst` go through the row stages once (or FOLDER holds the finished parts of a run, below
`.work/marathi-history`). A copy of a part has its texts, and hashes of its own: so ten copies hold ten times the pairs,
and no row meets one of another copy. The report is off: it reads texts, to which copies are one question in many splits
(benchmarks/report.py measures it). Each factor runs in a process of its own. Writes results/corpus_growth.json.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.curate import RESULTS, write_input
from benchmarks.process import watch
from datakit.pipeline.curate import finish
from datakit.pipeline.engine import Local
from datakit.pipeline.parts import Part, finished_parts, write_done, write_part
from datakit.pipeline.progress import Silent
from datakit.pipeline.rows import Processed
from datakit.recipe import load

RECIPE: Final = "marathi-history"
_APART: Final = 0x9E3779B97F4A7FF8  # the lowest bits stay: by them blocks are spread over columns
_RANKS: Final = (".complete", ".order", ".place", ".context")
"""Keys that say which row is better or what stands around it: a copy's are those of its row."""


class Clock(Silent):
    """Notes the CPU seconds of each stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._began = 0.0

    def start(self, task: str, total: int | None) -> None:  # noqa: ARG002 - a listener's form
        self._began = time.process_time()

    def finish(self, task: str, note: str) -> None:  # noqa: ARG002 - a listener's form
        self.stages[task] = round(time.process_time() - self._began, 2)


def copied(part: Part, folder: Path, number: int, copy: int) -> Part:
    """Write a copy of a part whose rows are others than those of every other copy."""
    rows, keys = pl.read_parquet(part.rows), pl.read_parquet(part.keys)
    mark = np.uint64(copy * _APART % 2**64)
    names = [name for name, dtype in keys.schema.items() if dtype == pl.UInt64 and not name.endswith(_RANKS)]
    lists = [name for name, dtype in keys.schema.items() if isinstance(dtype, pl.List)]
    renamed = (pl.col("id").str.head(60) + pl.lit(f"{copy:04x}")).alias("id")
    grouped = (pl.col("group") + pl.lit(f" {copy}")).alias("group")
    marked = [pl.Series(name, keys[name].to_physical() ^ mark) for name in names]
    marked += [keys.select(pl.col(name).list.eval(pl.element().xor(pl.lit(mark)))).to_series() for name in lists]
    made = Processed(rows.with_columns(renamed, grouped), keys.with_columns(renamed, grouped, *marked), {}, ())
    return write_part(folder, number, made)


def make(work: Path, folder: Path, factor: int) -> None:
    """Write the copies of all finished parts below `work` into a folder."""
    own = _parts(work)
    for copy in range(1, factor):
        for number, part in enumerate(own):
            copied(part, folder / f"{copy:03}", number, copy)
        write_done(folder / f"{copy:03}", len(own))


def one(work: Path, folder: Path, out: Path) -> dict[str, Any]:
    """Finish a run over parts and their copies, and tell what it took."""
    clock, began = Clock(), time.process_time()
    parts = [*_parts(work), *_parts(folder)]
    with Local(workers=1) as here:  # so that all of the time is this process's
        result = finish(parts, out, RECIPE, recipe=load(RECIPE), engine=here, report=False, progress=clock)
    return {
        "rows": result.rows_in,
        "kept": result.kept,
        "rejected": {name: sum(tally.rejected.values()) for name, tally in result.tallies.items() if tally.rejected},
        "cpu_s": round(time.process_time() - began, 2),
        "cpu_s_by_stage": clock.stages,
    }


def _parts(work: Path) -> list[Part]:
    return [part for folder in sorted(work.iterdir()) for part in finished_parts(folder) or ()]


def measure(work: Path, factor: int, scratch: Path | None) -> dict[str, Any]:
    """Make the copies, then finish a run over them in a process of its own, watched."""
    with tempfile.TemporaryDirectory(dir=scratch) as place:
        folder = Path(place) / "parts"
        folder.mkdir()
        make(work, folder, factor)
        run = watch([sys.executable, "-m", "benchmarks.corpus_growth", "--one", str(work), str(folder), place])
    if run.returncode:
        raise SystemExit(f"factor {factor}: ended with {run.returncode}")
    return {"factor": factor, **json.loads(run.stdout), "peak_rss_mb": round(run.peak_rss_mb)}


def row_stages(folder: Path) -> Path:
    """Curate the rows, and return the folder with the finished parts."""
    raw = folder / "raw"
    raw.mkdir()
    write_input(raw / "qa.jsonl", 1)
    command = [sys.executable, "-m", "datakit", "curate", str(raw), str(folder / "out"), "--no-report", "--json"]
    if watch(command).returncode:
        raise SystemExit("the rows could not be curated")
    return folder / "out" / ".work" / RECIPE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--work", type=Path, help="finished parts of a run over these rows: curated/.work/NAME")
    parser.add_argument("--scratch", type=Path, help="where there is room: 3 GB for ten times the rows")
    parser.add_argument("--out", type=Path, default=RESULTS / "corpus_growth.json")
    parser.add_argument("--one", type=Path, nargs=3, metavar=("PARTS", "COPIES", "OUT"), help="a single run, on stdout")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(*given.one)))
        return
    with tempfile.TemporaryDirectory(dir=given.scratch) as place:
        work = given.work or row_stages(Path(place))
        runs = []
        for factor in given.factors:
            runs.append(measure(work, factor, given.scratch))
            print(json.dumps(runs[-1], ensure_ascii=False), flush=True)
    first, last = runs[0], runs[-1]
    body = {
        "command": f"python -m benchmarks.corpus_growth --factors {' '.join(map(str, given.factors))}",
        "data": "marathi_qa.jsonl.zst, 84,002 rows, its parts copied under hashes of their own",
        "cores": os.cpu_count(),
        "polars": version("polars"),
        "runs": runs,
        "rows_growth": round(last["rows"] / first["rows"], 3),
        "cpu_growth": round(last["cpu_s"] / first["cpu_s"], 3),
        "cpu_growth_by_stage": {
            stage: round(seconds / first["cpu_s_by_stage"][stage], 2)
            for stage, seconds in last["cpu_s_by_stage"].items()
            if first["cpu_s_by_stage"].get(stage)
        },
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
