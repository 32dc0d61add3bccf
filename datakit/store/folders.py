"""Where versions lie and how a user may name one. The folder tree is the registry; there is no database."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.errors import InputError, UsageError
from datakit.lineage import MANIFEST

LATEST: Final = "latest"
WORK: Final = ".work"
TAGS: Final = "tags"
_ID_CHARS: Final = 64


@dataclass(frozen=True)
class Version:
    """A published version: `path` is `<curated>/<name>/<id>`."""

    name: str
    id: str
    path: Path


def work_folder(curated: Path, name: str) -> Path:
    """Return the folder of finished parts: beside the versions, so that publishing renames within one file system."""
    return curated / WORK / name


def versions(curated: Path) -> Iterator[Version]:
    """Yield every version under a folder, by name and then by id."""
    for folder in sorted(curated.glob(f"*/*/{MANIFEST}")):
        version = folder.parent
        if len(version.name) == _ID_CHARS and not version.is_symlink() and not version.parent.name.startswith("."):
            yield Version(version.parent.name, version.name, version)


def latest(curated: Path, name: str) -> Version | None:
    """Return the version of this name that was published last, or None."""
    link = curated / name / LATEST
    if not (link / MANIFEST).is_file():
        return None
    path = link.resolve()
    return Version(name, path.name, path)


def find(curated: Path, wanted: str) -> Version:
    """Return the one version that a user means: a path, `latest`, `<name>`, a tag, or the beginning of an id.

    `<name>/` may stand before `latest`, before a tag and before an id.

    Errors: `InputError` where nothing fits, `UsageError` where several do; both list what there is.
    """
    folder = Path(wanted)
    if (folder / MANIFEST).is_file():
        path = folder.resolve()
        return Version(path.parent.name, path.name, path)
    known = list(versions(curated))
    names = sorted({version.name for version in known})
    head, _, tail = wanted.rpartition("/")
    if wanted in names:
        head, tail = wanted, LATEST
    if tail == LATEST:
        candidates = [latest(curated, name) for name in names if head in ("", name)]
        fitting = [version for version in candidates if version is not None]
    else:
        fitting = [
            version
            for version in known
            if head in ("", version.name)
            and ((version.id.startswith(tail) and len(tail) >= 4) or _tagged(version, tail) == version.id)
        ]
    if len(fitting) == 1:
        return fitting[0]
    listed = "\n".join(f"  {version.name}/{version.id}" for version in (fitting or known)[:20]) or "  (none)"
    if fitting:
        raise UsageError(f"version {wanted!r} under {curated}: {len(fitting)} fit; name more of the id:\n{listed}")
    raise InputError(
        f"version {wanted!r}: not found under {curated};"
        " expected a path, a name, a tag, latest, or the first 4 or more characters of an id."
        f" There are:\n{listed}"
    )


def _tagged(version: Version, name: str) -> str | None:
    """Return the id that a tag of this name has; the tag need not be checked, since it must equal an id that exists."""
    file = version.path.parent / TAGS / name
    return file.read_text(encoding="utf-8", errors="replace").strip() if name and file.is_file() else None


def clear(folder: Path) -> None:
    """Delete a folder of our own, read-only files included; a missing one is fine."""
    if not folder.exists():
        return
    for path, _, files in os.walk(folder):
        for name in files:
            file = Path(path, name)
            if not file.is_symlink():
                file.chmod(stat.S_IWUSR | stat.S_IRUSR)
    shutil.rmtree(folder)
