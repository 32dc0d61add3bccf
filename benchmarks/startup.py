"""Measure what starting a command costs: CPU seconds of fresh processes, ours and a peer's side by side.

    python benchmarks/startup.py

Writes `benchmarks/results/startup.json`. Each command runs `RUNS` times in turn with the others; the median is told,
user and system time together. The peer is the command line of Hugging Face `datasets`.
"""

import json
import platform
import resource
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

RUNS = 7
LIMIT_S = 0.5  # what DESIGN asks of `--help`
OUT = Path(__file__).parent / "results" / "startup.json"
HERE = Path(sys.executable).parent

COMMANDS = {
    "an empty Python": ["python", "-c", "pass"],
    "import datakit.lineage": ["python", "-c", "import datakit.lineage"],
    "datakit --help": ["datakit", "--help"],
    "datakit curate --help": ["datakit", "curate", "--help"],
    "trainer --help": ["trainer", "--help"],
    "gguf-export --help": ["gguf-export", "--help"],
    "import polars": ["python", "-c", "import polars"],
    "peer: datasets-cli --help": ["datasets-cli", "--help"],
}


def cpu_seconds(command: list[str]) -> float:
    """Return the user and system seconds of one run of a command of this environment."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(HERE / command[0]), *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> int:
    """Measure, print and write the result; return 1 where a command of ours is over the limit."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        cpu_seconds(command)  # once unmeasured, so that every file is in the cache
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            seconds[name].append(cpu_seconds(command))
    medians = {name: round(statistics.median(values), 3) for name, values in seconds.items()}
    for name, value in medians.items():
        print(f"{value:7.3f} CPU-s  {name}")
    packages = ("ancient-aurora", "typer", "polars", "datasets")
    body = {
        "command": "python benchmarks/startup.py",
        "runs": RUNS,
        "cpu_seconds_median": medians,
        "cpu_seconds_all": {name: [round(value, 3) for value in values] for name, values in seconds.items()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    slow = [
        name for name, value in medians.items() if name.endswith("--help") and "peer" not in name and value > LIMIT_S
    ]
    if slow:
        print(f"over {LIMIT_S} CPU-s: {', '.join(slow)}")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
