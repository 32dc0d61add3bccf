"""A run of which nothing has changed ends before it begins: the version it would publish is the latest and lies there.

`.work/<name>.outcome.json` says what came of what: a digest of everything that decides about a version, and the result.
It is written after the version stands, and believed only where the digest of this run is the same, the version is still
the latest, and its folder is whole by its manifest and the sizes of its files (`datakit verify` reads every byte).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from datakit.decisions import decisions_file
from datakit.errors import DatakitError
from datakit.gate import read_outcome
from datakit.lineage import canonical_json, check_files, read_manifest, sha256_file
from datakit.pipeline.notes import write_note
from datakit.pipeline.parts import code_digest
from datakit.pipeline.provenance import tools
from datakit.pipeline.result import Result
from datakit.pipeline.rows import Tally
from datakit.recipe import Recipe
from datakit.store import Tombstone, latest

_FORMAT: Final = 1


def fingerprint(
    curated: Path, name: str, part_keys: Sequence[str], recipe: Recipe, tombstones: Sequence[Tombstone]
) -> str:
    """Return a digest of all that decides about a version.

    `part_keys` name the bytes and the source of every input. Beside them count the recipe with its gate, people's
    decisions, tombstones, all code and tables of this package and the versions of the packages it stands on.
    """
    log = decisions_file(curated, name)
    gate = None if recipe.gate is None else repr(recipe.gate)
    suite = recipe.gate.suite if recipe.gate is not None else None
    body = {
        "format": _FORMAT,
        "name": name,
        "parts": list(part_keys),
        "recipe": recipe.resolved(),
        "gate": [gate, sha256_file(suite) if suite is not None else None],
        "decisions": sha256_file(log) if log.is_file() else None,
        "tombstones": [stone.identity() for stone in tombstones],
        "code": code_digest(),
        "tools": {package: version for package, version in tools().items() if package != "tesseract"},
    }  # tesseract is part of the keys of what was read with it
    return hashlib.sha256(canonical_json(body)).hexdigest()


def outcome_file(work: Path) -> Path:
    """Return where the note about a work folder lies: beside it, where its lock lies too."""
    return work.with_name(f"{work.name}.outcome.json")


def remember(work: Path, digest: str, result: Result) -> None:
    """Note what came of a run, under `lock`.

    Nothing is noted of a gate whose findings lie in no version: they could not be told again.
    """
    if result.path is None or (result.gate is not None and not result.new):
        return
    told = {
        "version_id": result.version_id,
        "rows_in": result.rows_in,
        "kept": result.kept,
        "rejected": dict(result.rejected),
        "splits": dict(result.splits),
        "decisions": dict(result.decisions),
        "tallies": {stage: asdict(tally) for stage, tally in result.tallies.items()},
    }
    note = {"of": digest, "told": told, "sha256": _sum(digest, told)}
    write_note(outcome_file(work), json.dumps(note).encode())


def recall(curated: Path, name: str, work: Path, digest: str, *, dry_run: bool = False) -> Result | None:
    """Return the result of the run before, where this one could only come to the same; else None."""
    try:
        note = json.loads(outcome_file(work).read_text(encoding="utf-8"))
        told = note["told"]
        if note["of"] != digest or note["sha256"] != _sum(digest, told):
            return None
        version = latest(curated, name)
        if version is None or version.id != told["version_id"]:
            return None
        manifest = read_manifest(version.path)
        if manifest.id != version.id or check_files(version.path, manifest, hashes=False):
            return None
        return Result(
            **{key: told[key] for key in ("version_id", "rows_in", "kept", "rejected", "splits", "decisions")},
            path=None if dry_run else version.path,
            new=False,
            seconds=0.0,
            tallies={stage: Tally(**tally) for stage, tally in told["tallies"].items()},
            gate=read_outcome(version.path),
            unchanged=True,
        )
    except (OSError, DatakitError, ValueError, KeyError, TypeError):
        return None  # whatever is wrong with the note or the version, the whole run finds out and says


def _sum(digest: str, told: Any) -> str:
    """Return the digest of a note: what was damaged on the disk is not believed."""
    body = json.dumps([digest, told], sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()
