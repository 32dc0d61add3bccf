"""Compare with every peer and write benchmarks/results/peers.json and the tables of docs/benchmarks.md.

    python -m benchmarks.peers [--quick] [--only CONTEST …] [--rounds N] [--max-mb N]

--quick takes 2 MB of each input, one round, and writes to .bench/quick.json, not to the results of the project.
"""

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.contests import CONTESTS, OURS
from benchmarks.peers.environments import Environment, ensure, own
from benchmarks.peers.inputs import prepare
from benchmarks.peers.measure import ROOT, hold, ratios
from benchmarks.peers.page import write_page

RESULTS = ROOT / "benchmarks" / "results" / "peers.json"
ROUNDS = 3
OWN_PACKAGES = ("polars", "numpy", "orjson", "pycld2", "py3langid", "langdetect", "langdetect-rs", "regex", "xxhash")


def machine() -> dict[str, Any]:
    """Return what the figures depend on: cores, memory, processor; no name of the machine."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "cpu": models[0] if models else platform.machine(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def data_folder() -> Path | None:
    """Return the folder of real data, or None where there is none."""
    folder = Path(os.environ.get("AURORA_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def command(given: argparse.Namespace) -> str:
    """Return the command that gives these figures: what decides about them, not where they go."""
    words = ["python -m benchmarks.peers"]
    words += ["--quick"] if given.quick else []
    words += [f"--max-mb {given.max_mb:g}"] if given.max_mb else []
    words += [f"--rounds {given.rounds}"] if given.rounds != ROUNDS else []
    return " ".join(words)


def main() -> None:
    """Prepare, install, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", choices=[contest.name for contest in CONTESTS], metavar="CONTEST")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--max-mb", type=float, help="cut every input after so many megabytes")
    parser.add_argument("--out", type=Path, help="default: benchmarks/results/peers.json, of --quick .bench/quick.json")
    parser.add_argument("--work", type=Path, default=ROOT / ".bench")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv-peers")
    given = parser.parse_args()
    out = given.out or (given.work / "quick.json" if given.quick else RESULTS)
    max_mb, rounds = (2.0, 1) if given.quick else (given.max_mb, given.rounds)
    contests = [contest for contest in CONTESTS if not given.only or contest.name in given.only]
    given.work.mkdir(exist_ok=True)
    data = data_folder()
    inputs = prepare(data, ROOT / "raw", given.work, max_mb=max_mb)
    names = sorted({one.environment for contest in contests for one in contest.contestants} - {OURS})
    environments: dict[str, Environment] = {OURS: own(OWN_PACKAGES)}
    for name in names:
        environments[name] = ensure(name, given.environments)
    told = {name: one.summary() for name, one in inputs.items()}
    before = json.loads(out.read_text(encoding="utf-8")) if given.only and out.exists() else {}
    if before and before["inputs"] != told:
        sys.exit(f"{out.name}: holds figures of other inputs; measure all of them, or write elsewhere with --out")
    body: dict[str, Any] = {
        "command": command(given),
        "data": "real" if data else "generated",
        "rounds": rounds,
        "machine": machine(),
        "inputs": told,
        "environments": {
            **before.get("environments", {}),
            **{
                name: {"problem": one.problem} if one.problem else {"versions": one.versions}
                for name, one in environments.items()
            },
        },
        "contests": before.get("contests", {}),
        "ratios": before.get("ratios", {}),
    }
    for contest in contests:
        runs = hold(contest, inputs, environments, given.work, rounds=rounds, max_mb=max_mb)
        body["contests"][contest.name] = {
            "title": contest.title,
            "input": contest.input,
            "seconds_of": "the whole process and its children" if contest.whole_process else "the work alone",
            "runs": {run.contestant.name: run.summary() for run in runs},
        }
        body["ratios"] |= ratios(contest, runs)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if out == RESULTS:
        write_page(ROOT)
    print(f"wrote {out.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
