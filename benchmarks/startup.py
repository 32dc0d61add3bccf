"""Measure what starting a command costs: CPU and wall seconds of fresh processes, ours and a peer's side by side.

    python -m benchmarks.startup

Writes `benchmarks/results/startup.json`. Each command runs `RUNS` times in turn with the others; the median is told,
user and system time together. The peer is the command line of Hugging Face `datasets`. The small run curates about 400
rows of the sample from nothing, report and all; its wall seconds have a limit of their own.
"""

import json
import platform
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.process import watch

RUNS = 7
LIMIT_S = 0.5  # CPU seconds of `--help`, as DESIGN asks
SMALL = "datakit curate of 400 rows"
SMALL_LIMIT_S = 3.0  # wall seconds, warm disk
OUT = Path(__file__).parent / "results" / "startup.json"
HERE = Path(sys.executable).parent
RAW = Path(__file__).parent.parent / "raw"

COMMANDS = {
    "an empty Python": ["python", "-c", "pass"],
    "import datakit.lineage": ["python", "-c", "import datakit.lineage"],
    "datakit --help": ["datakit", "--help"],
    "datakit curate --help": ["datakit", "curate", "--help"],
    "trainer --help": ["trainer", "--help"],
    "gguf-export --help": ["gguf-export", "--help"],
    SMALL: ["datakit", "curate", str(RAW), "OUT", "--sample", "400", "--json"],
    "import polars": ["python", "-c", "import polars"],
    "peer: datasets-cli --help": ["datasets-cli", "--help"],
}


def seconds_of(command: list[str]) -> tuple[float, float]:
    """Return the CPU and wall seconds of one run of a command of this environment; `OUT` is a folder that is empty."""
    with tempfile.TemporaryDirectory() as empty:
        given = [empty if argument == "OUT" else argument for argument in command[1:]]
        run = watch([str(HERE / command[0]), *given])
    if run.returncode:
        raise RuntimeError(f"{' '.join(command[:2])}: exit {run.returncode}")
    return run.cpu_s, run.wall_s


def main() -> int:
    """Measure, print and write the result; return 1 where a command of ours is over the limit."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds_of(command)  # once unmeasured, so that every file is in the cache
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            seconds[name].append(seconds_of(command))
    medians = {name: round(statistics.median(cpu for cpu, _ in values), 3) for name, values in seconds.items()}
    walls = {name: round(statistics.median(wall for _, wall in values), 3) for name, values in seconds.items()}
    for name, value in medians.items():
        print(f"{value:7.3f} CPU-s {walls[name]:7.3f} s  {name}")
    packages = ("ancient-aurora", "typer", "polars", "datasets")
    body = {
        "command": "python -m benchmarks.startup",
        "runs": RUNS,
        "cpu_seconds_median": medians,
        "wall_seconds_median": walls,
        "cpu_seconds_all": {name: [round(cpu, 3) for cpu, _ in values] for name, values in seconds.items()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    slow = [
        name for name, value in medians.items() if name.endswith("--help") and "peer" not in name and value > LIMIT_S
    ]
    if slow:
        print(f"over {LIMIT_S} CPU-s: {', '.join(slow)}")
    if walls[SMALL] > SMALL_LIMIT_S:
        print(f"over {SMALL_LIMIT_S} s: {SMALL}")
    return bool(slow) or walls[SMALL] > SMALL_LIMIT_S


if __name__ == "__main__":
    sys.exit(main())
