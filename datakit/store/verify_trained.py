"""What the files of a run and of an export say about their manifests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.errors import DatakitError
from datakit.lineage import Manifest, content_root, read_gguf_keys

RUN_ROWS: Final = "rows.parquet"
_ROW_COLUMNS: Final = ("row_id", "split", "used")


def run_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return every difference between the rows that a run says it used and its identity."""
    path = folder / RUN_ROWS
    try:
        rows = pl.read_parquet(path, columns=list(_ROW_COLUMNS))
    except (OSError, pl.exceptions.PolarsError) as error:
        return [f"{path}: cannot be read ({error}); expected the columns {', '.join(_ROW_COLUMNS)}"]
    problems = []
    for split, told in manifest.identity["rows"].items():
        used = rows.filter((pl.col("split") == split) & pl.col("used"))["row_id"].to_list()
        if (found := content_root(used)) != told["root"]:
            problems.append(f"{path}: the root of the used rows of {split} is {found}, expected {told['root']}")
        if len(used) != told["rows"]:
            problems.append(f"{path}: {len(used)} used rows of {split}, expected {told['rows']}")
    return problems


def export_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return every difference between the GGUF files of an export folder, their keys, and its identity."""
    problems = []
    digests = {entry["sha256"]: name for name, entry in manifest.files.items() if name.endswith(".gguf")}
    quants: Mapping[str, str] = manifest.identity["quants"]
    for quant, digest in quants.items():
        if digest not in digests:
            problems.append(f"{folder}: no .gguf file has the sha256 {digest}, which the identity gives {quant}")
    for digest, name in digests.items():
        if digest not in quants.values():
            problems.append(f"{folder / name}: its sha256 {digest} is not in the identity; expected one of the quants")
        problems += _key_problems(folder / name, manifest.identity)
    return problems


def _key_problems(path: Path, identity: Mapping[str, Any]) -> list[str]:
    try:
        keys = read_gguf_keys(path)
    except DatakitError as error:
        return [str(error)]
    expected = {"aurora.run_id": identity.get("run"), "aurora.version_id": identity.get("dataset")}
    return [
        f"{path}: {name} is {keys.get(name)}, expected {value} as in the manifest"
        for name, value in expected.items()
        if value is not None and keys.get(name) != value
    ]
