"""Measure the quality report of a large version: CPU seconds, memory and size of the page.

    python -m benchmarks.report VERSION [--rows 200000]

VERSION is a curated version; it is copied until it holds about that many rows, each copy's ids and questions told apart
by a number, so the texts stay as long and as damaged as they were. Beside it, in a process of its own, the floor:
reading every column of the same files and doing nothing with them. No tool makes the same report, so there is no peer.
Writes `benchmarks/results/report.json`.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.process import watch
from datakit.lineage import Manifest, read_manifest, write_manifest
from datakit.report.passages import Row
from datakit.report.rejects import reasons
from datakit.report.release import Release

OUT = Path(__file__).parent / "results" / "report.json"
LIMIT_S, LIMIT_MB = 15, 3  # what the project asks of a version of 200,000 rows
REPORT = (
    "import sys; from pathlib import Path; from datakit.lineage import read_manifest; "
    "from datakit.report import write_report; folder = Path(sys.argv[1]); write_report(folder, read_manifest(folder))"
)
FLOOR = (
    "import sys; from pathlib import Path; import polars as pl; "
    "[pl.read_parquet(file) for file in Path(sys.argv[1]).glob('*.parquet')]"
)


def copies(source: Path, target: Path, count: int) -> int:
    """Write a version's files `count` times over into `target`; return the rows it holds then."""
    manifest = read_manifest(source)
    for file in source.glob("*.parquet"):
        frame = pl.scan_parquet(file)
        names = frame.collect_schema().names()
        marked = [
            name for name in ("id", "row_id", "of", "cluster", "split_group", "locator", "question") if name in names
        ]
        every = [
            frame.with_columns((pl.col(name) + pl.lit(f" {number}" if number else "")).alias(name) for name in marked)
            for number in range(count)
        ]
        pl.concat(every).sink_parquet(target / file.name, compression="zstd", row_group_size=8192)
    counts = _times(manifest.counts, count)
    write_manifest(
        target,
        Manifest(kind=manifest.kind, id=manifest.id, identity=manifest.identity, counts=counts, tools=manifest.tools),
    )
    return int(counts["in"])


def _times(counts: Mapping[str, Any], factor: int) -> dict[str, Any]:
    return {key: _times(one, factor) if isinstance(one, dict) else one * factor for key, one in counts.items()}


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    chosen = parser.parse_args()
    rows = read_manifest(chosen.version).counts["in"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        total = copies(chosen.version, folder, -(-chosen.rows // rows))
        megabytes = sum(file.stat().st_size for file in folder.glob("*.parquet")) / 1e6
        runs = {
            what: watch([sys.executable, "-c", code, name]) for what, code in (("report", REPORT), ("floor", FLOOR))
        }
        assert all(run.returncode == 0 for run in runs.values()), "a run failed"
        page = (folder / "report.html").stat().st_size / 1e6
        samples = sum(
            isinstance(row, Row) for reason in reasons(Release(folder, read_manifest(folder))) for row in reason.rows
        )
    result = {
        "command": f"python -m benchmarks.report VERSION --rows {chosen.rows}",
        "versions": {"python": platform.python_version(), "polars": version("polars"), "jinja2": version("jinja2")},
        "rows": total,
        "parquet_mb": round(megabytes, 1),
        "rejected_samples_shown": samples,
        "page_mb": round(page, 3),
        "limit": {"seconds": LIMIT_S, "mb": LIMIT_MB},
        "runs": {
            what: {"cpu_s": round(run.cpu_s, 2), "wall_s": round(run.wall_s, 2), "peak_rss_mb": round(run.peak_rss_mb)}
            for what, run in runs.items()
        },
    }
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
