"""Measure trace, diff and verify on a version of 200,000 rows: CPU and wall seconds and memory of the commands.

    python -m benchmarks.lineage VERSION [--rows 200000]

VERSION is a curated version; its kept rows are copied, each question told apart by a number, until there are about that
many, with true ids, roots and lineage. A second version has every hundredth row changed or gone, a run has used every
second row of train. Beside each command, in a process of its own, stand a peer and the floor:

- verify: the peer hashes each row with `lineage.row_id`, one after another; the floor is sha256 over all files;
- diff: the peer reads both versions whole and compares them as dicts of Python; the floor reads their columns;
- trace: the peer looks each used row up in a dict of the lineage; the floor reads the lineage file.

Writes `benchmarks/results/lineage.json`.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.process import watch
from datakit.lineage import Manifest, content_root, read_manifest, row_id, sha256_file, version_id, write_manifest

OUT = Path(__file__).parent / "results" / "lineage.json"
LIMITS_S = {"trace": 3.0, "diff": 3.0, "verify": 5.0}
"""What the project asks of a version of 200,000 rows. CPU seconds are held against it: the wall clock of a shared
machine says how busy the others were."""
HEAD = """
import sys, polars as pl
from pathlib import Path
from datakit.lineage import *
a = [Path(x) for x in sys.argv[1:]]
"""
SPLITS = "('train', 'validation', 'test')"
PEERS = {
    "verify": f"""
for name in {SPLITS}:
    frame = pl.read_parquet(a[0] / (name + '.parquet'), columns=['id', 'messages'])
    assert all(row_id(messages) == name for name, messages in frame.iter_rows())
[sha256_file(path) for path in a[0].iterdir()]
""",
    "diff": f"""
read = lambda x, name: pl.read_parquet(x / (name + '.parquet')).to_dicts()
old, new = ({{row['id']: row for name in {SPLITS} for row in read(x, name)}} for x in a)
print(len(old.keys() - new.keys()), len(new.keys() - old.keys()))
""",
    "trace": """
places = {}
for row in pl.read_parquet(a[0] / 'lineage.parquet').to_dicts():
    places.setdefault(row['of'] if row['role'] == 'duplicate_of' else row['row_id'], []).append(row)
used = pl.read_parquet(a[1] / 'rows.parquet').filter('used')['row_id'].to_list()
print(sum(len(places[name]) for name in used))
""",
}
FLOORS = {
    "verify": "[sha256_file(path) for path in a[0].iterdir()]",
    "diff": f"[pl.read_parquet(x / (name + '.parquet')) for x in a for name in {SPLITS}]",
    "trace": "pl.read_parquet(a[0] / 'lineage.parquet')",
}


def enlarge(source: Path, rows: int) -> dict[str, pl.DataFrame]:
    """Return the files of a version with its kept rows copied; ids are those of the copied text."""
    kept = {
        split: pl.read_parquet(source / f"{split}.parquet") for split in read_manifest(source).identity["row_roots"]
    }
    lineage = pl.read_parquet(source / "lineage.parquet").filter(role="kept")
    count = max(1, rows // sum(frame.height for frame in kept.values()))
    files: dict[str, pl.DataFrame] = {}
    lines = []
    for split, frame in kept.items():
        copies = []
        for number in range(count):
            messages = frame["messages"].to_list()
            for turns in messages:
                turns[-2]["content"] += f" {number}" if number else ""
            ids = pl.Series("id", [row_id(turns) for turns in messages])
            told = (pl.col("locator") + f" copy {number}").alias("locator")
            more = pl.Series("messages", messages, dtype=frame.schema["messages"])
            copies.append(frame.with_columns(ids, more, told))
            mine = lineage.filter(split=split)
            lines.append(mine.with_columns(ids.alias("row_id"), told))
        files[split] = pl.concat(copies)
    files["lineage"] = pl.concat(lines)
    files["rejected"] = pl.read_parquet(source / "rejected.parquet").clear()
    return files


def publish(files: dict[str, pl.DataFrame], like: Manifest, home: Path) -> Path:
    """Write a version with a true manifest; returns its folder."""
    splits = [name for name in files if name not in ("lineage", "rejected")]
    roots = {split: content_root(files[split]["id"]) for split in splits}
    identity = {**like.identity, "row_roots": roots}
    folder = home / version_id(identity)
    folder.mkdir(parents=True)
    for name, frame in files.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd", row_group_size=8192)
    counts = {**like.counts, "splits": {split: files[split].height for split in splits}, "rejected": {}}
    counts["in"] = counts["kept"] = files["lineage"].height
    listed = {
        path.name: {"sha256": sha256_file(path), "bytes": path.stat().st_size} for path in sorted(folder.iterdir())
    }
    write_manifest(folder, Manifest(kind="dataset", id=folder.name, identity=identity, counts=counts, files=listed))
    return folder


def changed(files: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the files with every hundredth row of train edited and every hundredth, fifty rows on, gone."""
    train = files["train"].with_row_index("n")
    messages = train["messages"].to_list()
    for turns in messages[::100]:
        turns[-1]["content"] += " (दुरुस्त)"
    ids = pl.Series("id", [row_id(turns) for turns in messages])
    new = train.with_columns(ids, pl.Series("messages", messages, dtype=train.schema["messages"]))
    stays = pl.col("n") % 100 != 50
    kept_lines = files["lineage"].filter(split="train").with_columns(ids.alias("row_id")).with_row_index("n")
    rest = files["lineage"].filter(pl.col("split") != "train")
    lineage = pl.concat([kept_lines.filter(stays).drop("n"), rest])
    return {**files, "train": new.filter(stays).drop("n"), "lineage": lineage}


def train(folder: Path, runs: Path) -> Path:
    """Write a run that used every second row of train."""
    ids = pl.read_parquet(folder / "train.parquet", columns=["id", "source_id"])
    used = pl.int_range(pl.len()) % 2 == 0
    rows = ids.select(pl.col("id").alias("row_id"), pl.lit("train").alias("split"), "source_id", used.alias("used"))
    mine = rows.filter("used")["row_id"]
    told = {"train": {"root": content_root(mine), "rows": len(mine)}}
    identity = {"format": 1, "dataset": {"id": folder.name}, "rows": told, "base": {"name": "none", "sha256": "0" * 64}}
    run = runs / version_id(identity)[:16]
    run.mkdir(parents=True)
    rows.write_parquet(run / "rows.parquet")
    path = run / "rows.parquet"
    files = {path.name: {"sha256": sha256_file(path), "bytes": path.stat().st_size}}
    write_manifest(run, Manifest(kind="run", id=version_id(identity), identity=identity, files=files))
    return run


def measure(command: list[str]) -> dict[str, float]:
    """Run a command of Python and return what it took."""
    run = watch([sys.executable, *command])
    if run.returncode:
        raise SystemExit(f"{' '.join(command[:3])} ended with {run.returncode}")
    return {"cpu_s": round(run.cpu_s, 2), "wall_s": round(run.wall_s, 2), "peak_rss_mb": round(run.peak_rss_mb)}


def main() -> None:
    """Build the versions, run every command with its peer and floor, and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("version", type=Path)
    parser.add_argument("--rows", type=int, default=200_000)
    arguments = parser.parse_args()
    like = read_manifest(arguments.version)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        files = enlarge(arguments.version, arguments.rows)
        a = publish(files, like, home / "curated" / "large")
        b = publish(changed(files), like, home / "curated" / "large")
        run = train(a, home / "runs")
        row = str(files["train"]["id"][7])
        source = str(files["train"]["source_id"][0])
        at = ["--curated", str(home / "curated"), "--runs", str(home / "runs"), "--models", str(home / "models")]
        datakit = ["-m", "datakit"]
        commands: dict[str, tuple[str, list[str]]] = {
            "verify VERSION": ("verify", ["verify", str(a)]),
            "verify RUN": ("verify", ["verify", str(run)]),
            "diff A B": ("diff", ["diff", str(a), str(b)]),
            "trace RUN": ("trace", ["trace", str(run), *at]),
            "trace VERSION": ("trace", ["trace", str(a), *at]),
            "trace ROW": ("trace", ["trace", row[:16], *at]),
            "trace SOURCE": ("trace", ["trace", f"source:{source}", *at]),
        }
        folders = {"verify": [a], "diff": [a, b], "trace": [a, run]}
        figures: dict[str, Any] = {}
        for name, (_, command) in commands.items():
            figures[name] = measure([*datakit, *command])
            print(name, figures[name], file=sys.stderr)
        for kind, where in folders.items():
            for label, code in (("peer", PEERS[kind]), ("floor", FLOORS[kind])):
                figures[f"{kind}: {label}"] = measure(["-c", HEAD + code, *map(str, where)])
                print(kind, label, figures[f"{kind}: {label}"], file=sys.stderr)
        kept = files["lineage"].height
        size = sum(path.stat().st_size for path in a.iterdir())
    within = {name: figures[name]["cpu_s"] < LIMITS_S[kind] for name, (kind, _) in commands.items()}
    body = {
        "command": "python -m benchmarks.lineage VERSION --rows " + str(arguments.rows),
        "versions": {"python": platform.python_version(), "polars": version("polars")},
        "processors": len(os.sched_getaffinity(0)),
        "rows": kept,
        "megabytes": round(size / 1e6, 1),
        "limits_s": LIMITS_S,
        "within_limits": within,
        "figures": figures,
    }
    OUT.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
