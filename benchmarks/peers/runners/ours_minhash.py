"""Ours: the keys and the two stages of deduplication, beside the MinHash engines.

python -m benchmarks.peers.runners.ours_minhash RAW WORK
"""

import sys
from pathlib import Path

from benchmarks.dedup import ours
from benchmarks.peers.runners.texts import megabytes, report, rows, texts, timed


def main() -> None:
    """Deduplicate; print rows, CPU and wall seconds without the reading."""
    raw = Path(sys.argv[1])
    pairs = [(row["question"], row["answer"]) for row in rows(raw)]
    found, cpu_s, wall_s = timed(lambda: ours(pairs))
    kept = len(pairs) - len(found)
    report(rows_in=len(pairs), rows_kept=kept, mb=megabytes(texts(raw)), cpu_s=cpu_s, wall_s=wall_s)


if __name__ == "__main__":
    main()
