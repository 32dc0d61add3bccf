"""Ours: `datakit curate` with its default recipe and two workers; no peer writes a report, so none is written.

python -m benchmarks.peers.runners.ours_pipeline RAW WORK
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.runners.texts import report


def main() -> None:
    """Curate from nothing; print rows in and kept, rejections and the seconds of each stage."""
    raw, work = sys.argv[1:3]
    command = [sys.executable, "-m", "datakit", "curate", raw, str(Path(work) / "curated"), "--json"]
    done = subprocess.run([*command, "--workers", "2", "--no-report"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    body = json.loads(done.stdout)
    notes = json.loads((Path(body["path"]) / "provenance.json").read_text(encoding="utf-8"))
    report(
        rows_in=body["counts"]["in"],
        rows_kept=body["counts"]["kept"],
        rejected=body["counts"]["rejected"],
        seconds_by_stage=notes["seconds_by_stage"],
    )


if __name__ == "__main__":
    main()
