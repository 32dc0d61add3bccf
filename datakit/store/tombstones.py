"""Tombstones: which sources may not come back. One file of lines beside the versions, written anew as a whole.

A tombstone stands for all names below `curated/`: who takes a source back takes it back from every dataset.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from datakit.errors import IntegrityError
from datakit.lineage import canonical_json, content_root, sha256_text
from datakit.store.folders import WORK
from datakit.store.publish import lock

TOMBSTONES: Final = "tombstones.jsonl"
_LOCK: Final = "+tombstones"  # no dataset can have this name


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """One source that was withdrawn."""

    source: str
    derived: tuple[tuple[str, str], ...] = ()
    """`(source id, raw_sha256)` of each record of another source that was made from this one."""
    note: str = ""
    """Why, in the words of whoever withdrew it."""
    at: str = ""
    """Date and time in UTC, ISO 8601."""

    def identity(self) -> dict[str, Any]:
        """Return the entry in a version's `identity.tombstones`: what it keeps out, not why or when."""
        pairs = (canonical_json(list(pair)).decode() for pair in self.derived)
        return {"source": self.source, "derived": content_root(map(sha256_text, pairs))}


def read_tombstones(curated: Path) -> tuple[Tombstone, ...]:
    """Return the tombstones of a folder of versions, by source; none where no source was withdrawn.

    Errors: `IntegrityError` with the line that is no tombstone: guessing would let a withdrawn source in again.
    """
    path = curated / TOMBSTONES
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    found: dict[str, Tombstone] = {}
    for number, line in enumerate(lines, start=1):
        try:
            stone = _parse(line)
        except (ValueError, TypeError, KeyError) as error:
            raise IntegrityError(
                f"{path}: line {number}: not a tombstone ({error}); expected an object with source and derived."
                " Mend or restore the line: without it a withdrawn source would come back"
            ) from error
        found[stone.source] = stone
    return tuple(found[source] for source in sorted(found))


def _parse(line: bytes) -> Tombstone:
    body = json.loads(line)
    if not isinstance(body, dict):
        raise TypeError(f"found {type(body).__name__}")
    pairs = tuple((str(source), str(digest)) for source, digest in body.get("derived", ()))
    if not isinstance(body["source"], str):
        raise TypeError(f"source is {body['source']!r}, expected text")
    return Tombstone(source=body["source"], derived=pairs, note=body.get("note", ""), at=body.get("at", ""))


def add_tombstone(curated: Path, stone: Tombstone) -> Tombstone:
    """Put a tombstone beside the versions, on disk when this returns; one that is there already grows.

    Returns the tombstone that stands now. Errors: as `lock` and `read_tombstones`.
    """
    with lock(curated, _LOCK):
        stones = {one.source: one for one in read_tombstones(curated)}
        before = stones.get(stone.source)
        if before is not None:
            derived = tuple(sorted({*before.derived, *stone.derived}))
            stone = Tombstone(
                source=stone.source, derived=derived, note=stone.note or before.note, at=before.at or stone.at
            )
        if stone != before:
            _write(curated, [*(one for one in stones.values() if one.source != stone.source), stone])
    return stone


def _write(curated: Path, stones: Sequence[Tombstone]) -> None:
    fresh = curated / WORK / f"{TOMBSTONES}-{os.getpid()}.new"
    with fresh.open("w", encoding="utf-8") as stream:
        for stone in sorted(stones, key=lambda one: one.source):
            stream.write(json.dumps(asdict(stone), ensure_ascii=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(curated / TOMBSTONES)
    folder = os.open(curated, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
