"""Where versions lie, and the folders that are worked in. The folder tree is the registry; there is no database."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.lineage import find_version, latest_version, list_versions

WORK: Final = ".work"


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
    return map(_version, list_versions(curated))


def latest(curated: Path, name: str) -> Version | None:
    """Return the version of this name that was published last, or None."""
    path = latest_version(curated, name)
    return None if path is None else Version(name, path.name, path)


def find(curated: Path, wanted: str) -> Version:
    """Return the one version that a user means. Names and errors: as `datakit.lineage.find_version`."""
    return _version(find_version(wanted, curated=curated))


def _version(path: Path) -> Version:
    return Version(path.parent.name, path.name, path)


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
