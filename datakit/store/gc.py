"""Taking away what nothing needs: versions that no tag, no run and no model names, and unfinished work."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.errors import UsageError
from datakit.store.folders import WORK, Version, clear, latest, versions
from datakit.store.publish import lock, names_at_work, sweep
from datakit.store.strip import read_withdrawal
from datakit.store.tags import tags

SIGNATURE: Final = ".sig"


@dataclass(frozen=True, kw_only=True)
class Garbage:
    """One thing that may go, or one version that stays and why."""

    path: Path
    why: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What a collection found, and, unless it was a dry run, took away."""

    gone: tuple[Garbage, ...]
    kept: tuple[Garbage, ...]


def collect(curated: Path, *, needed: Collection[str], delete: bool = False) -> Sweep:
    """Find, and with `delete` take away, the versions that have no root, and the work of runs that are over.

    Roots are `latest` of each name, every tag, every id in `needed` (what runs and models name), and withdrawn
    versions: they hold no text, and tell what was trained on. A version goes by one rename out of sight first, so that
    a kill leaves it whole or gone. Errors: `UsageError` where a run is at work here.
    """
    gone: list[Garbage] = []
    kept: list[Garbage] = []
    for version in versions(curated):
        root = _root(version, curated, needed)
        entry = Garbage(path=version.path, why=root or "nothing names it", bytes=_size(version.path))
        (kept if root else gone).append(entry)
    names = sorted({version.name for version in versions(curated)} | names_at_work(curated))
    work = curated / WORK
    stale = sorted(path for path in work.iterdir() if path.is_dir()) if work.is_dir() else []
    gone += [Garbage(path=path, why="work of a run that is over", bytes=_size(path)) for path in stale]
    if delete:
        for name in names:
            with lock(curated, name):  # raises before anything of this name has gone
                for entry in gone:
                    if entry.path.parent == curated / name:
                        _remove(entry.path, work / f"build-{name}-gone-{os.getpid()}")
                clear(work / name)
                sweep(curated, name)
    return Sweep(gone=tuple(gone), kept=tuple(kept))


def _root(version: Version, curated: Path, needed: Collection[str]) -> str | None:
    newest = latest(curated, version.name)
    if newest is not None and newest.id == version.id:
        return "the latest of its name"
    named = [name for name, target in tags(curated, version.name).items() if target == version.id]
    if named:
        return f"tagged {', '.join(named)}"
    if version.id in needed:
        return "a run or a model names it"
    return "withdrawn; it tells what was trained on" if read_withdrawal(version.path) is not None else None


def _remove(version: Path, aside: Path) -> None:
    version.rename(aside)
    clear(aside)
    version.with_name(version.name + SIGNATURE).unlink(missing_ok=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def refuse_unknown_runs(runs: Path) -> None:
    """Raise `UsageError` where the folder of runs is not there: what it would protect is then unknown."""
    if not runs.is_dir():
        raise UsageError(
            f"{runs}: no such folder, so nobody can tell which versions runs need; name it with --runs,"
            " or make an empty one where there are no runs"
        )
