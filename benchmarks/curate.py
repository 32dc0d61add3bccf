"""Time and peak memory of `datakit curate` on 84,002 real QA rows, and on a tenth and ten times of them.

    python -m benchmarks.curate [--sizes 0.1 1 10] [--workers 2]

Ten times the rows are made by adding a copy number to question and answer, so that no copy is a duplicate of another.
"""

import argparse
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import zstandard

from benchmarks.process import watch

RESULTS = Path(__file__).parent / "results"
DATA = Path(os.environ.get("AURORA_DATA", Path(__file__).parents[2] / "shared" / "data"))


def write_input(target: Path, size: float) -> tuple[int, int]:
    """Write `size` times the rows as JSON Lines; returns rows and bytes."""
    source = DATA / "marathi_qa.jsonl.zst"
    rows = total = 0
    with target.open("wb") as out:
        for copy in range(max(1, int(size))):
            for number, line in enumerate(_lines(source)):
                if size < 1 and number % round(1 / size):
                    continue
                if copy:
                    row = json.loads(line)
                    row["question"] = f"{row['question']} (प्रत {copy})"
                    row["answer"] = f"{row['answer']} (प्रत {copy})"
                    line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
                total += out.write(line)
                rows += 1
    return rows, total


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        rest = b""
        while chunk := stream.read(1 << 20):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if rest:
            yield rest


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
    peaks = [run["peak_rss_mb"] for run in runs]
    body = {
        "command": f"python -m benchmarks.curate --sizes {' '.join(f'{size:g}' for size in arguments.sizes)}",
        "data": "marathi_qa.jsonl.zst, 84,002 rows",
        "workers": arguments.workers,
        "cores": os.cpu_count(),
        "polars": version("polars"),
        "runs": runs,
        "peak_growth": [round(later / earlier, 3) for earlier, later in itertools.pairwise(peaks)],
    }
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
