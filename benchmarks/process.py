"""Running a command and watching it: wall and CPU seconds, and the peak memory of it and its children together."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_POLL_S = 0.05


@dataclass(frozen=True)
class Run:
    """What one run of a command took."""

    returncode: int
    stdout: str
    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    """Resident memory summed over the process and all its descendants, polled at 20 Hz; shared pages count twice."""


def watch(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Run:
    """Run a command to its end. Linux only: it reads /proc."""
    before = os.times()
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=cwd)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_resident(pid) for pid in tree(process.pid)))
        time.sleep(_POLL_S)
    out = process.stdout.read() if process.stdout else ""
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(process.returncode, out, time.perf_counter() - began, cpu, peak / 1e6)


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0
