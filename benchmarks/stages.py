"""Where the time of `datakit curate` goes: the share of each stage and of what is around them, by sampled stacks.

    python -m benchmarks.stages [--max-mb N]

py-spy (in an environment of its own below `.venv-peers/`) looks at the main thread of a run with one worker and one
polars thread a hundred times a second, also while it waits for polars, so that what an expression costs falls to the
stage that asked for it. Each stack counts for the first stage or package met from the outside; a stage that calls
another package pays for it. Writes results/stages.json and the table of docs/benchmarks.md.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.__main__ import data_folder, machine
from benchmarks.peers.environments import ensure
from benchmarks.peers.inputs import Input, prepare
from benchmarks.peers.measure import ROOT
from benchmarks.peers.page import write_page

RESULTS: Final = ROOT / "benchmarks" / "results" / "stages.json"
LIMIT: Final = 0.4  # no stage may take more: the issue that asked for speed
PER_SECOND: Final = 100
_FRAME: Final = re.compile(r"\((?:[^()]*/)?datakit/([\w/]+)\.py:\d+\)")
_MAIN: Final = "MainThread"
_IMPORT: Final = "_find_and_load "  # the frame of Python's own import
START: Final = "start-up and command line"


def place(stack: str) -> str:
    """Return what a sampled stack counts for: a stage, `read`, a package of datakit, or starting up (every import)."""
    if _IMPORT in stack:
        return START
    files = _FRAME.findall(stack)
    for file in files:
        package, _, module = file.partition("/")
        if package == "stages":
            return str(module)
        if package == "readers":
            return "read"
        if package in ("report", "gate"):
            return f"{package} of the version"
    for file in reversed(files):
        if file == "stage":
            return "text keys"
        if file.startswith("pipeline/"):
            return f"pipeline: {file.partition('/')[2]}"
    return START


def shares(lines: Iterable[str]) -> dict[str, float]:
    """Return the share of each place in py-spy's raw stacks (`frame;frame;… count`), the largest first."""
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        if _MAIN in stack.partition(";")[0]:
            found[place(stack)] += int(count)
    total = sum(found.values())
    if not total:
        raise ValueError(
            "the profile holds no stack of the main thread; expected lines such as 'MainThread;f (x.py:1) 3'"
        )
    return {name: round(count / total, 4) for name, count in found.most_common()}


def profile(given: Input, spy: Path, work: Path) -> dict[str, Any]:
    """Curate an input under py-spy; return the shares."""
    stacks, out = work / f"stacks-{given.name}.txt", work / f"profiled-{given.name}"
    shutil.rmtree(out, ignore_errors=True)
    record = [
        str(spy),
        "record",
        "--rate",
        str(PER_SECOND),
        "--idle",
        "--threads",
        "--format",
        "raw",
        "-o",
        str(stacks),
    ]
    curate = [sys.executable, "-m", "datakit", "curate", str(given.ours), str(out), "--workers", "1", "--json"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*record, "--", *curate], env=settings, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{given.name}: exit {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
    found = shares(stacks.read_text(encoding="utf-8").splitlines())
    stages = {name: share for name, share in found.items() if (ROOT / "datakit" / "stages" / f"{name}.py").exists()}
    largest = max(stages, key=stages.__getitem__)
    return {
        **given.summary(),
        "shares": found,
        "largest_stage": [largest, stages[largest]],
        "holds": stages[largest] <= LIMIT,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--max-mb", type=float, default=40.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--work", type=Path, default=ROOT / ".bench")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv-peers")
    given = parser.parse_args()
    environment = ensure("py-spy", given.environments)
    if environment.python is None:
        sys.exit(f"py-spy does not install: {environment.problem}")
    work = given.work / "stages"
    inputs = prepare(data_folder(), ROOT / "raw", work, max_mb=given.max_mb)
    spy = environment.python.with_name("py-spy")
    body = {
        "command": f"python -m benchmarks.stages --max-mb {given.max_mb:g}",
        "machine": machine(),
        "versions": environment.versions,
        "limit": LIMIT,
        "inputs": {name: profile(one, spy, work) for name, one in inputs.items()},
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if given.out == RESULTS:
        write_page(ROOT)


if __name__ == "__main__":
    main()
