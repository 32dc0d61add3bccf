"""One language engine over Marathi texts; how often it is right stands in results/langid.json.

python -m benchmarks.peers.runners.languages ENGINE TEXTS WORK
"""

import sys
from pathlib import Path

from benchmarks.peers.runners.texts import megabytes, report, texts, timed
from datakit.langid import guess


def main() -> None:
    """Guess every text once after a warm-up; print rows, those called Marathi, CPU and wall seconds."""
    engine = sys.argv[1]
    rows = texts(Path(sys.argv[2]))
    guess(rows[:50], engine=engine)
    found, cpu_s, wall_s = timed(lambda: guess(rows, engine=engine))
    marathi = sum(label == "mar" for label in found.labels)
    report(rows_in=len(rows), rows_kept=marathi, mb=megabytes(rows), cpu_s=cpu_s, wall_s=wall_s)


if __name__ == "__main__":
    main()
