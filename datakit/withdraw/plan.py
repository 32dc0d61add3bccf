"""What a withdrawal would do, found out without changing anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from datakit.errors import InputError
from datakit.lineage import read_manifest
from datakit.store import Tombstone, Version, latest, read_tombstones, read_withdrawal
from datakit.trace import Label, Labeller, Places
from datakit.trace.fates import fates, read_lines

_SHOWN: Final = 20


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done about one source."""

    source: str
    tombstone: Tombstone
    """What will keep it out; `derived` names the records that were made from it."""
    affected: tuple[Version, ...]
    """Versions that hold text of the source: their rows go."""
    unfinished: tuple[Version, ...]
    """Versions that an earlier withdrawal marked, whose files it could not delete to the end."""
    parents: tuple[Version, ...]
    """Those of them that are the latest of their name and still whole: each gets a child."""
    lost: int
    """Rows of the parents that no permitted source has."""
    shared: int
    """Rows of the parents that a permitted source has too: they stay, under that source."""
    labels: tuple[Label, ...]
    """Of every run and model."""


def plan(source: str, places: Places) -> Plan:
    """Find out what withdrawing a source means. Nothing is changed.

    Errors: `InputError` where no version knows the source, with the nearest names.
    """
    curated = places.folders.curated
    standing = read_tombstones(curated)
    known = _sources(places)
    if source not in known and source not in {stone.source for stone in standing}:
        raise InputError(_not_found(source, known, places))
    gone = {source, *(stone.source for stone in standing)}
    made = {pair for stone in standing for pair in stone.derived}
    own: set[tuple[str, str]] = set()
    lines = {version.id: (version, read_lines(version.path)) for version in _readable(places)}
    while True:  # a record made from the source in one version is known in all others
        found = {name: fates(frame, gone, made | own) for name, (_, frame) in lines.items()}
        more = {pair for fate in found.values() for pair in fate.derived} - made - own
        if not more:
            break
        own |= more
    withdrawn = {name: read_withdrawal(version.path) for name, (version, _) in lines.items()}
    affected = [lines[name][0] for name, fate in found.items() if fate.touched and withdrawn[name] is None]
    unfinished = [lines[name][0] for name, said in withdrawn.items() if said is not None and source in said.sources]
    parents = [version for version in affected if _is_latest(version, places)]
    labeller = Labeller(places, gone, made | own)
    return Plan(
        source=source,
        tombstone=Tombstone(source=source, derived=tuple(sorted(own))),
        affected=tuple(affected),
        unfinished=tuple(unfinished),
        parents=tuple(parents),
        lost=sum(len(found[version.id].lost) for version in parents),
        shared=sum(len(found[version.id].shared) for version in parents),
        labels=tuple(labeller.all()),
    )


def _readable(places: Places) -> Iterator[Version]:
    for version in places.versions.values():
        read_manifest(version.path)  # a damaged version must not be passed over in silence: it may hold the source
        if not (version.path / "lineage.parquet").is_file():
            raise InputError(
                f"{version.path / 'lineage.parquet'}: missing; without it nobody can tell what the version holds."
                " Restore it, or move the folder away, and withdraw again"
            )
        yield version


def _is_latest(version: Version, places: Places) -> bool:
    newest = latest(places.folders.curated, version.name)
    return newest is not None and newest.id == version.id


def _sources(places: Places) -> set[str]:
    return {
        source["id"]
        for version in places.versions.values()
        for source in read_manifest(version.path).identity["sources"]
    }


def _not_found(source: str, known: set[str], places: Places) -> str:
    close = get_close_matches(source, sorted(known), n=1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    listed = "\n".join(f"  {name}" for name in sorted(known)[:_SHOWN]) or "  (none)"
    return f"source {source!r}: no version under {places.folders.curated} has it{meant}. There are:\n{listed}"
