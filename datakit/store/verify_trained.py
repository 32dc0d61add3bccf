"""What the files of a run and of an export say about their manifests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from datakit.errors import DatakitError
from datakit.lineage import Manifest, content_root, read_gguf_keys
from datakit.lineage.attestation import ATTESTATION, attestation_problems

RUN_ROWS: Final = "rows.parquet"
_ROW_COLUMNS: Final = ("row_id", "split", "used")


def run_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return every difference between a run's identity and its rows used, and between manifest and attestation."""
    return _row_problems(folder, manifest) + _attestation_problems(folder, manifest)


def _row_problems(folder: Path, manifest: Manifest) -> list[str]:
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


def _attestation_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Compare what a run tells the supply-chain tools with its manifest; `check_files` has told of a missing file."""
    path = folder / ATTESTATION
    if ATTESTATION not in manifest.files:
        return []
    try:
        return [f"{path}: {line}" for line in attestation_problems(json.loads(path.read_bytes()), manifest)]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        return [f"{path}: not a statement ({error}); expected an in-toto Statement v1 with SLSA provenance"]
    except DatakitError as error:
        return [f"{path}: {error}"]


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
