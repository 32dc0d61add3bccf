"""What the quality stages reject and what they cost, with datatrove's quality filters beside them.

    python -m benchmarks.quality [DATA]

DATA is the folder of real data (default: $AURORA_DATA or ../shared/data). Writes results/quality.json: for the set of
bad rows the share rejected, for the two sets of good rows what was rejected, for the large set counts by reason and by
flag, and megabytes per CPU second of each stage. datatrove is the peer where it is installed (0.10.0 with its Gopher
and FineWeb filters); its counts are of question + answer as one document, which is how it would see them.
"""

import importlib.util
import io
import json
import os
import platform
import sys
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from datakit.record import complete
from datakit.stages import STAGES

STAGE_NAMES = ("validate", "damage", "script", "length", "placeholder", "quality", "pii")
GOOD = ("marathi_history_qa.jsonl", "marathi_qa_factual.jsonl")
BATCH_ROWS = 4_096
PEER_ROWS = 2_000
SAMPLE_ROWS = 5_000
OUT = Path(__file__).parent / "results/quality.json"


def load(path: Path) -> pl.DataFrame:
    """Return the normalized records of a file of questions and answers."""
    raw = path.read_bytes()
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    rows = pl.read_ndjson(io.BytesIO(raw), infer_schema_length=None)
    records = complete(rows.select(name for name in ("id", "question", "answer", "context") if name in rows.columns))
    return in_batches("normalize", records)[0]


def in_batches(name: str, records: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Return the records after a stage, and the CPU seconds it took."""
    stage: Any = STAGES[name]()
    started = time.process_time()
    parts = [stage.apply(part) for part in records.iter_slices(BATCH_ROWS)]
    return pl.concat(parts), time.process_time() - started


def megabytes(records: pl.DataFrame) -> float:
    """Return the size of the texts in MB of UTF-8."""
    sizes = records.select(
        pl.sum_horizontal(pl.col("question", "answer", "context").str.len_bytes().sum().fill_null(0))
    )
    return float(sizes.item()) / 1e6


def run_all(records: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, float]]:
    """Return the records after all stages, and MB per CPU second by stage and in all."""
    size, total, speeds = megabytes(records), 0.0, {}
    for name in STAGE_NAMES:
        records, seconds = in_batches(name, records)
        speeds[name] = round(size / max(seconds, 1e-6), 1)
        total += seconds
    return records, {**speeds, "all": round(size / total, 1)}


def reasons(records: pl.DataFrame) -> dict[str, int]:
    """Return how many rows each reason has, most first."""
    return dict(Counter(records["reject_reason"].drop_nulls().to_list()).most_common())


def listed(records: pl.DataFrame) -> list[str]:
    """Return the rejected rows that a template did not number, one line each, to be read."""
    bad = records.filter(pl.col("reject_reason").is_not_null() & (pl.col("reject_reason") != "template_row"))
    columns = bad.select("id", "reject_reason", pl.col("question").str.head(70), pl.col("answer").str.head(50))
    return sorted(" | ".join(row).replace("\n", " ") for row in columns.iter_rows())


def peer(records: pl.DataFrame) -> dict[str, Any] | str:
    """Return what datatrove's filters make of the same rows, and their speed."""
    if importlib.util.find_spec("datatrove") is None:
        return "not installed: pip install datatrove==0.10.0 indic-nlp-library"
    from datatrove.data import Document
    from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter

    filters = [
        kind(language="mar_Deva") for kind in (GopherRepetitionFilter, GopherQualityFilter, FineWebQualityFilter)
    ]
    texts = [f"{question}\n{answer}" for question, answer in records.select("question", "answer").iter_rows()]
    verdicts: Counter[str] = Counter()
    started = time.process_time()
    for text in texts:
        results = (one.filter(Document(text=text, id="")) for one in filters)
        first = next((result for result in results if result is not True), True)
        verdicts["kept" if first is True else first[1] if isinstance(first, tuple) else "rejected"] += 1
    seconds = time.process_time() - started
    return {
        "rows": len(texts),
        "kept_percent": round(100 * verdicts.pop("kept", 0) / len(texts), 1),
        "reasons": dict(verdicts.most_common()),
        "mb_per_cpu_second": round(megabytes(records) / seconds, 2),
    }


def main() -> None:
    """Run everything and write the results."""
    default = os.environ.get("AURORA_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    data = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    installed = ["polars", "regex"] + (["datatrove"] if importlib.util.find_spec("datatrove") else [])
    results: dict[str, Any] = {
        "command": "python -m benchmarks.quality",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in installed}},
    }
    for name in ("qa_bad_rows.jsonl", *GOOD):
        records = load(data / name)
        judged, _ = run_all(records)
        rejected = judged["reject_reason"].is_not_null().sum()
        results[name] = {"rows": judged.height, "rejected": rejected, "reasons": reasons(judged)}
        if name in GOOD:
            results[name] |= {"to_read": listed(judged), "datatrove": peer(records)}
    large = load(data / "marathi_qa.jsonl.zst")
    judged, speeds = run_all(large)
    sample = judged.sample(SAMPLE_ROWS, seed=0)
    results["marathi_qa.jsonl.zst"] = {
        "rows": judged.height,
        "text_mb": round(megabytes(large), 1),
        "reasons": reasons(judged),
        "flags": dict(Counter(judged["flags"].explode().drop_nulls().to_list()).most_common()),
        f"reasons_in_a_sample_of_{SAMPLE_ROWS}": reasons(sample),
        "mb_per_cpu_second": speeds,
        "datatrove": peer(large.sample(PEER_ROWS, seed=0)),
    }
    OUT.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
