"""A corpus larger than the memory it may take: `datakit curate` over 5 GB, ended at once where it takes more than 2 GB.

    python -m benchmarks.bounded --folder SCRATCH [--gb 5] [--limit-mb 2000] [--workers 2]

SCRATCH needs four times the size of the input; what is written there goes at the end. The limit holds for the resident
memory of all processes together, looked at twenty times a second: shared pages count twice, so it is on the strict
side. The kernel can hold it as well: put `systemd-run --scope -p MemoryMax=2G -p MemorySwapMax=0` before the command.
Writes results/bounded.json.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks.process import tree, watch
from benchmarks.varied_rows import write_rows

RESULTS: Final = Path(__file__).parent / "results"
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_POLL_S: Final = 0.05


class Guard(threading.Thread):
    """Kills everything below this process as soon as it takes more memory than it may."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(daemon=True)
        self._limit = limit_bytes
        self._over = threading.Event()
        self.broken_at_mb: float | None = None

    def run(self) -> None:
        while not self._over.wait(_POLL_S):
            below = [pid for pid in tree(os.getpid()) if pid != os.getpid()]
            taken = sum(map(_resident, below))
            if taken > self._limit:
                self.broken_at_mb = taken / 1e6
                for pid in below:
                    os.kill(pid, signal.SIGKILL)
                return

    def stop(self) -> None:
        self._over.set()


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def measure(folder: Path, gigabytes: float, limit_mb: int, workers: int) -> dict[str, Any]:
    """Make the input, curate it under the limit and tell what came of it."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        raw = Path(place) / "raw"
        raw.mkdir()
        rows, total = write_rows(raw / "qa.jsonl", max_bytes=int(gigabytes * 1e9))
        command = [sys.executable, "-m", "datakit", "curate", str(raw), str(Path(place) / "out"), "--json"]
        guard = Guard(limit_mb * 1_000_000)
        guard.start()
        run = watch([*command, "--workers", str(workers)])
        guard.stop()
        done = run.returncode == 0
        told = json.loads(run.stdout) if done else {}
        notes = json.loads((Path(told["path"]) / "provenance.json").read_text()) if done else {}
    return {
        "rows": rows,
        "mb": round(total / 1e6, 1),
        "limit_mb": limit_mb,
        "completed": done,
        "broken_at_mb": guard.broken_at_mb,
        "peak_rss_mb": round(run.peak_rss_mb),
        "wall_s": round(run.wall_s, 1),
        "cpu_s": round(run.cpu_s, 1),
        "mb_per_cpu_s": round(total / 1e6 / run.cpu_s, 2),
        "counts": told.get("counts"),
        "seconds_by_stage": notes.get("seconds_by_stage"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, required=True, help="where there is room")
    parser.add_argument("--gb", type=float, default=5.0)
    parser.add_argument("--limit-mb", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "bounded.json")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    body = {
        "command": f"python -m benchmarks.bounded --gb {given.gb:g} --limit-mb {given.limit_mb}"
        f" --workers {given.workers} --folder SCRATCH",
        "data": "variants of marathi_qa.jsonl.zst (benchmarks/varied_rows.py), seed 0",
        "cores": os.cpu_count(),
        "polars": version("polars"),
        **measure(given.folder, given.gb, given.limit_mb, given.workers),
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n")
    print(json.dumps(body, ensure_ascii=False))
    if not body["completed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
