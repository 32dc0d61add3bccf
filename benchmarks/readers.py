"""Measure reading: MB per CPU-second and peak memory of each format, with peers and floors beside it in one run.

    python -m benchmarks.readers [INPUT.jsonl.zst]

INPUT holds one JSON object a line with `question` and `answer`; the default is the real legislature bank below
AURORA_DATA. It is unpacked and converted to the other formats in a temporary folder. Every measurement is a fresh
process that counts its own CPU seconds (all threads) after its imports; the median of RUNS is told. MB are those of the
unpacked JSON Lines for every format, so that the figures compare.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import polars as pl
import zstandard

RUNS: Final = 3
HERE: Final = Path(__file__).parent
OUT: Final = HERE / "results" / "readers.json"

MEASURE: Final = """
import re, sys, time
from pathlib import Path
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
path = sys.argv[1]
{imports}
base, began = peak(), time.process_time()
{work}
print(rows, time.process_time() - began, peak() - base)
"""

OURS: Final = (
    "from datakit.readers import discover, read",
    "rows = sum(batch.height for batch in read(discover(Path(path))[0]))",
)

PEERS: Final = {
    "floor: orjson.loads a line": ("import orjson", "rows = sum(1 for line in open(path, 'rb') if orjson.loads(line))"),
    "floor: json.loads a line": ("import json", "rows = sum(1 for line in open(path, 'rb') if json.loads(line))"),
    "peer: polars.read_ndjson, whole file": (
        "import polars",
        "rows = polars.read_ndjson(path, infer_schema_length=None, schema_overrides={'year': polars.String}).height",
    ),
    "peer: pandas.read_json, 4096 lines a chunk": (
        "import pandas",
        "rows = sum(len(part) for part in pandas.read_json(path, lines=True, chunksize=4096))",
    ),
}

DATASETS: Final = (
    "import datasets",
    "rows = sum(1 for _ in datasets.load_dataset('json', data_files=path, split='train', streaming=True))",
)


def measure(imports: str, work: str, path: Path) -> dict[str, float]:
    """Return rows, median CPU seconds and peak MiB of a piece of work on one file."""
    script = MEASURE.replace("{imports}", imports).replace("{work}", work)
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
        )
        if done.returncode:
            sys.stderr.write(done.stderr[-500:])
            return {}
        runs.append([float(figure) for figure in done.stdout.split()])
    rows, cpu_s, grown = (statistics.median(figures) for figures in zip(*runs, strict=True))
    return {"rows": rows, "cpu_s": round(cpu_s, 2), "grown_mib": round(grown)}


def formats(lines: Path, folder: Path) -> dict[str, Path]:
    """Write question and answer of the bank in the other formats; return name → path."""
    frame = pl.read_ndjson(lines, infer_schema_length=None, schema_overrides={"year": pl.String})
    frame = frame.select(column for column, dtype in frame.schema.items() if not dtype.is_nested())
    found = {name: folder / f"bank{name}" for name in (".csv", ".parquet", ".arrow", ".json", ".txt", ".plain.jsonl")}
    frame.write_csv(found[".csv"])
    frame.write_parquet(found[".parquet"])
    frame.write_ipc(found[".arrow"])
    found[".json"].write_bytes(b"[" + lines.read_bytes().rstrip().replace(b"\n", b",\n") + b"]")
    frame.select("id", "question", "answer").write_ndjson(found[".plain.jsonl"])
    with found[".txt"].open("w", encoding="utf-8") as text:
        for question, answer in frame.select("question", "answer").iter_rows():
            text.write(f"प्रश्न: {' '.join(question.split())}\nउत्तर: {' '.join((answer or '-').split())}\n\n")
    return found


def main() -> None:
    """Measure everything, write the result and print it."""
    data = Path(os.environ.get("AURORA_DATA", HERE.parents[1] / "shared" / "data"))
    packed = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "marathi_qa.jsonl.zst"
    with tempfile.TemporaryDirectory() as name:
        lines = Path(name) / "bank.jsonl"
        with packed.open("rb") as source, lines.open("wb") as target:
            zstandard.ZstdDecompressor().copy_stream(source, target)
        size_mb = lines.stat().st_size / 1e6
        results = {"datakit .jsonl": measure(*OURS, lines), "datakit .jsonl.zst": measure(*OURS, packed)}
        others = formats(lines, Path(name))
        results |= {f"datakit {suffix}": measure(*OURS, path) for suffix, path in others.items()}
        results |= {label: measure(*work, lines) for label, work in PEERS.items()}
        # It refuses the bank itself, whose rows do not all have the same columns: three columns of it, then.
        results["peer: datasets, streaming .plain.jsonl"] = measure(*DATASETS, others[".plain.jsonl"])
    for result in results.values():
        if result:
            result["mb_per_cpu_s"] = round(size_mb / result["cpu_s"], 1)
    packages = ("polars", "orjson", "zstandard", "pandas", "datasets")
    report = {
        "command": f"python -m benchmarks.readers {packed.name}",
        "input_mb": round(size_mb, 1),
        "runs": RUNS,
        "results": results,
        "versions": {"python": sys.version.split()[0], **{package: version(package) for package in packages}},
    }
    OUT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for label, result in results.items():
        figures = f"{result['mb_per_cpu_s']:8.1f} MB/CPU-s {result['grown_mib']:6.0f} MiB" if result else "failed"
        sys.stdout.write(f"{label:45} {figures}\n")


if __name__ == "__main__":
    main()
