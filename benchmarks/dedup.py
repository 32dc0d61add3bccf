"""Dedup of real Marathi questions and answers: speed, planted variants, and what must not merge.

    python -m benchmarks.dedup [DATA]      # DATA: folder of real data, default $AURORA_DATA or ../shared/data

The peers are MinHash LSH as people use it, over character 5-grams of question and answer: rensa and datasketch, each
where it is installed (`pip install rensa datasketch`), at Jaccard .8 and .6. Speed is CPU seconds of this process.
`keys` is done beside the row stages, batch by batch; `apply` once over the corpus. Writes results/dedup.json.
"""

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import zstandard
from numpy.typing import NDArray

from benchmarks.dedup_variants import planted, recall
from benchmarks.peers.runners.minhash import ENGINES
from datakit.devanagari import dedup_key
from datakit.record import frame, is_live
from datakit.stage import flat_hashes, with_text_keys
from datakit.stages.exact_dedup import ExactDedup
from datakit.stages.near_dedup import NearDedup

HERE = Path(__file__).parent
BATCH = 4_000
PEER_ROWS = 10_000
NEVER = [
    ("शिवाजी महाराजांचा जन्म कधी झाला?", "संभाजी महाराजांचा जन्म कधी झाला?"),
    ("राजगड किल्ला कोणी बांधला?", "रायगड किल्ला कोणी बांधला?"),
    ("१६७४ मध्ये महाराष्ट्रात काय घडले?", "१६८० मध्ये महाराष्ट्रात काय घडले?"),
    ("पानिपतची पहिली लढाई कधी झाली?", "पानिपतची तिसरी लढाई कधी झाली?"),
    ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा जन्म कोठे झाला?"),
    ("शिवाजी महाराजांचा जन्म कधी झाला?", "शिवाजी महाराजांचा मृत्यू कधी झाला?"),
    ("अफझलखान पुण्यात आला होता का?", "अफझलखान पुण्यात आला नव्हता का?"),
    ("संताजी घोरपडे यांचे कार्य सांगा.", "संभाजी घोरपडे यांचे कार्य सांगा."),
    ("माधवराव पेशवे कधी गादीवर बसले?", "नारायणराव पेशवे कधी गादीवर बसले?"),
    ("पहिल्या बाजीरावाचा मृत्यू कोठे झाला?", "दुसऱ्या बाजीरावाचा मृत्यू कोठे झाला?"),
]
Dedup = Callable[[list[tuple[str, str]]], dict[int, int]]


class Keyed:
    """Records and keys in memory, made batch by batch as the pipeline makes them."""

    previous = None

    def __init__(self, batches: Iterator[pl.DataFrame]) -> None:
        self.seconds = {"text keys (shared by all corpus stages)": 0.0}
        self.stages = (ExactDedup(), NearDedup())
        records, keys = [], []
        for batch in batches:
            keyed = self._timed("text keys (shared by all corpus stages)", with_text_keys, batch)
            own = [self._timed(f"{stage.name} keys", stage.keys, keyed) for stage in self.stages]
            keys.append(pl.concat([batch.select("id", "source_id", "priority"), *own], how="horizontal"))
            records.append(batch.select("id", "source_id", "question", "answer"))
        self._records = pl.concat(records).with_row_index("row")
        unjudged = pl.lit(None, pl.String).alias("reject_reason")
        self._keys: pl.DataFrame = pl.concat(keys).with_row_index("row").with_columns(unjudged)

    def _timed(self, what: str, run: Callable[..., Any], *given: Any) -> Any:
        started = time.process_time()
        result = run(*given)
        self.seconds[what] = self.seconds.get(what, 0.0) + time.process_time() - started
        return result

    def run(self) -> dict[int, int]:
        """Apply both stages; return rejected row → row kept."""
        found: dict[int, int] = {}
        for stage in self.stages:
            verdicts = self._timed(f"{stage.name} apply", stage.apply, self)
            gone = verdicts.filter(pl.col("reject_reason").is_not_null())
            found |= dict(gone.select("row", "of").iter_rows())
            marked = pl.when(pl.col("row").is_in(gone["row"].implode())).then(pl.lit("gone")).otherwise("reject_reason")
            self._keys = self._keys.with_columns(marked.alias("reject_reason"))
        return found

    def keys(self, *columns: str) -> pl.DataFrame:
        return self._keys.filter(is_live()).select("row", *columns)

    def fetch(self, rows: pl.Series, *columns: str) -> pl.DataFrame:
        return self._records.filter(pl.col("row").is_in(rows.implode())).select("row", *columns)

    def hashes(self, column: str) -> Iterator[pl.DataFrame]:
        yield flat_hashes(self.keys(column))

    def each(
        self, work: Callable[[Any, pl.DataFrame], Any], jobs: Sequence[tuple[pl.Series, Any]], *columns: str
    ) -> Iterator[Any]:
        for rows, job in jobs:
            yield work(job, self.fetch(rows, *columns))

    def known_apart(self, stage: str, pairs: NDArray[np.uint64]) -> NDArray[np.bool_]:  # noqa: ARG002 - knows of none
        return np.zeros(len(pairs), dtype=np.bool_)

    def note_apart(self, stage: str, pairs: NDArray[np.uint64]) -> None:
        """There is no run after this one."""

    def clusters(self) -> pl.DataFrame:
        return pl.DataFrame(schema={"row": pl.UInt32, "cluster": pl.UInt32})


def batches(rows: list[tuple[str, str]]) -> Iterator[pl.DataFrame]:
    """Cut pairs into batches of records; earlier pairs have lower ids."""
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        yield frame({"id": f"{start + n:08}", "question": q, "answer": a} for n, (q, a) in enumerate(part))


def ours(rows: list[tuple[str, str]]) -> dict[int, int]:
    """Deduplicate with the two stages."""
    return Keyed(batches(rows)).run()


def of_texts(make: Callable[[float], Callable[[list[str]], dict[int, int]]], threshold: float) -> Dedup:
    """Return a peer's deduplication of pairs: of question and answer with a line break between."""
    run = make(threshold)
    return lambda rows: run(["\n".join(pair) for pair in rows])


def engines() -> dict[str, Dedup]:
    """Return every engine that is installed, by name."""
    found: dict[str, Dedup] = {"ours": ours}
    for name in ("rensa", "datasketch"):
        if find_spec(name):
            found |= {f"{name} {label}": of_texts(ENGINES[name], value) for label, value in ((".8", 0.8), (".6", 0.6))}
    return found


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines file, packed or not."""
    if path.suffix != ".zst":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        return [json.loads(line) for line in io.TextIOWrapper(stream, encoding="utf-8")]


def quality(run: Dedup, small: list[tuple[str, str]], labelled: list[dict[str, Any]]) -> dict[str, Any]:
    """Measure recall on planted variants, and what merges that must not."""
    rows, kinds, made_of = planted(small, seed=7)
    no_paraphrase = [(text, "उत्तर") for pair in labelled if pair["label"] == "NP" for text in (pair["a"], pair["b"])]
    merged = run(no_paraphrase)
    keys = [dedup_key(text) for text, _ in no_paraphrase]
    firsts = range(0, len(keys), 2)
    return {
        "recall": recall(run(rows), kinds, made_of),
        "never pairs merged": f"{sum(bool(run([(a, 'उत्तर'), (b, 'उत्तर')])) for a, b in NEVER)} of {len(NEVER)}",
        "NP pairs merged": f"{sum(_joined(merged, n, n + 1) for n in firsts)} of {len(firsts)}",
        "NP pairs equal but for spaces and punctuation": sum(keys[n] == keys[n + 1] for n in firsts),
    }


def _joined(merged: dict[int, int], one: int, other: int) -> bool:
    return merged.get(one, one) == merged.get(other, other)


def main() -> None:
    data = Path(
        sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AURORA_DATA", HERE.parents[1] / "shared" / "data")
    )
    small = [
        (row["question"], row["answer"])
        for name in ("marathi_history_qa", "marathi_qa_factual")
        for row in read(data / f"{name}.jsonl")
    ]
    labelled = read(data / "near_dup_pairs.jsonl")
    large = [(row["question"], row["answer"]) for row in read(data / "marathi_qa.jsonl.zst")]
    keyed = Keyed(batches(large))
    rejected = keyed.run()
    seconds = sum(keyed.seconds.values())
    result: dict[str, Any] = {
        "command": "python -m benchmarks.dedup",
        "versions": {name: _version(name) for name in ("polars", "numpy", "xxhash", "rensa", "datasketch")},
        "speed": {
            "rows": len(large),
            "megabytes": round(sum(len(q.encode()) + len(a.encode()) for q, a in large) / 1e6, 1),
            "cpu seconds": {what: round(value, 1) for what, value in keyed.seconds.items()},
            "rows per cpu minute, all": round(len(large) / seconds * 60),
            "rows per cpu minute, dedup alone": round(len(large) / (seconds - next(iter(keyed.seconds.values()))) * 60),
            "rejected": len(rejected),
        },
        "cpu seconds a thousand rows": {},
        "quality": {},
    }
    for name, run in engines().items():
        started = time.process_time()
        run(large[:PEER_ROWS])
        result["cpu seconds a thousand rows"][name] = round((time.process_time() - started) / PEER_ROWS * 1000, 3)
        result["quality"][name] = quality(run, small, labelled)
    text = json.dumps(result, ensure_ascii=False, indent=2)
    (HERE / "results" / "dedup.json").write_text(text + "\n", "utf-8")
    sys.stdout.write(text + "\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
