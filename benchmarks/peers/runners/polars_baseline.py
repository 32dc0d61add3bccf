"""What polars alone needs to read the same file, bring every string to NFC and write Parquet: no curation at all.

python -m benchmarks.peers.runners.polars_baseline RAW WORK
"""

import sys
from pathlib import Path

import polars as pl
from polars import selectors

from benchmarks.peers.runners.texts import report


def main() -> None:
    """Read, normalize, write; print the rows."""
    raw, work = Path(sys.argv[1]), Path(sys.argv[2])
    frame = pl.read_ndjson(raw / "rows.jsonl", infer_schema_length=None)
    frame.with_columns(selectors.string().str.normalize("NFC")).write_parquet(work / "rows.parquet")
    report(rows_in=frame.height, rows_kept=frame.height)


if __name__ == "__main__":
    main()
