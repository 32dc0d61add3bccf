"""What a version's rows say about its manifest; and, where the rows were withdrawn, what its lineage still says."""

from pathlib import Path
from typing import Final

import polars as pl

from datakit.errors import IntegrityError
from datakit.lineage import Manifest, content_root, sha256_file
from datakit.store.row_ids import wrong_ids
from datakit.store.strip import STAY, is_payload, read_withdrawal

_BATCH_ROWS: Final = 20_000
_NAMED: Final = 5  # how many damaged rows of a file are named; the rest are counted


def version_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return every difference between a version's rows and its manifest."""
    problems: list[str] = []
    kept = 0
    for split, root in manifest.identity["row_roots"].items():
        path = folder / f"{split}.parquet"
        ids, wrong = _row_ids(path)
        kept += len(ids)
        problems += [f"{path}: {line}" for line in wrong]
        problems += _root_problems(path, ids, root, manifest.counts["splits"][split])
    lineage = pl.scan_parquet(folder / "lineage.parquet").select("row_id", "role", "split").collect()
    for split, root in manifest.identity["row_roots"].items():
        if content_root(_kept_ids(lineage, split)) != root:
            problems.append(
                f"{folder / 'lineage.parquet'}: its kept rows of {split} are not the rows of {split}.parquet"
            )
    rejected = pl.scan_parquet(folder / "rejected.parquet").select(pl.len()).collect().item()
    if kept != manifest.counts["kept"]:
        problems.append(f"{folder}: {kept} rows kept, the manifest counts {manifest.counts['kept']}")
    if not kept + rejected == lineage.height == manifest.counts["in"]:
        problems.append(
            f"{folder}: kept {kept} + rejected {rejected}, lineage {lineage.height}, rows in {manifest.counts['in']}:"
            " expected all three to be one number"
        )
    return problems


def shell_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return what is wrong with a withdrawn version: its lineage must still give the roots, and no text may be left."""
    try:
        said = read_withdrawal(folder)
    except IntegrityError as error:
        return [str(error)]
    again = f"`datakit withdraw {said.sources[0]}` ends it" if said and said.sources else "withdraw its source again"
    problems = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = path.relative_to(folder).as_posix()
        if is_payload(folder, path):
            problems.append(f"{path}: still there, though the version was withdrawn; {again}")
        elif name in manifest.files and sha256_file(path) != manifest.files[name]["sha256"]:
            problems.append(f"{path}: sha256 {sha256_file(path)}, expected {manifest.files[name]['sha256']}")
    problems += [
        f"{folder / name}: missing; it stays when a version is withdrawn"
        for name in sorted(STAY & manifest.files.keys())
        if not (folder / name).is_file()
    ]
    if not problems:
        lineage = pl.scan_parquet(folder / "lineage.parquet").select("row_id", "role", "split").collect()
        for split, root in manifest.identity["row_roots"].items():
            ids = _kept_ids(lineage, split)
            problems += _root_problems(folder / "lineage.parquet", ids, root, manifest.counts["splits"][split])
        if lineage.height != manifest.counts["in"]:
            problems.append(f"{folder}: lineage {lineage.height} rows, expected {manifest.counts['in']}")
    return problems


def _root_problems(path: Path, ids: list[str], root: str, expected: int) -> list[str]:
    problems = []
    if (found := content_root(ids)) != root:
        problems.append(f"{path}: the row root is {found}, expected {root}; rows were added, removed or changed")
    if len(ids) != expected:
        problems.append(f"{path}: {len(ids)} rows, expected {expected}")
    return problems


def _kept_ids(lineage: pl.DataFrame, split: str) -> list[str]:
    return lineage.filter((pl.col("role") == "kept") & (pl.col("split") == split))["row_id"].to_list()


def _row_ids(path: Path) -> tuple[list[str], list[str]]:
    """Return the ids of a split and a line for each row whose id is not the hash of its messages."""
    ids: list[str] = []
    wrong: list[str] = []
    rows = pl.scan_parquet(path).select("id", "messages")
    total = rows.select(pl.len()).collect().item()
    for start in range(0, total, _BATCH_ROWS):
        batch = rows.slice(start, _BATCH_ROWS).collect()
        ids += batch["id"].to_list()
        wrong += [
            f"row {start + place + 1}: the id is {batch['id'][place]}, but its messages hash to {actual}"
            for place, actual in wrong_ids(batch)
        ]
    if len(wrong) > _NAMED:
        wrong = [*wrong[:_NAMED], f"and {len(wrong) - _NAMED} rows more"]
    return ids, wrong
