"""Speed and effect of normalization on real Marathi, beside indic-nlp-library and (where it is installed) ftfy.

    python -m benchmarks.normalize [DATA]      # DATA: folder of real data, default $AURORA_DATA or ../shared/data

Speed is UTF-8 bytes of input per CPU-second of this process (all its threads), reading not included. The column engine
is run three times, each time with an empty memory; the median is the figure. It also proves, document by document, that
the column engine's output is the plain engine's, and that a second run changes nothing. Harm is counted on text that is
already canonical: what an engine changes there, by kind. Writes benchmarks/results/normalize.json.
"""

import functools
import io
import json
import os
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from benchmarks.peers.runners.normalizers import ENGINES, Engine
from datakit.devanagari import Policy, normalize, normalize_series
from datakit.devanagari.column import Column

HERE = Path(__file__).parent


def read(path: Path, *columns: str) -> pl.Series:
    """Return the texts of some columns of a zstd-compressed JSON-lines file, one after the other."""
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        frame = pl.read_ndjson(io.BytesIO(stream.read()), infer_schema_length=None)
    return pl.concat([frame[name].alias("text") for name in columns]).drop_nulls()


def megabytes(texts: pl.Series) -> float:
    """Return the size of a column's texts as UTF-8."""
    return float(texts.str.len_bytes().sum()) / 1e6


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """Run and return the result with the CPU seconds it took."""
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def column_engine(texts: pl.Series) -> tuple[pl.Series, dict[str, Any]]:
    """Measure the column engine three times from an empty memory, and once on its own output."""
    rates = []
    for _ in range(3):
        engine = Column(Policy())
        (after, touched), seconds = timed(functools.partial(engine.run, texts))
        rates.append(megabytes(texts) / seconds)
    (again, _), seconds = timed(lambda: engine.run(after))
    return after, {
        "mb_per_cpu_s": round(statistics.median(rates), 1),
        "runs": [round(rate, 1) for rate in rates],
        "mb_per_cpu_s_on_canonical_text": round(megabytes(after) / seconds, 1),
        "documents": len(texts),
        "changed": len(touched),
        "not_idempotent": int((again != after).sum()),
        "by_rule": rule_counts(touched),
    }


def rule_counts(touched: dict[int, frozenset[str]]) -> dict[str, int]:
    """Count the documents that each rule touched, most first."""
    rules = pl.Series([rule for ids in touched.values() for rule in ids], dtype=pl.String).alias("rule")
    return dict(rules.value_counts().sort(["count", "rule"], descending=[True, False]).iter_rows())


def one_by_one(engine: Engine, texts: list[str], size: float) -> tuple[list[str], float]:
    """Run an engine that takes one text at a time; return its output and its MB per CPU-second."""
    after, seconds = timed(lambda: [engine(text) for text in texts])
    return after, round(size / seconds, 2)


def harm(canonical: list[str], after: list[str]) -> dict[str, int]:
    """Count what an engine did to canonical documents, by kinds that docs/normalization.md explains."""
    kinds: dict[str, Callable[[str, str], bool]] = {
        "changed": lambda old, new: old != new,
        "not_nfc": lambda _, new: not unicodedata.is_normalized("NFC", new),
        "eyelash_ra_decomposed": lambda old, new: "ऱ" in old and "ऱ" not in new,
        "candra_a_lost": lambda old, new: old.count("ॲ") > new.count("ॲ"),
        "time_or_ratio_made_visarga": lambda old, new: bool(re.search("[0-9०-९]ः", new)) and "ः" not in old,
        "other_colon_made_visarga": lambda old, new: new.count("ः") > old.count("ः"),
        "pipe_made_danda": lambda old, new: "|" in old and new.count("।") > old.count("।"),
        "curly_quotes_lost": lambda old, new: bool(re.search("[“”‘’]", old)) and not re.search("[“”‘’]", new),
        "meaningful_zwnj_lost": lambda old, new: "\u200c" in old and "\u200c" not in new,
    }
    pairs = list(zip(canonical, after, strict=True))
    return {name: sum(test(old, new) for old, new in pairs) for name, test in kinds.items()}


def golden(engine: Engine, path: Path) -> dict[str, float]:
    """Return the percentage of public golden cases, and of its traps, that an engine gets exactly right."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    cases = [(row[2], json.loads(f'"{row[3]}"'), json.loads(f'"{row[4]}"')) for row in rows]
    traps = [(before, after) for level, before, after in cases if level == "trap"]
    right = sum(engine(before) == after for _, before, after in cases)
    kept = sum(engine(before) == after for before, after in traps)
    return {
        "exact_percent": round(100 * right / len(cases), 1),
        "traps_kept_percent": round(100 * kept / len(traps), 1),
    }


def peers() -> dict[str, Engine]:
    """Return the engines to compare with, as far as they are installed here."""
    modules = {"nfc": "unicodedata", "indic-nlp-library": "indicnlp", "ftfy": "ftfy"}
    return {name: ENGINES[name]() for name, module in modules.items() if find_spec(module)}


def versions() -> dict[str, str]:
    """Return the versions of everything measured."""
    found = {"python": sys.version.split()[0]}
    for name in ("polars", "indic-nlp-library", "ftfy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def main() -> None:
    """Measure, print and write the results."""
    default = os.environ.get("AURORA_DATA", str(HERE.parent.parent / "shared" / "data"))
    data = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    texts = read(data / "marathi_corpus.jsonl.zst", "text")
    size = megabytes(texts)
    after, corpus = column_engine(texts)
    plain_after, plain_rate = one_by_one(normalize, texts.to_list(), size)
    canonical = after.to_list()
    differing = sum(one != other for one, other in zip(canonical, plain_after, strict=True))
    results: dict[str, Any] = {
        "command": "python -m benchmarks.normalize",
        "versions": versions(),
        "corpus": {"megabytes": round(size, 1), "column_engine": corpus, "differs_from_plain": differing},
        "engines": {
            "datakit, column": {"mb_per_cpu_s": corpus["mb_per_cpu_s"], **golden(column_of_one, data / GOLDEN)},
            "datakit, plain": {"mb_per_cpu_s": plain_rate, **golden(normalize, data / GOLDEN)},
        },
    }
    for name, engine in peers().items():
        _, rate = one_by_one(engine, texts.to_list(), size)
        found = harm(canonical, [engine(text) for text in canonical])
        results["engines"][name] = {"mb_per_cpu_s": rate, **golden(engine, data / GOLDEN), "on_canonical_text": found}
        print(name, results["engines"][name], file=sys.stderr)
    questions = read(data / "marathi_qa.jsonl.zst", "question", "answer")
    _, measured = column_engine(questions)
    results["questions_and_answers"] = {"megabytes": round(megabytes(questions), 1), "column_engine": measured}
    out = HERE / "results" / "normalize.json"
    out.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, ensure_ascii=False, indent=2))


GOLDEN = "golden_mr_public.tsv"


def column_of_one(text: str) -> str:
    """Normalize one text through the column form."""
    return str(normalize_series(pl.Series([text], dtype=pl.String))[0])


if __name__ == "__main__":
    main()
