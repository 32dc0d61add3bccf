"""Verification: every hash, every row id, every root and every count of a version, recomputed from its bytes."""

from pathlib import Path
from typing import Final

import polars as pl

from datakit.errors import IntegrityError
from datakit.lineage import Manifest, check_files, content_root, read_manifest, row_id

_BATCH_ROWS: Final = 20_000
_NAMED: Final = 5  # how many damaged rows of a file are named; the rest are counted


def verify(folder: Path) -> Manifest:
    """Check a version and return its manifest.

    Errors: `IntegrityError` that lists every file, row and count that differs; `InputError` without a manifest.
    """
    manifest = read_manifest(folder)
    problems = check_files(folder, manifest)
    if not problems:  # rows of a damaged file say nothing more than the file's own line
        problems = _check_rows(folder, manifest)
    if problems:
        raise IntegrityError(
            f"{folder}: {len(problems)} problem(s):\n" + "\n".join(f"  - {problem}" for problem in problems)
        )
    return manifest


def _check_rows(folder: Path, manifest: Manifest) -> list[str]:
    problems: list[str] = []
    kept = 0
    for split, root in manifest.identity["row_roots"].items():
        path = folder / f"{split}.parquet"
        ids, wrong = _row_ids(path)
        kept += len(ids)
        problems += [f"{path}: {line}" for line in wrong]
        if content_root(ids) != root:
            problems.append(
                f"{path}: the row root is {content_root(ids)}, expected {root}; rows were added, removed or changed"
            )
        expected = manifest.counts["splits"][split]
        if len(ids) != expected:
            problems.append(f"{path}: {len(ids)} rows, expected {expected}")
    rejected = pl.scan_parquet(folder / "rejected.parquet").select(pl.len()).collect().item()
    lineage = pl.scan_parquet(folder / "lineage.parquet").select(pl.len()).collect().item()
    if kept != manifest.counts["kept"]:
        problems.append(f"{folder}: {kept} rows kept, the manifest counts {manifest.counts['kept']}")
    if not kept + rejected == lineage == manifest.counts["in"]:
        problems.append(
            f"{folder}: kept {kept} + rejected {rejected}, lineage {lineage}, rows in {manifest.counts['in']}:"
            " expected all three to be one number"
        )
    return problems


def _row_ids(path: Path) -> tuple[list[str], list[str]]:
    """Return the ids of a split and a line for each row whose id is not the hash of its messages."""
    ids: list[str] = []
    wrong: list[str] = []
    rows = pl.scan_parquet(path).select("id", "messages")
    total = rows.select(pl.len()).collect().item()
    for start in range(0, total, _BATCH_ROWS):
        for number, (name, messages) in enumerate(
            rows.slice(start, _BATCH_ROWS).collect().iter_rows(), start=start + 1
        ):
            ids.append(name)
            if row_id(messages) != name:
                wrong.append(f"row {number}: the id is {name}, but its messages hash to {row_id(messages)}")
    if len(wrong) > _NAMED:
        wrong = [*wrong[:_NAMED], f"and {len(wrong) - _NAMED} rows more"]
    return ids, wrong
