"""Kill `datakit curate` at random moments: no torn version may appear, and a resumed run must end with the clean id.

python -m benchmarks.kills --kills 200
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from datakit.store import verify, versions

RESULTS = Path(__file__).parent / "results"


@dataclass
class Series:
    """What a series of kills came to."""

    kills: int = 0
    """Kills that hit a running process."""
    runs_finished: int = 0
    """Runs that came to their end between kills; each one's id is compared with the clean run's."""
    parts_kept: int = 0
    """Most finished parts that a killed run left for the next one."""
    torn: int = 0
    other_ids: int = 0


def kill_series(raw: Path, folder: Path, *, kills: int, seed: int, options: Sequence[str] = ()) -> Series:
    """Kill, look, and start again in the same folder until a run ends; then begin anew, until `kills` have hit."""
    command = [sys.executable, "-m", "datakit", "curate", str(raw)]
    whole = subprocess.run([*command, str(folder / "clean"), "--json", *options], capture_output=True, check=True)
    clean = _id(whole.stdout.decode())
    chance = random.Random(seed)
    series = Series()
    longest_s = 4.0  # of the next kill's delay; follows what runs take, for a resumed run is shorter than a first one
    while series.kills < kills:
        target = folder / f"run-{series.runs_finished}"
        while True:
            began = time.perf_counter()
            process = subprocess.Popen(
                [*command, str(target), "--json", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            try:
                out, _ = process.communicate(timeout=chance.uniform(0.15, longest_s) if series.kills < kills else None)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                series.kills += 1
                series.parts_kept = max(series.parts_kept, len(list(target.glob(".work/*/*/*.keys.parquet"))))
                series.torn += _torn(target)
                continue
            longest_s = 1.25 * (time.perf_counter() - began)
            series.runs_finished += 1
            series.torn += _torn(target)
            series.other_ids += _id(out) != clean
            break
    return series


def _id(out: str) -> str:
    return str(json.loads(out)["version_id"])


def _torn(target: Path) -> int:
    """Return how many folders look like versions and are not whole."""
    torn = 0
    for home in target.glob("*") if target.exists() else ():
        for folder in home.iterdir() if home.is_dir() and not home.name.startswith(".") else ():
            torn += folder.is_dir() and not folder.is_symlink() and not (folder / "manifest.json").is_file()
    for version in versions(target):
        verify(version.path)
    return torn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--raw", type=Path, default=Path(__file__).parents[1] / "raw")
    arguments = parser.parse_args()
    results = {}
    for name, options in {
        "one process": ["--batch-rows", "40"],
        "two workers": ["--batch-rows", "40", "--workers", "2"],
    }.items():
        with tempfile.TemporaryDirectory() as folder:
            results[name] = asdict(
                kill_series(arguments.raw, Path(folder), kills=arguments.kills // 2, seed=len(name), options=options)
            )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "kills.json").write_text(
        json.dumps({"command": "python -m benchmarks.kills", **results}, indent=2) + "\n"
    )
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
