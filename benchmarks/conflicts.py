"""Conflicts found among planted ones and look-alikes written by hand, and in real questions and answers.

    python -m benchmarks.conflicts [DATA]      # DATA: folder of real data, default $AURORA_DATA or ../shared/data

No other tool reports conflicts; the peer is the rule that a simple one would use: equal question key, other answer key.
A third of the pairs is marked `held_out`: it was not looked at while rules were written. Writes results/conflicts.json.
"""

import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from datakit.devanagari import dedup_key
from datakit.record import frame
from datakit.stage import MemoryCorpus
from datakit.stages.conflicts import Conflicts

HERE = Path(__file__).parent
PLANTED = HERE.parent / "tests" / "matching" / "data"
Found = Callable[[list[list[str]]], bool]


def ours(rows: list[list[str]]) -> bool:
    """Tell whether the stage calls two rows a conflict."""
    batch = frame({"id": str(n), "question": q, "answer": a, "source_id": str(n)} for n, (q, a) in enumerate(rows))
    stage = Conflicts()
    return bool(stage.apply(MemoryCorpus(batch, stage))["reject_reason"].drop_nulls().len())


def by_key(rows: list[list[str]]) -> bool:
    """Call it a conflict where the keys of the questions are equal and those of the answers are not."""
    (question, answer), (other, another) = ((dedup_key(q), dedup_key(a)) for q, a in rows)
    return question == other and answer != another


def planted(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PLANTED / f"{name}.jsonl").read_text("utf-8").splitlines()]


def score(found: Found, held_out: bool | None) -> dict[str, float | int]:
    """Return precision and recall over all pairs, or over one part of them."""
    chosen = [
        [pair for pair in planted(name) if held_out in (None, pair["held_out"])] for name in ("conflicts", "lookalikes")
    ]
    return _rates(found, *chosen)


def _rates(found: Found, conflicts: list[dict[str, Any]], others: list[dict[str, Any]]) -> dict[str, float | int]:
    hits, false = (sum(found(pair["rows"]) for pair in pairs) for pairs in (conflicts, others))
    return {
        "conflicts": len(conflicts),
        "look-alikes": len(others),
        "recall": round(hits / len(conflicts), 4),
        "precision": round(hits / max(1, hits + false), 4),
    }


def freely_paraphrased() -> dict[str, dict[str, float | int]]:
    """Score the pairs whose questions are told freely, part by part; see docs/dedup.md for what each part is."""
    scores = {}
    for part in ("first", "second", "last", "fourth", "fifth"):
        files = "free" if part in ("fourth", "fifth") else "subset"
        chosen = [
            [pair for pair in planted(f"{files}_{name}") if pair["part"] == part]
            for name in ("conflicts", "lookalikes")
        ]
        scores[part] = _rates(ours, *chosen)
    return scores


def real(data: Path) -> dict[str, Any]:
    """Run the stage over the real sets, long legislature questions included."""
    names = ("marathi_history_qa.jsonl", "marathi_qa_factual.jsonl")
    rows = [json.loads(line) for name in names for line in (data / name).read_text("utf-8").splitlines()]
    with (data / "marathi_qa.jsonl.zst").open("rb") as packed:
        stream = zstandard.ZstdDecompressor().stream_reader(packed)
        rows += [json.loads(line) for line in io.TextIOWrapper(stream, encoding="utf-8")]
    batch = frame(
        {
            "id": row["id"],
            "question": row["question"],
            "answer": row["answer"],
            "context": row.get("context"),
            "source_id": row["source"],
        }
        for row in rows
    )
    batch = batch.unique(["question", "answer"], maintain_order=True)
    stage = Conflicts()
    corpus = MemoryCorpus(batch, stage)
    started = time.process_time()
    stage.keys(batch.with_columns(pl.col("question").alias("question_key"), pl.col("answer").alias("answer_key")))
    keys_s = time.process_time() - started
    started = time.process_time()
    verdicts = stage.apply(corpus)
    return {
        "rows": batch.height,
        "cpu seconds": {"keys": round(keys_s, 1), "apply": round(time.process_time() - started, 1)},
        "rows rejected": verdicts["reject_reason"].drop_nulls().len(),
        "details": verdicts["reject_detail"].drop_nulls().to_list()[:20],
    }


def main() -> None:
    data = Path(
        sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AURORA_DATA", HERE.parents[1] / "shared" / "data")
    )
    result: dict[str, Any] = {
        "command": "python -m benchmarks.conflicts",
        "versions": {"polars": version("polars")},
        "kinds": dict(Counter(pair["kind"] for name in ("conflicts", "lookalikes") for pair in planted(name))),
        "ours": {"all": score(ours, None), "held out": score(ours, True)},
        "paraphrased": _rates(ours, planted("paraphrased_conflicts"), planted("paraphrased_lookalikes")),
        "freely paraphrased": freely_paraphrased(),
        "equal question key, other answer key": score(by_key, None),
    }
    if data.is_dir():
        result["real"] = real(data)
    text = json.dumps(result, ensure_ascii=False, indent=2)
    (HERE / "results" / "conflicts.json").write_text(text + "\n", "utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
