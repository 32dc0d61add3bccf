"""The rounds: everybody in turn on the same input, each watched from outside."""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.contests import RUNNERS, Contest, Contestant
from benchmarks.peers.environments import Environment, without_paths
from benchmarks.peers.inputs import Input, slice_of
from benchmarks.process import watch

ROOT: Final = Path(__file__).parents[2]


@dataclass
class Runs:
    """What one contestant took, round by round."""

    contestant: Contestant
    given: Input
    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    peak_rss_mb: list[float] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None

    def summary(self) -> dict[str, Any]:
        """Return what the results say: medians, and every round."""
        arguments = [self.contestant.engine] if self.contestant.engine else []
        body: dict[str, Any] = {
            "environment": self.contestant.environment,
            "command": " ".join(["python -m", f"{RUNNERS}.{self.contestant.runner}", *arguments, "INPUT WORK"]),
            "note": self.contestant.note,
            "input_mb": round(self.given.mb, 3),
            "input_sha256": self.given.sha256,
        }
        if self.problem is not None:
            return {**body, "problem": self.problem}
        return {
            **body,
            **{name: self.told[name] for name in ("rows_in", "rows_kept", "rows_changed") if name in self.told},
            "wall_s": [round(value, 3) for value in self.wall_s],
            "cpu_s": [round(value, 3) for value in self.cpu_s],
            "peak_rss_mb": [round(value) for value in self.peak_rss_mb],
            "mb_per_s": round(statistics.median(self.given.mb / value for value in self.wall_s), 3),
            "mb_per_cpu_s": round(statistics.median(self.given.mb / value for value in self.cpu_s), 3),
            **({"seconds_by_stage": self.told["seconds_by_stage"]} if "seconds_by_stage" in self.told else {}),
        }


def hold(
    contest: Contest,
    inputs: Mapping[str, Input],
    environments: Mapping[str, Environment],
    work: Path,
    *,
    rounds: int,
    max_mb: float | None = None,
) -> list[Runs]:
    """Run every contestant `rounds` times in turn, in the opposite order every other round.

    `max_mb` cuts what anybody gets, for a quick try. A contestant whose environment is not there, or that fails, has a
    `problem` and no figures; the others go on.
    """
    slices: dict[float, Input] = {}
    runs = []
    for one in contest.contestants:
        limits = [limit for limit in (contest.max_mb, one.max_mb, max_mb) if limit is not None]
        given = inputs[contest.input]
        if limits and min(limits) < given.mb:
            least = min(limits)
            given = slices.setdefault(least, slices.get(least) or slice_of(given, work, least))
        runs.append(Runs(one, given, problem=environments[one.environment].problem))
    for number in range(rounds):
        for run in runs if number % 2 == 0 else reversed(runs):
            if run.problem is None and number < (run.contestant.rounds or rounds):
                _one(run, environments[run.contestant.environment], contest.whole_process, work)
                _tell(contest, run)
    return runs


def _one(run: Runs, environment: Environment, whole_process: bool, work: Path) -> None:
    folder = work / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    contestant = run.contestant
    given = run.given.ours if contestant.reads_rows else run.given.theirs
    engine = [contestant.engine] if contestant.engine else []
    command = [str(environment.python), "-m", f"{RUNNERS}.{contestant.runner}", *engine, str(given), str(folder)]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "PIP_NO_INDEX": "1"}  # no peer fetches anything
    with tempfile.TemporaryFile() as complaints:
        watched = watch(command, env=settings, cwd=ROOT, stderr=complaints)
        complaints.seek(0)
        said = complaints.read().decode(errors="replace")
    shutil.rmtree(folder, ignore_errors=True)
    if watched.returncode:
        lines = [line for line in said.splitlines() if line.strip()] or ["no message"]
        run.problem = without_paths(f"exit {watched.returncode}: {lines[-1].strip()}")
        return
    run.told = json.loads(watched.stdout.strip().splitlines()[-1])
    run.wall_s.append(watched.wall_s if whole_process else run.told["wall_s"])
    run.cpu_s.append(watched.cpu_s if whole_process else run.told["cpu_s"])
    run.peak_rss_mb.append(watched.peak_rss_mb)


def _tell(contest: Contest, run: Runs) -> None:
    name = f"{contest.name}: {run.contestant.name} on {run.given.mb:.1f} MB"
    if run.problem is not None:
        print(f"{name}: {run.problem}", file=sys.stderr, flush=True)
    else:
        wall, cpu, peak = run.wall_s[-1], run.cpu_s[-1], run.peak_rss_mb[-1]
        print(f"{name}: {wall:.1f} s wall, {cpu:.1f} s CPU, {peak:.0f} MB", file=sys.stderr, flush=True)


def ratios(contest: Contest, runs: list[Runs]) -> dict[str, float]:
    """Return how many times as fast as each peer ours is, by `contest/peer/wall` and `/cpu`: the median over rounds.

    Each round is a pair: our MB/s in it by the peer's in it.
    """
    ours, *peers = runs
    found = {}
    for peer in peers:
        if ours.problem is None and peer.problem is None:
            for kind, own, other in (("wall", ours.wall_s, peer.wall_s), ("cpu", ours.cpu_s, peer.cpu_s)):
                pairs = zip(own, other, strict=False)  # a slow peer may have fewer rounds
                each = [(ours.given.mb / mine) / (peer.given.mb / its) for mine, its in pairs]
                found[f"{contest.name}/{peer.contestant.name}/{kind}"] = round(statistics.median(each), 4)
    return found
