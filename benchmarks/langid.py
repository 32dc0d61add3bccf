"""How well and how fast each language engine tells Marathi from the rest, all engines side by side in one run.

    python -m benchmarks.langid [DATA]

DATA is the folder of real data (default: $AURORA_DATA or ../shared/data). Writes results/langid.json. F1 is of the
class Marathi against the rest: 2 x right / (called Marathi + are Marathi), over the rows labelled mar, hin, npi, gom or
san, whatever other label a row is given. "running" leaves out the kinds `word` and `word_pair`: words without context,
many of which are the same in Marathi and Hindi. Slow engines answer a seeded sample. CPU seconds are of the process,
all its threads.
"""

import json
import os
import platform
import random
import sys
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from datakit.langid import ENGINES, guess
from datakit.record import frame
from datakit.stages.language import Language

NEIGHBOURS = ("mar", "hin", "npi", "gom", "san")
WORDS = ("word", "word_pair")
SAMPLE = {"langdetect": 1_500, "langdetect-rs": 15_000}
SPEED_TEXTS = 40_000
GOOD = ("marathi_history_qa.jsonl", "marathi_qa_factual.jsonl")
BAD = "qa_bad_rows.jsonl"
SHORT = "tests/langid/data/short_questions.tsv"
OUT = Path(__file__).parent / "results/langid.json"


def f1(rows: pl.DataFrame) -> float | None:
    """Return F1 of Marathi over the rows of the five neighbours."""
    near = rows.filter(pl.col("lang").is_in(NEIGHBOURS))
    called, are = (near[name].to_numpy() == "mar" for name in ("label", "lang"))
    total = int(called.sum() + are.sum())
    return round(2 * int((called & are).sum()) / total, 4) if total else None


def share(labels: pl.Series, label: str) -> float:
    """Return which part of the labels is this one."""
    return round(int((labels == label).sum()) / len(labels), 4)


def accuracy(rows: pl.DataFrame) -> dict[str, Any]:
    """Return the figures of one engine's answers."""
    short = pl.col("text").str.len_chars() < 20
    running = ~pl.col("kind").is_in(WORDS)
    konkani = rows.filter(pl.col("lang") == "gom")
    latin = rows.filter(pl.col("lang") == "mar_Latn")
    return {
        "rows": rows.height,
        "f1": f1(rows),
        "f1_running": f1(rows.filter(running)),
        "f1_question": f1(rows.filter(pl.col("kind") == "question")),
        "f1_short": f1(rows.filter(short)),
        "f1_short_running": f1(rows.filter(short & running)),
        "f1_words": f1(rows.filter(~running)),
        "f1_mar_hin": f1(rows.filter(pl.col("lang").is_in(["mar", "hin"]))),
        "konkani_called_marathi": share(konkani["label"], "mar"),
        "romanised_found": share(latin["label"], "mar-Latn"),
    }


def confusion(rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Return counts: label given, by label of the row."""
    counts = rows.group_by("lang", "label").len().sort("lang", "len", "label", descending=[False, True, False])
    table: dict[str, dict[str, int]] = {}
    for lang, label, count in counts.iter_rows():
        table.setdefault(lang, {})[label] = count
    return table


def calibration(rows: pl.DataFrame) -> dict[str, list[float]]:
    """Return, by band of confidence, the rows, the mean confidence and the share that is right."""
    near = rows.filter(pl.col("lang").is_in(NEIGHBOURS))
    bands = near.with_columns((pl.col("confidence") * 10).floor().clip(3, 9).cast(pl.Int32).alias("band"))
    right = (pl.col("label") == pl.col("lang")).mean().round(3)
    found = (
        bands.group_by("band").agg(pl.len(), pl.col("confidence").mean().round(3), right.alias("right")).sort("band")
    )
    return {f"from 0.{band}": [count, mean, share] for band, count, mean, share in found.iter_rows()}


def texts_per_cpu_s(texts: list[str], engine: str) -> int:
    """Return how many texts an engine answers in a CPU second, after a warm-up."""
    guess(texts[:50], engine=engine)
    began = time.process_time()
    guess(texts, engine=engine)
    return round(len(texts) / (time.process_time() - began))


def fill(texts: Iterable[str], count: int) -> list[str]:
    """Return distinct texts in seeded order; a text that is used again starts at another of its words."""
    pool = list(texts)
    random.Random(1).shuffle(pool)
    turned = (
        " ".join([*words[n % len(words) :], *words[: n % len(words)]])
        for n in range(99)
        for words in map(str.split, pool)
    )
    return [text for text, _ in zip(turned, range(count), strict=False)]


def of_engine(engine: str, rows: pl.DataFrame) -> dict[str, Any]:
    """Return everything measured of one engine."""
    rows = rows.sample(min(SAMPLE.get(engine, rows.height), rows.height), seed=1)
    found = guess(rows["text"].to_list(), engine=engine)
    answered = rows.with_columns(pl.Series("label", found.labels), pl.Series("confidence", found.confidences))
    marathi = rows.filter(pl.col("lang") == "mar")["text"]
    count = min(SAMPLE.get(engine, SPEED_TEXTS), SPEED_TEXTS)
    figures = accuracy(answered)
    figures["texts_per_cpu_s_mixed"] = texts_per_cpu_s(fill(rows["text"], count), engine)
    figures["texts_per_cpu_s_marathi"] = texts_per_cpu_s(fill(marathi, count), engine)
    if engine == "aurora":
        figures["confusion"] = confusion(answered)
        figures["calibration"] = calibration(answered)
    return figures


def of_stage(path: Path) -> dict[str, Any]:
    """Return what the language stage rejects of a file of questions and answers, row by row where they are few."""
    raw = pl.read_ndjson(path, infer_schema_length=None)
    out = Language().apply(frame(raw.select("question", "answer").iter_rows(named=True)))
    gone = out.filter(pl.col("reject_reason").is_not_null())
    return {
        "rows": out.height,
        "reasons": dict(gone["reject_reason"].value_counts(sort=True).iter_rows()),
        "labels": dict(out["lang"].value_counts(sort=True).iter_rows()),
        "to_read": [
            " | ".join(map(str, row)) for row in gone.select("reject_detail", "question", "answer").head(12).iter_rows()
        ],
    }


def of_short_questions(path: Path) -> dict[str, dict[str, list[int]]]:
    """Return, by half and label of the short questions made of names: how many there are, how many are rejected."""
    names = ["label", "half", "question", "answer"]
    rows = pl.read_csv(path, separator="\t", has_header=False, quote_char=None, new_columns=names)
    out = Language().apply(frame(rows.select("question", "answer").iter_rows(named=True)))
    counts = (
        rows.with_columns(out["reject_reason"])
        .group_by("half", "label")
        .agg(pl.len(), pl.col("reject_reason").count().alias("rejected"))
        .sort("half", "label")
    )
    table: dict[str, dict[str, list[int]]] = {}
    for half, label, count, rejected in counts.iter_rows():
        table.setdefault(half, {})[label] = [count, rejected]
    return table


def main() -> None:
    """Measure, write the results, and print the table without its long parts."""
    folder = Path(__file__).parents[1]
    default = os.environ.get("AURORA_DATA", str(folder.parent / "shared/data"))
    data = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    rows = pl.read_ndjson(data / "lid_test.jsonl", infer_schema_length=None)
    packages = ("numpy", "polars", "pycld2", "py3langid", "langdetect", "langdetect-rs")
    results = {
        "command": "python -m benchmarks.langid",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "model_bytes": (folder / "datakit/langid/aurora.npz").stat().st_size,
        "engines": {engine: of_engine(engine, rows) for engine in ENGINES},
        "stage": {name: of_stage(data / name) for name in (*GOOD, BAD)},
        "short_questions": of_short_questions(folder / SHORT),
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for engine, figures in results["engines"].items():  # type: ignore[attr-defined]
        brief = {name: value for name, value in figures.items() if np.isscalar(value)}
        sys.stdout.write(f"{engine}: {brief}\n")
    for name, figures in results["stage"].items():  # type: ignore[attr-defined]
        sys.stdout.write(f"{name}: {figures['rows']} rows, {figures['reasons']}, {figures['labels']}\n")
    sys.stdout.write(f"short questions, rejected of: {results['short_questions']}\n")


if __name__ == "__main__":
    main()
