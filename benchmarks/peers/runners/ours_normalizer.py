"""Ours: the whole Marathi specification over a column, from an empty memory.

python -m benchmarks.peers.runners.ours_normalizer TEXTS WORK
"""

import sys
from pathlib import Path

import polars as pl

from benchmarks.peers.runners.texts import megabytes, report, texts, timed
from datakit.devanagari import Policy
from datakit.devanagari.column import Column


def main() -> None:
    """Normalize every text once; print rows, changed ones, CPU and wall seconds without the reading."""
    rows = texts(Path(sys.argv[1]))
    column = pl.Series("text", rows)
    engine = Column(Policy())
    (_, touched), cpu_s, wall_s = timed(lambda: engine.run(column))
    report(rows_in=len(rows), rows_changed=len(touched), mb=megabytes(rows), cpu_s=cpu_s, wall_s=wall_s)


if __name__ == "__main__":
    main()
