"""Versions made by hand: rows with their verdicts, written as the pipeline writes them."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from datakit.lineage import Manifest, version_id, write_manifest
from datakit.pipeline.release import LINEAGE, REJECTED_COLUMNS, RELEASE_COLUMNS
from datakit.record import SCHEMA
from datakit.report.release import Release
from datakit.stages.chat import MESSAGES

SPLITS = ("train", "validation", "test")
MERGED = ("exact_duplicate", "near_duplicate")
Row = Mapping[str, Any]


def kept(question: str, answer: str = "उत्तर", split: str = "train", **more: Any) -> dict[str, Any]:
    """A row that was kept."""
    return {"question": question, "answer": answer, "split": split, **more}


def rejected(question: str | None, reason: str, stage: str = "validate", **more: Any) -> dict[str, Any]:
    """A row that a stage rejected."""
    return {"question": question, "answer": None, "reject_reason": reason, "reject_stage": stage, **more}


def row_id(question: str | None, answer: str | None = "उत्तर") -> str:
    """The id that a row made here has."""
    return hashlib.sha256(f"{question}\x1f{answer}".encode()).hexdigest()


def raw_digest(number: int, row: Row) -> str:
    """The digest that row number `number` made here has as it was read."""
    return hashlib.sha256(f"{number} {row['question']} {row.get('answer')}".encode()).hexdigest()


def release(
    folder: Path,
    rows: Sequence[Row],
    *,
    stages: Sequence[str] = (),
    name: str = "made",
    decisions: Sequence[Mapping[str, Any]] = (),
    counts: Mapping[str, Any] | None = None,
) -> Release:
    """Write the Parquet files of these rows and return them with a manifest that counts them, and `counts` besides."""
    folder.mkdir(parents=True, exist_ok=True)
    filled = [_filled(number, row) for number, row in enumerate(rows)]
    for split in SPLITS:
        _frame([row for row in filled if row["split"] == split], RELEASE_COLUMNS).write_parquet(
            folder / f"{split}.parquet"
        )
    gone = [row for row in filled if row["reject_reason"]]
    _frame(gone, REJECTED_COLUMNS).write_parquet(folder / "rejected.parquet")
    pl.DataFrame([_line(row) for row in filled], schema=LINEAGE).write_parquet(folder / "lineage.parquet")
    return Release(folder, _manifest(filled, stages, name, decisions, counts or {}))


def published(folder: Path, rows: Sequence[Row], **more: Any) -> Release:
    """The same with the manifest written, as in a version that lies in its place."""
    made = release(folder, rows, **more)
    write_manifest(folder, made.manifest)
    return made


def _filled(number: int, row: Row) -> dict[str, Any]:
    base: dict[str, Any] = {
        **dict.fromkeys((*SCHEMA, "split", "split_group", "messages", "of", "score")),
        "id": row_id(row["question"], row.get("answer")),
        "source_id": "पहिला",
        "licence": "CC-BY-4.0",
        "file": "a.jsonl",
        "locator": f"line {number + 1}",
        "split_group": f"g{number}",
    }
    pair = (("user", row["question"]), ("assistant", row.get("answer")))
    turns = [{"role": role, "content": text or ""} for role, text in pair]
    return {**base, "messages": turns, "raw_sha256": raw_digest(number, row), **row}


def _frame(rows: Sequence[Row], columns: Sequence[str]) -> pl.DataFrame:
    kinds = {name: MESSAGES if name == "messages" else SCHEMA.get(name, pl.String()) for name in columns}
    return pl.DataFrame({name: [row[name] for row in rows] for name in columns}, schema=kinds)


def _line(row: Row) -> dict[str, Any]:
    reason = row["reject_reason"]
    role = "kept" if reason is None else "duplicate_of" if reason in MERGED else "rejected"
    same = {name: row.get(name) for name in LINEAGE if name in row}
    return {
        **dict.fromkeys(LINEAGE),
        **same,
        "row_id": row["id"],
        "role": role,
        "stage": row["reject_stage"],
        "reason": reason,
    }


def _manifest(
    rows: Sequence[Row],
    stages: Sequence[str],
    name: str,
    decisions: Sequence[Mapping[str, Any]],
    more: Mapping[str, Any],
) -> Manifest:
    gone: dict[str, int] = {}
    tallies: dict[str, dict[str, Any]] = {}
    left = len(rows)
    used = [*stages, *(row["reject_stage"] for row in rows if row["reject_stage"])]
    for stage in dict.fromkeys(used):
        mine: dict[str, int] = {}
        for row in rows:
            if row["reject_stage"] == stage:
                mine[row["reject_reason"]] = mine.get(row["reject_reason"], 0) + 1
        tallies[stage] = {"in": left, "rejected": mine}
        left -= sum(mine.values())
        for reason, count in mine.items():
            gone[reason] = gone.get(reason, 0) + count
    splits = {split: sum(row["split"] == split for row in rows) for split in SPLITS}
    identity = {
        "format": 1,
        "name": name,
        "row_roots": {split: hashlib.sha256(split.encode()).hexdigest() for split in SPLITS},
        "sources": [],
        "recipe": {"columns": {}, "stages": [{"use": stage} for stage in tallies]},
        "decisions": list(decisions),
        "tombstones": [],
        "rows": sorted(row["id"] for row in rows),  # so that other rows are another version
    }
    counts = {
        "in": len(rows),
        "kept": sum(splits.values()),
        "rejected": gone,
        "splits": splits,
        "stages": tallies,
        **more,
    }
    return Manifest(kind="dataset", id=version_id(identity), identity=identity, counts=counts, tools={"python": "3.11"})
