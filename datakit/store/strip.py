"""A withdrawn version: its rows go, its manifest, counts and lineage stay, and it can never look whole or torn.

First `withdrawn.json` is put in place by one rename: from then on nobody takes the version for a whole one. Then the
files that hold text go, one by one. A process that is killed in between leaves a marked version with some files too
many, which `verify` names; withdrawing the source again takes them away.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.errors import InputError, IntegrityError
from datakit.lineage import MANIFEST, WITHDRAWN, sha256_text, sync, version_id
from datakit.store.folders import Version, latest

STAY: Final = frozenset({MANIFEST, "manifest.sha256", "lineage.parquet", "provenance.json", "README.md", WITHDRAWN})
"""What holds ids, places, counts and licences, and no text of a row."""


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """What `withdrawn.json` says."""

    sources: tuple[str, ...]
    """The sources for whose sake the rows went."""
    child: str | None
    """The version that stands in its place; None: none of its rows was left."""


def read_withdrawal(folder: Path) -> Withdrawal | None:
    """Return why a version's rows are gone; None where they are not. Errors: `IntegrityError` where it was changed."""
    path = folder / WITHDRAWN
    try:
        body = json.loads(path.read_bytes())
        said = Withdrawal(sources=tuple(body["sources"]), child=body["child"])
        whole = path.read_bytes() == _payload(said)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{path}: not a withdrawal ({error}); expected an object with sources and child"
        ) from error
    if not whole:
        raise IntegrityError(f"{path}: its bytes do not match the digest that it holds; it was changed")
    return said


def latest_with_rows(curated: Path, name: str) -> Version | None:
    """Return the version of this name that was published last, if its rows are still there."""
    newest = latest(curated, name)
    return newest if newest is not None and read_withdrawal(newest.path) is None else None


def require_rows(folder: Path) -> None:
    """Raise `InputError` where the rows of a version were withdrawn."""
    said = read_withdrawal(folder)
    if said is not None:
        instead = f"use the version that came after it, {said.child}" if said.child else "no version came after it"
        raise InputError(f"{folder}: withdrawn with the source {', '.join(said.sources)}; its rows are gone, {instead}")


def strip(folder: Path, *, sources: Iterable[str], child: str | None) -> list[str]:
    """Mark a version as withdrawn and delete every file that holds text; returns the names of the files that went.

    Doing it again finishes what was begun and adds to what is said.
    """
    before = read_withdrawal(folder)
    names = {*sources, *(before.sources if before else ())}
    said = Withdrawal(sources=tuple(sorted(names)), child=child or (before.child if before else None))
    if said != before:
        _write(folder, said)
    gone = [path for path in sorted(folder.rglob("*")) if path.is_file() and is_payload(folder, path)]
    for path in gone:
        path.unlink()
    for empty in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        empty.rmdir()
    sync(folder)
    return [path.relative_to(folder).as_posix() for path in gone]


def is_payload(folder: Path, path: Path) -> bool:
    """Tell whether a file of a version may hold text of rows."""
    return path.relative_to(folder).as_posix() not in STAY


def _payload(said: Withdrawal) -> bytes:
    body = {"child": said.child, "sources": list(said.sources)}
    digest = sha256_text(version_id(body))
    return json.dumps({**body, "sha256": digest}, ensure_ascii=False, indent=2).encode() + b"\n"


def _write(folder: Path, said: Withdrawal) -> None:
    fresh = folder.with_name(f".{folder.name}.{WITHDRAWN}")  # beside the version: nothing half written inside it
    with fresh.open("wb") as stream:
        stream.write(_payload(said))
        stream.flush()
        os.fsync(stream.fileno())
    fresh.chmod(0o444)
    fresh.replace(folder / WITHDRAWN)
    sync(folder)
