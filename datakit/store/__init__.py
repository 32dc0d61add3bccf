"""The store: immutable version folders under `curated/<name>/<version id>/`, published whole or not at all."""

from datakit.store.diff import Diff, diff
from datakit.store.folders import Version, clear, find, latest, versions, work_folder
from datakit.store.publish import build_folder, lock, publish, sweep
from datakit.store.tombstones import Tombstone, add_tombstone, read_tombstones
from datakit.store.verify import verify

__all__ = [
    "Diff",
    "Tombstone",
    "Version",
    "add_tombstone",
    "build_folder",
    "clear",
    "diff",
    "find",
    "latest",
    "lock",
    "publish",
    "read_tombstones",
    "sweep",
    "verify",
    "versions",
    "work_folder",
]
