"""What a run costs over input of which nothing, or one file of forty, has changed since the run before.

    python -m benchmarks.incremental [--rows 84002] [--files 40] [--workers 2] [--rounds 3]

The rows of `marathi_qa.jsonl.zst`, cut into files of equal length, are curated from nothing, once more, and once more
after one word of one row of one file was changed. The share is that of the third run in the first, by CPU seconds and
by wall, as the median of the rounds. Writes results/incremental.json.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.process import Run, watch
from benchmarks.varied_rows import lines

RESULTS: Final = Path(__file__).parent / "results"


def write_files(raw: Path, rows: int, files: int) -> int:
    """Write the rows into so many files; returns the bytes."""
    raw.mkdir()
    every = list(islice(lines(), rows))
    each = -(-len(every) // files)
    for number in range(files):
        (raw / f"{number:02d}.jsonl").write_bytes(b"".join(every[number * each : (number + 1) * each]))
    return sum(len(line) for line in every)


def change(file: Path, round_: int) -> None:
    """Put a word before the answer of the first row of a file."""
    first, _, rest = file.read_bytes().partition(b"\n")
    row = json.loads(first)
    row["answer"] = f"बदल {round_} {row['answer']}"
    file.write_bytes(json.dumps(row, ensure_ascii=False).encode() + b"\n" + rest)


def measure(rows: int, files: int, options: Sequence[str], round_: int) -> dict[str, Any]:
    """Run all three in one new folder."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        total = write_files(raw, rows, files)
        command = [sys.executable, "-m", "datakit", "curate", str(raw), str(Path(folder) / "out"), "--json", *options]
        whole, again = watch(command), watch(command)
        change(raw / f"{(7 + 11 * round_) % files:02d}.jsonl", round_)
        one = watch(command)
    told = [json.loads(run.stdout) for run in (whole, again, one)]
    if not told[1]["unchanged"] or told[2]["unchanged"] or told[0]["version_id"] == told[2]["version_id"]:
        raise SystemExit(f"the runs are not what they should be: {told}")
    return {
        "mb": round(total / 1e6, 1),
        "full": _figures(whole),
        "unchanged": _figures(again),
        "one_changed": _figures(one),
        "share_cpu": round(one.cpu_s / whole.cpu_s, 3),
        "share_wall": round(one.wall_s / whole.wall_s, 3),
    }


def _figures(run: Run) -> dict[str, float]:
    return {"wall_s": round(run.wall_s, 2), "cpu_s": round(run.cpu_s, 2), "peak_rss_mb": round(run.peak_rss_mb)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=84_002)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "incremental.json")
    given = parser.parse_args()
    rounds = []
    for number in range(given.rounds):
        rounds.append(measure(given.rows, given.files, ["--workers", str(given.workers)], number))
        print(json.dumps(rounds[-1]), flush=True)
    body = {
        "command": f"python -m benchmarks.incremental --rows {given.rows} --files {given.files}"
        f" --workers {given.workers} --rounds {given.rounds}",
        "data": f"marathi_qa.jsonl.zst, first {given.rows:,} rows in {given.files} files",
        "cores": os.cpu_count(),
        "polars": version("polars"),
        "rounds": rounds,
        "median": {name: statistics.median(one[name] for one in rounds) for name in ("share_cpu", "share_wall")}
        | {"unchanged_wall_s": statistics.median(one["unchanged"]["wall_s"] for one in rounds)},
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
