"""What a user means by one word: a file, a folder, an id or its beginning, a source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from datakit.errors import InputError, UsageError
from datakit.lineage import MANIFEST, read_manifest
from datakit.store import find
from datakit.trace.places import Places

KINDS: Final = ("gguf", "run", "version", "row", "source")
_LEAST: Final = 4
_HEX: Final = frozenset("0123456789abcdef")
_LISTED: Final = 10


@dataclass(frozen=True, kw_only=True)
class Target:
    """One thing to trace."""

    kind: str
    """One of KINDS."""
    id: str
    """Id of a run, version or row; name of a source; path of a file."""
    path: Path | None = None


def resolve(wanted: str, places: Places) -> Target:
    """Return the one thing that a user means. `KIND:` in front, such as `source:peshwai`, leaves out the other kinds.

    Errors: `InputError` where nothing fits, `UsageError` where several things do; both say what there is.
    """
    kind, _, rest = wanted.partition(":")
    only = kind if kind in KINDS and rest else None
    name = rest if only else wanted
    found = _paths(name, surely=only == "gguf") if only in (None, "gguf", "run", "version") else []
    if not found:
        found = [one for one in _named(name, places) if only in (None, one.kind)]
    if len(found) == 1:
        return found[0]
    if not found:
        places_told = f"{places.folders.curated}, {places.folders.runs} and {places.folders.models}"
        raise InputError(
            f"{wanted!r}: nothing of this name under {places_told}; expected a .gguf file, the folder, name or id of a"
            f" run or version, the id of a row (its first {_LEAST} or more characters), or a source that"
            " `datakit show` lists"
        )
    listed = "\n".join(f"  {one.kind}:{one.id}" for one in found[:_LISTED])
    more = f"\n  and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise UsageError(f"{wanted!r}: {len(found)} things fit; give one of them:\n{listed}{more}")


def _paths(name: str, *, surely: bool) -> list[Target]:
    path = Path(name)
    try:
        path.exists()
    except OSError:  # a name that is too long for any file
        return []
    if path.is_file() and (surely or path.suffix == ".gguf"):
        return [Target(kind="gguf", id=name, path=path)]
    if (path / MANIFEST).is_file():
        manifest = read_manifest(path)
        kind = {"dataset": "version", "run": "run", "gguf": "gguf"}.get(manifest.kind)
        if kind == "gguf":
            files = sorted(path.glob("*.gguf"))
            return [Target(kind="gguf", id=str(file), path=file) for file in files]
        if kind:
            return [Target(kind=kind, id=manifest.id, path=path.resolve())]
    return []


def _named(name: str, places: Places) -> list[Target]:
    found = [Target(kind="run", id=run.id, path=run.path) for run in places.runs.values() if _fits(name, run.id)]
    found += [
        Target(kind="gguf", id=str(model.path), path=model.path)
        for model in places.models
        if name in (model.path.name, model.path.stem, model.path.parent.name)
    ]
    try:
        version = find(places.folders.curated, name)
        found.append(Target(kind="version", id=version.id, path=version.path))
    except InputError:
        pass
    except UsageError:
        found += [
            Target(kind="version", id=one.id, path=one.path)
            for one in places.versions.values()
            if _fits(name, one.id) or name == "latest"
        ]
    manifests = (read_manifest(one.path) for one in places.versions.values())
    if any(source["id"] == name for manifest in manifests for source in manifest.identity["sources"]):
        found.append(Target(kind="source", id=name))
    if not found and _LEAST <= len(name) <= 64 and _HEX.issuperset(name):
        found = [Target(kind="row", id=row) for row in _rows(name, places)]
    return found


def _fits(name: str, full: str) -> bool:
    return len(name) >= _LEAST and full.startswith(name)


def _rows(name: str, places: Places) -> list[str]:
    ids: set[str] = set()
    for version in places.versions.values():
        column = pl.scan_parquet(version.path / "lineage.parquet").select("row_id")
        hits = column.filter(pl.col("row_id").str.starts_with(name)).unique().collect()
        ids |= set(hits["row_id"])
    return sorted(ids)
