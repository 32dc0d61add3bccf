"""The manifest: one JSON shape for a dataset version, a run and a GGUF.

`identity` is the hashed part: no clock, host or path in it. Everything beside it is a record of how the folder came
about; `check_files` compares it with what lies there. The manifest's own digest stands in `manifest.sha256`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError, IntegrityError
from datakit.lineage.identity import canonical_json, sha256_file

MANIFEST: Final = "manifest.json"
MANIFEST_DIGEST: Final = "manifest.sha256"
WITHDRAWN: Final = "withdrawn.json"
"""Lies in a version whose rows were taken back; its manifest stays, so that what it trained can still be told."""
_FIELDS: Final = ("kind", "id", "identity", "counts", "files", "tools")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder is, what it was made of, and what must lie in it."""

    kind: str
    """`raw`, `dataset`, `run` or `gguf`."""
    id: str
    """sha256 of `identity`, in hex."""
    identity: Mapping[str, Any]
    """The hashed part; for a dataset: name, row root of each split, sources, recipe, decisions, tombstones."""
    counts: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that a reader wants and `verify` recomputes."""
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Path in the folder to `{"sha256", "bytes"}`."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Versions of the packages that wrote it; not part of the identity."""


def version_id(identity: Mapping[str, Any]) -> str:
    """Return the id that an identity has: the sha256 of its canonical JSON."""
    return hashlib.sha256(canonical_json(identity)).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and its digest into a folder, the manifest last but for its digest."""
    body = {name: getattr(manifest, name) for name in _FIELDS}
    payload = json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
    (folder / MANIFEST).write_bytes(payload)
    (folder / MANIFEST_DIGEST).write_text(f"{hashlib.sha256(payload).hexdigest()}  {MANIFEST}\n", encoding="ascii")


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest and check that it is whole and carries the id it claims.

    Errors: `InputError` where there is none, `IntegrityError` where it was changed.
    """
    path = folder / MANIFEST
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: no manifest can be read here ({error.strerror}); expected the folder of a version"
        ) from error
    _check_digest(folder, payload)
    try:
        body = json.loads(payload)
        manifest = Manifest(**{name: body[name] for name in _FIELDS})
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path}: not a manifest ({error}); expected an object with {', '.join(_FIELDS)}"
        ) from error
    actual = version_id(manifest.identity)
    if actual != manifest.id:
        raise IntegrityError(
            f"{path}: the id is {manifest.id}, but its identity hashes to {actual}; the manifest was edited"
        )
    return manifest


def _check_digest(folder: Path, payload: bytes) -> None:
    path = folder / MANIFEST_DIGEST
    expected = f"{hashlib.sha256(payload).hexdigest()}  {MANIFEST}\n".encode("ascii")
    try:
        found = path.read_bytes()
    except OSError as error:
        raise IntegrityError(f"{path}: missing ({error.strerror}); expected the digest of {MANIFEST}") from error
    if found != expected:
        raise IntegrityError(
            f"{folder / MANIFEST}: its bytes do not match {MANIFEST_DIGEST}; one of the two was changed"
        )


def check_files(folder: Path, manifest: Manifest, *, hashes: bool = True) -> list[str]:
    """Return every difference between a folder and its manifest: missing, changed and unknown files.

    Without `hashes` a file counts as unchanged where its size is right: a quick look that reads no byte of it.
    A withdrawn version has one problem: nothing may be made of it any more. `datakit verify` checks what is left of it.
    """
    if (folder / WITHDRAWN).exists():
        return [f"{folder}: withdrawn: a source was taken back and the rows are gone; {WITHDRAWN} names the successor"]
    problems: list[str] = []
    for name, entry in sorted(manifest.files.items()):
        path = folder / name
        if not path.is_file():
            problems.append(f"{path}: missing; the manifest lists it with {entry['bytes']} bytes")
        elif path.stat().st_size != entry["bytes"]:
            problems.append(f"{path}: {path.stat().st_size} bytes, expected {entry['bytes']}")
        elif hashes and (found := sha256_file(path)) != entry["sha256"]:
            problems.append(f"{path}: sha256 {found}, expected {entry['sha256']}")
    known = {*manifest.files, MANIFEST, MANIFEST_DIGEST}
    present = {item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file()}
    problems += [
        f"{folder / name}: not in the manifest; a version is immutable, nothing is added later"
        for name in sorted(present - known)
    ]
    return problems
