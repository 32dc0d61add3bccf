"""Tags: names that people give to versions. One small file each, under `curated/<name>/tags/`, written by rename."""

import os
import re
from pathlib import Path
from typing import Final

from datakit.errors import IntegrityError, UsageError
from datakit.lineage import LATEST, TAGS
from datakit.store.folders import Version

_NAME: Final = re.compile(r"[\w\u0900-\u097f][\w\u0900-\u097f.-]{0,63}")  # \w leaves out the vowel signs of Devanagari
_ID: Final = re.compile(r"[0-9a-f]{64}")
_LIKE_ID: Final = re.compile(r"[0-9a-f]{4,64}")


def tag(version: Version, name: str, *, move: bool = False) -> str | None:
    """Name a version; returns the id that the tag named before, or None.

    Errors: `UsageError` for a name that no tag can have, and for a tag that names another version unless `move`.
    """
    _check(name)
    file = _file(version.path.parent, name)
    before = _read(file) if file.is_file() else None
    if before not in (None, version.id) and not move:
        raise UsageError(f"tag {name!r}: names {before} already; expected a new name, or --move to let it name another")
    if before != version.id:
        file.parent.mkdir(exist_ok=True)
        fresh = file.with_name(f".{name}-{os.getpid()}")
        with fresh.open("w", encoding="ascii") as stream:
            stream.write(version.id + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    return before if before != version.id else None


def untag(curated: Path, dataset: str, name: str) -> None:
    """Take a tag away. Errors: `UsageError` where there is none of this name."""
    try:
        if not _NAME.fullmatch(name):  # `..` and `/` would lead to a file that is no tag
            raise FileNotFoundError
        _file(curated / dataset, name).unlink()
    except FileNotFoundError:
        there = ", ".join(tags(curated, dataset)) or "none"
        raise UsageError(f"tag {name!r}: {dataset} has none of this name; it has {there}") from None


def tags(curated: Path, dataset: str) -> dict[str, str]:
    """Return the tags of a dataset, name to version id, by name. Errors: `IntegrityError` where a file holds no id."""
    folder = curated / dataset / TAGS
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    return {file.name: _read(file) for file in files}


def _file(home: Path, name: str) -> Path:
    return home / TAGS / name


def _read(file: Path) -> str:
    found = file.read_text(encoding="utf-8", errors="replace").strip()
    if not _ID.fullmatch(found):
        raise IntegrityError(f"{file}: found {found[:80]!r}, expected the id of a version, 64 hex digits; tag it anew")
    return found


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(f"tag {name!r}: expected 1 to 64 letters, digits and . _ - that do not begin with . or -")
    if name == LATEST or _LIKE_ID.fullmatch(name):
        raise UsageError(f"tag {name!r}: could be taken for {'the last version' if name == LATEST else 'an id'}")
