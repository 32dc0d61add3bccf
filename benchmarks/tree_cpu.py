"""CPU seconds of everything below this process, counted while it runs.

Ray's daemon does not wait for its workers, so the kernel adds their seconds to nobody's: they must be read while the
workers live. What a process used in its last twentieth of a second is lost.
"""

import os
import threading
from pathlib import Path
from types import TracebackType

from benchmarks.process import tree

_POLL_S = 0.05
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class TreeCpu:
    """A context manager; `seconds` is the CPU time of all processes below this one that ran meanwhile. Linux only."""

    def __init__(self) -> None:
        self._used: dict[tuple[int, str], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "TreeCpu":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        return sum(self._used.values())

    def _watch(self) -> None:
        while not self._over.wait(_POLL_S):
            for pid in tree(os.getpid())[1:]:
                try:
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                except OSError:  # it ended meanwhile
                    continue
                # proc(5): utime, stime and, to tell a number that is used again, starttime
                self._used[pid, fields[19]] = (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
