"""Running a command and watching it: wall and CPU seconds, and the peak memory of it and its children together."""

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_POLL_S = 0.05
_ORPHANS_S = 30.0  # a forkserver ends when its pipe closes, at once; this is for a busy machine
_SET_CHILD_SUBREAPER = 36  # prctl(2): orphans of the command become our children


@dataclass(frozen=True)
class Run:
    """What one run of a command took."""

    returncode: int
    stdout: str
    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    """Resident memory summed over the process and all its descendants, polled at 20 Hz; shared pages count twice."""


def watch(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stderr: IO[bytes] | None = None,
) -> Run:
    """Run a command to its end; `stderr` None leaves its messages on ours. Linux only: it reads /proc.

    A process of its own stands between: it adopts what the command leaves behind, and nothing that others left.
    Python may keep bytecode, as wherever nobody forbade it: else each process compiles the program anew.
    """
    settings = {name: value for name, value in (env or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as figures:  # a pipe would fill up
        between = [sys.executable, "-I", "-S", __file__, str(figures.fileno()), *command]
        subprocess.run(
            between, stdout=said, stderr=stderr, env=settings, cwd=cwd, pass_fds=[figures.fileno()], check=True
        )
        said.seek(0)
        figures.seek(0)
        return Run(stdout=said.read(), **json.load(figures))


def _between(figures: int, command: Sequence[str]) -> None:
    """Run the command, wait for all that it leaves behind, and write what it took to the descriptor `figures`."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.perf_counter()
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_resident(pid) for pid in tree(process.pid)))
        time.sleep(_POLL_S)
    wall = time.perf_counter() - began
    _reap()
    used = os.times()
    took = {"returncode": process.returncode, "wall_s": wall, "cpu_s": used.children_user + used.children_system}
    os.write(figures, json.dumps(took | {"peak_rss_mb": peak / 1e6}).encode())


def _reap() -> None:
    """Wait for what the command left behind (a forkserver and its workers), so that their seconds count too."""
    until = time.perf_counter() + _ORPHANS_S
    while time.perf_counter() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(_POLL_S)
        except ChildProcessError:
            return


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for one in found:  # grows while it is read
        with contextlib.suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{one}/task").iterdir():
                found.extend(map(int, (task / "children").read_text().split()))
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


if __name__ == "__main__":
    _between(int(sys.argv[1]), sys.argv[2:])
