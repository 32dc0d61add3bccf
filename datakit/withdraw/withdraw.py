"""The withdrawal itself. Each step leaves a state from which the same command goes on after a kill."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from datakit.errors import GateError
from datakit.lineage import read_manifest
from datakit.pipeline.progress import Progress
from datakit.pipeline.replay import replay
from datakit.pipeline.result import Result
from datakit.recipe import Recipe
from datakit.recipe.restore import restore
from datakit.store import (
    Tombstone,
    Version,
    add_tombstone,
    clear,
    latest_with_rows,
    lock,
    names_at_work,
    read_tombstones,
    strip,
    sweep,
    work_folder,
)
from datakit.trace import Places
from datakit.withdraw.plan import Plan, plan


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    """What a withdrawal came to, or, after a dry run, would come to."""

    plan: Plan
    children: Mapping[str, Result | None]
    """By name of the dataset: the version that comes after; None where no row is left."""
    files_gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By version id: the files that were deleted; empty after a dry run."""


def withdraw(
    source: str,
    places: Places,
    *,
    recipe: Recipe | None = None,
    note: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Withdrawn:
    """Take a source back: tombstone first, then a child of each latest version that has it, then the payload goes.

    The children come from the version folders; raw/ is not read. `recipe` replaces the one in the manifest. Errors:
    `InputError` where no version knows the source, `UsageError` where another run is at work here or the manifest's
    recipe is not of this release, and as `curate`; whatever is raised, nothing was deleted before every child stood.
    """
    found = plan(source, places)
    curated = places.folders.curated
    stone = replace(found.tombstone, note=note, at=datetime.now(UTC).isoformat(timespec="seconds"))
    names = sorted({version.name for version in (*found.affected, *found.unfinished)} | names_at_work(curated))
    with contextlib.ExitStack() as held:
        for name in names:
            held.enter_context(lock(curated, name))
        stones = _with(stone, read_tombstones(curated)) if dry_run else _bury(curated, stone)
        children = {
            version.name: _child(version, curated, recipe, stones, dry_run=dry_run, progress=progress)
            for version in found.parents
        }
        if dry_run:
            return Withdrawn(plan=found, children=children)
        gone: dict[str, tuple[str, ...]] = {}
        for version in (*found.affected, *found.unfinished):
            went = strip(version.path, sources=[source], child=_successor(version, curated))
            gone[version.id] = tuple(went)
        for name in names:  # finished parts and half-built folders hold text of the source too
            clear(work_folder(curated, name))
            sweep(curated, name)
    return Withdrawn(plan=found, children=children, files_gone=gone)


def _bury(curated: Path, stone: Tombstone) -> tuple[Tombstone, ...]:
    add_tombstone(curated, stone)
    return read_tombstones(curated)


def _with(stone: Tombstone, standing: tuple[Tombstone, ...]) -> tuple[Tombstone, ...]:
    others = [one for one in standing if one.source != stone.source]
    before = next((one.derived for one in standing if one.source == stone.source), ())
    stone = replace(stone, derived=tuple(sorted({*before, *stone.derived})))
    return tuple(sorted([*others, stone], key=lambda one: one.source))


def _successor(version: Version, curated: Path) -> str | None:
    """Return the version that stands in another's place: the latest of its name, if that has rows."""
    newest = latest_with_rows(curated, version.name)
    return newest.id if newest is not None and newest.id != version.id else None


def _child(
    version: Version,
    curated: Path,
    recipe: Recipe | None,
    stones: tuple[Tombstone, ...],
    *,
    dry_run: bool,
    progress: Progress | None,
) -> Result | None:
    recipe = recipe or restore(read_manifest(version.path).identity["recipe"], name=version.name)
    try:
        return replay(version, curated, recipe=recipe, tombstones=stones, dry_run=dry_run, progress=progress)
    except GateError:
        if recipe.gate is not None:
            raise
        return None  # no row is left
