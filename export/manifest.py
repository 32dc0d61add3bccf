"""The export's manifest: what the folder holds, of which run, and whether the gate has passed it."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from datakit.lineage import Manifest, sha256_file, version_id, write_manifest
from export.subject import Subject
from export.write import Written

_FORMAT: Final = 1
_PACKAGES: Final = ("ancient-aurora", "gguf", "libgguf", "xllamacpp", "torch", "transformers", "tokenizers", "peft")


def seal(folder: Path, subject: Subject, files: Sequence[Written], *, gate: str, seconds: float) -> Manifest:
    """Write the manifest over everything in the folder. `gate` is `passed` or `skipped`."""
    identity: dict[str, Any] = {
        "format": _FORMAT,
        "run": subject.run.id if subject.run else None,
        "dataset": subject.dataset_id,
        "base": dict(subject.base_identity),
        "quants": {file.type: file.sha256 for file in files},
    }
    known = {file.path.name: file.sha256 for file in files}
    entries = {
        path.name: {"sha256": known.get(path.name) or sha256_file(path), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".")  # the lock goes when the folder gets its name
    }
    manifest = Manifest(
        kind="gguf",
        id=version_id(identity),
        identity=identity,
        counts={
            "gate": gate,
            "seconds": round(seconds),
            "tensors": {file.type: dict(file.types) for file in files},
            "engines": {file.type: file.engine for file in files},
        },
        files=entries,
        tools=_tools(),
    )
    write_manifest(folder, manifest)
    return manifest


def _tools() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
