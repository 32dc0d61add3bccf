"""Three ways to run on Ray, beside each other: core tasks (what `--engine ray` uses), Ray Data, and Daft on Ray.

    python -m benchmarks.scale_ways [--rows 10000] [--hashes 2000000] [--daft FOLDER] [--out FILE]

Job one, `parts`: 16 files of real rows are read and go through the row stages of the default recipe. Job two,
`shuffle`: hashes with ranks meet by hash, and ranks of one hash make a pair. Every way uses two CPUs and the same
functions on the same input, and must give the same answer. Each runs in a process of its own; Daft comes from a folder
that `pip install --no-deps --target FOLDER daft` has filled.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.curate import RESULTS, write_input
from benchmarks.process import watch
from benchmarks.scale import cut
from benchmarks.tree_cpu import TreeCpu
from datakit.engines.cluster import cluster
from datakit.engines.on_ray import OnRay
from datakit.engines.shuffle import pairs_in
from datakit.pipeline.feed import Feed
from datakit.pipeline.progress import Silent
from datakit.pipeline.rows import process
from datakit.readers import discover, read
from datakit.readers.sources import load_sources
from datakit.recipe import load

WAYS = ("core", "data", "daft")
CPUS = 2
PARTITIONS = 8
COLUMN = "near_dedup.band00"


def curated(path: str) -> pl.DataFrame:
    """Read a file and return its rows after the row stages: what each way calls."""
    recipe = load("marathi-history")
    (source,) = discover(Path(path))
    return pl.concat([process(batch, recipe).rows for batch in read(source, batch_rows=2048)])


def digest(parts: Iterable[pl.DataFrame]) -> str:
    """Digest ids and reasons, whatever the order of the rows."""
    every = pl.concat([part.select("id", "raw_sha256", "reject_reason") for part in parts])
    lines = sorted(f"{row_id}{raw}{reason}" for row_id, raw, reason in every.iter_rows())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def entries(count: int) -> tuple[Any, Any]:
    """Return hashes, of which a tenth occur twice, and ranks."""
    ranks = np.arange(count, dtype=np.uint64)
    hashes = np.where(ranks < count * 0.9, ranks, ranks - int(count * 0.9)) * np.uint64(0x9E3779B97F4A7C15)
    return hashes, ranks.astype(np.uint32)


def pairs_of_table(table: Any) -> Any:
    """Return the pairs of one partition as an Arrow table."""
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return pl.DataFrame({"pair": _pairs(frame)}).to_arrow()


def _pairs(frame: pl.DataFrame) -> Any:
    if frame.is_empty():
        return np.empty(0, dtype=np.uint64)
    return pairs_in({COLUMN: (frame["hash"].to_numpy(), frame["rank"].to_numpy().astype(np.uint32))})


def blocks(count: int, blocks: int = 8) -> Iterator[pl.DataFrame]:
    hashes, ranks = entries(count)
    for at in np.array_split(np.arange(count), blocks):
        yield pl.DataFrame({"hash": hashes[at], "rank": ranks[at]})


def spread(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Cut a block into partitions by hash, as the engine's tasks do."""
    hashes, ranks = frame["hash"].to_numpy(), frame["rank"].to_numpy()
    where = (hashes >> np.uint64(16)) % np.uint64(PARTITIONS)
    return [{COLUMN: (hashes[where == number], ranks[where == number])} for number in range(PARTITIONS)]


def core_parts(raw: Path, out: Path) -> str:
    with OnRay(workers=CPUS) as engine:
        feed = Feed(load("marathi-history"), load_sources(raw), out, 2048)
        return digest(pl.read_parquet(part.rows) for part in engine.parts(feed, discover(raw), Silent()))


def core_shuffle(count: int) -> Iterator[Any]:
    with cluster(address=None, cpus=CPUS):
        import ray

        cut_up = ray.remote(spread).options(num_returns=PARTITIONS)
        sent: list[Any] = [cut_up.remote(block) for block in blocks(count)]
        yield from ray.get([ray.remote(pairs_in).remote(*(one[n] for one in sent)) for n in range(PARTITIONS)])


def data_parts(raw: Path, _: Path) -> str:
    with cluster(address=None, cpus=CPUS):
        import ray.data

        paths = [{"path": str(path)} for path in sorted(raw.iterdir())]
        files = ray.data.from_items(paths, override_num_blocks=len(paths))
        done = files.map_batches(lambda table: _read_all(table["path"]), batch_size=1, batch_format="pyarrow")
        return digest(_frames(done.iter_batches(batch_size=None, batch_format="pyarrow")))


def _read_all(paths: Any) -> Any:
    return pl.concat([curated(path) for path in paths.to_pylist()]).to_arrow()


def _frames(tables: Iterable[Any]) -> Iterator[pl.DataFrame]:
    for table in tables:
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        yield frame


def data_shuffle(count: int) -> Iterator[Any]:
    with cluster(address=None, cpus=CPUS):
        import ray.data

        made = ray.data.from_arrow([block.to_arrow() for block in blocks(count)])
        met = made.repartition(PARTITIONS, keys=["hash"])
        found = met.map_batches(pairs_of_table, batch_size=None, batch_format="pyarrow")
        for frame in _frames(found.iter_batches(batch_size=None, batch_format="pyarrow")):
            yield frame["pair"].to_numpy()


def daft_parts(raw: Path, _: Path) -> str:
    with cluster(address=None, cpus=CPUS):
        import daft

        daft.set_runner_ray()

        @daft.func.batch(return_dtype=daft.DataType.list(daft.DataType.string()))  # type: ignore[untyped-decorator, unused-ignore]
        def curate(paths: Any) -> Any:
            found = (curated(path) for path in paths.to_pylist())
            return [[f"{i}{raw}{why}" for i, raw, why in one.select(*_SAID).iter_rows()] for one in found]

        paths = daft.from_pydict({"path": [str(path) for path in sorted(raw.iterdir())]}).into_partitions(16)
        told = paths.select(curate(paths["path"]).alias("rows")).to_pydict()["rows"]
        lines = sorted(line for rows in told for line in rows)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


_SAID = ("id", "raw_sha256", "reject_reason")


def daft_shuffle(count: int) -> Iterator[Any]:
    with cluster(address=None, cpus=CPUS):
        import daft

        daft.set_runner_ray()
        made = daft.from_arrow([block.to_arrow() for block in blocks(count)])
        met = made.groupby("hash").agg(daft.col("rank").list_agg().alias("ranks"))
        several = met.where(daft.col("ranks").list_count() > 1).to_arrow()
        frame = pl.from_arrow(several)
        assert isinstance(frame, pl.DataFrame)
        yield _pairs(frame.explode("ranks").rename({"ranks": "rank"}))


def one(job: str, way: str, raw: Path, out: Path, count: int) -> dict[str, Any]:
    """Do one job in one way in this process."""
    began = time.perf_counter()
    if job == "parts":
        answer: Any = {"core": core_parts, "data": data_parts, "daft": daft_parts}[way](raw, out)
    else:
        found = {"core": core_shuffle, "data": data_shuffle, "daft": daft_shuffle}[way](count)
        pairs = np.sort(np.concatenate(list(found)))
        answer = f"{len(pairs)} pairs, {hashlib.sha256(pairs.tobytes()).hexdigest()[:16]}"
    return {"answer": answer, "own_s": round(time.perf_counter() - began, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--hashes", type=int, default=2_000_000)
    parser.add_argument("--daft", type=Path, help="the folder that holds Daft; without it Daft is left out")
    parser.add_argument("--out", type=Path, default=RESULTS / "scale_ways.json")
    parser.add_argument("--one", nargs=4, metavar=("JOB", "WAY", "RAW", "OUT"), help="a single run, told on stdout")
    arguments = parser.parse_args()
    if arguments.one:
        job, way, raw, out = arguments.one
        print(json.dumps(one(job, way, Path(raw), Path(out), arguments.hashes)))
        return
    env = {**os.environ, "RAY_DATA_DISABLE_PROGRESS_BARS": "1", "DAFT_ANALYTICS_ENABLED": "0", "DO_NOT_TRACK": "true"}
    if arguments.daft:
        env["PYTHONPATH"] = os.pathsep.join([str(arguments.daft), *env.get("PYTHONPATH", "").split(os.pathsep)])
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        of, _ = write_input(Path(folder) / "all.jsonl", 1)
        cut(Path(folder) / "all.jsonl", Path(folder) / "raw", arguments.rows, of)
        for job in ("parts", "shuffle"):
            for way in WAYS if arguments.daft else WAYS[:-1]:
                start = [sys.executable, "-m", "benchmarks.scale_ways", "--hashes", str(arguments.hashes), "--one"]
                with TreeCpu() as used:
                    run = watch([*start, job, way, f"{folder}/raw", f"{folder}/{way}"], env=env)
                if run.returncode:
                    raise SystemExit(f"{job} by {way}: ended with {run.returncode}")
                told = json.loads(run.stdout.splitlines()[-1])
                spent = {"wall_s": round(run.wall_s, 2), "cpu_s": round(used.seconds, 2)}
                runs.append({"job": job, "way": way, **told, **spent, "peak_rss_mb": round(run.peak_rss_mb)})
                print(json.dumps(runs[-1]), flush=True)
    for job in ("parts", "shuffle"):
        if len({run["answer"] for run in runs if run["job"] == job}) != 1:
            raise SystemExit(f"{job}: the ways differ: {runs}")
    body = {
        "command": f"python -m benchmarks.scale_ways --rows {arguments.rows} --hashes {arguments.hashes}",
        "versions": {name: version(name) for name in ("ray", "polars", "pyarrow")},
        "daft": next(
            (p.name.split("-")[1][:-5].removesuffix(".dist") for p in (arguments.daft or Path()).glob("daft-*")), None
        ),
        "cpus": CPUS,
        "runs": runs,
    }
    arguments.out.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
