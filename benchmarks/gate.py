"""Measure the release gate on a large version: CPU seconds, memory, and what of it is the import.

    python -m benchmarks.gate VERSION [--rows 200000]

VERSION is a curated version; it is copied until it holds about that many rows, as `benchmarks/report.py` does it. Each
run is a process of its own: the gate over the sound release; the gate over one in which every tenth row has no licence,
so that rows are named; importing Great Expectations and nothing else; and, as the peer, polars answering the same
questions of the same table with yes or no. Writes `benchmarks/results/gate.json`.
"""

import argparse
import json
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import polars as pl

from benchmarks.process import watch
from benchmarks.report import copies
from datakit.lineage import read_manifest

OUT = Path(__file__).parent / "results" / "gate.json"
GATE = """
import sys
from pathlib import Path
from datakit.gate import check_release
from datakit.lineage import read_manifest
folder = Path(sys.argv[1])
found = check_release(folder, read_manifest(folder))
print(len(found.checked), len(found.failures), round(found.seconds, 2), round(found.import_seconds, 2))
"""
IMPORT = "from datakit.gate.engine import known_types; known_types()"
POLARS = """
import sys
from pathlib import Path
import polars as pl
from datakit.gate.suite import recipe_suite
from datakit.gate.table import release_table
from datakit.lineage import read_manifest
from datakit.recipe import GateOptions
folder = Path(sys.argv[1])
manifest = read_manifest(folder)
table = release_table(folder, manifest)
asked = []
for one in recipe_suite(manifest, table, GateOptions()):
    kwargs = dict(one.kwargs)
    column = pl.col(kwargs["column"]) if "column" in kwargs else None
    where = kwargs.get("row_condition")
    rows = pl.col(where["column"]["name"]) == where["parameter"] if where else pl.lit(True)
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    met = {
        "expect_column_values_to_not_be_null": lambda: column.is_not_null().all(),
        "expect_column_values_to_be_unique": lambda: column.is_duplicated().not_().all(),
        "expect_column_values_to_be_in_set": lambda: column.is_in(kwargs["value_set"]).all(),
        "expect_column_values_to_not_be_in_set": lambda: column.is_in(kwargs["value_set"]).not_().all(),
        "expect_column_values_to_be_between": lambda: (
            (column >= (low if low is not None else float("-inf")))
            & (column <= (high if high is not None else float("inf")))
        ).all(),
        "expect_column_pair_values_to_be_equal": lambda: (
            pl.col(kwargs["column_A"]).eq_missing(pl.col(kwargs["column_B"])).all()
        ),
        "expect_table_row_count_to_equal": lambda: pl.len() == kwargs["value"],
        "expect_table_row_count_to_be_between": lambda: rows.sum().is_between(low or 0, high or 2**31),
    }.get(one.type)
    if met is not None:
        asked.append(met().alias(one.id))
answers = table.select(asked).row(0, named=True)
print(len(answers), sum(not met for met in answers.values()))
"""


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    chosen = parser.parse_args()
    kept = read_manifest(chosen.version).counts["kept"]
    with tempfile.TemporaryDirectory() as name:
        folder, broken = Path(name, "sound"), Path(name, "broken")
        for one in (folder, broken):
            one.mkdir()
            copies(chosen.version, one, -(-chosen.rows // kept))
            _place(one)
        for file in broken.glob("[tv]*.parquet"):
            tenth = pl.int_range(pl.len()) % 10 == 0
            frame = pl.read_parquet(file)
            frame.with_columns(pl.when(~tenth).then("licence").alias("licence")).write_parquet(file)
        rows = sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in folder.glob("[tv]*.parquet"))
        runs = {
            "gate": watch([sys.executable, "-W", "ignore", "-c", GATE, str(folder)]),
            "gate, every tenth row without a licence": watch([sys.executable, "-W", "ignore", "-c", GATE, str(broken)]),
            "import of Great Expectations alone": watch([sys.executable, "-W", "ignore", "-c", IMPORT]),
            "polars, the same questions, yes or no": watch([sys.executable, "-c", POLARS, str(folder)]),
        }
    assert all(run.returncode == 0 for run in runs.values()), "a run failed"
    told = [run.stdout.split() for run in runs.values()]
    judged = [told[number][1] for number in (0, 1, 3)]
    assert judged == ["0", "1", "0"], f"a release was judged wrongly: {judged}"
    result = {
        "command": f"python -m benchmarks.gate VERSION --rows {chosen.rows}",
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("great-expectations", "pandas", "polars")},
        },
        "rows": rows,
        "expectations": int(told[0][0]),
        "runs": {
            what: {"cpu_s": round(run.cpu_s, 2), "wall_s": round(run.wall_s, 2), "peak_rss_mb": round(run.peak_rss_mb)}
            for what, run in runs.items()
        },
    }
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def _place(folder: Path) -> None:
    """Place the copies' groups anew, and let each conversation end in its own answer.

    Copies of one placement are no independent draws: they would be as far off their shares as the small version is.
    """
    files = {split: folder / f"{split}.parquet" for split in ("train", "validation", "test")}
    turn = pl.struct(pl.lit("user").alias("role"), pl.col("question").alias("content"))
    answer = pl.struct(pl.lit("assistant").alias("role"), pl.col("answer").alias("content"))
    point = pl.col("split_group").hash(1) % 100
    rows = pl.concat([pl.read_parquet(file) for file in files.values()])
    rows = rows.with_columns(pl.concat_list(turn, answer).alias("messages"), point.alias("__point"))
    for split, (low, high) in {"train": (0, 90), "validation": (90, 95), "test": (95, 100)}.items():
        mine = rows.filter((pl.col("__point") >= low) & (pl.col("__point") < high))
        mine.drop("__point").write_parquet(files[split])


if __name__ == "__main__":
    main()
