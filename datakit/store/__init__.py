"""The store: immutable version folders under `curated/<name>/<version id>/`, published whole or not at all."""

from datakit.store.diff import Diff, diff
from datakit.store.folders import Version, clear, find, latest, versions, work_folder
from datakit.store.gc import Garbage, Sweep, collect, refuse_unknown_runs
from datakit.store.publish import build_folder, lock, names_at_work, publish, sweep
from datakit.store.strip import Withdrawal, latest_with_rows, read_withdrawal, require_rows, strip
from datakit.store.tags import tag, tags, untag
from datakit.store.tombstones import TOMBSTONES, Tombstone, add_tombstone, read_tombstones
from datakit.store.verify import verify

__all__ = [
    "TOMBSTONES",
    "Diff",
    "Garbage",
    "Sweep",
    "Tombstone",
    "Version",
    "Withdrawal",
    "add_tombstone",
    "build_folder",
    "clear",
    "collect",
    "diff",
    "find",
    "latest",
    "latest_with_rows",
    "lock",
    "names_at_work",
    "publish",
    "read_tombstones",
    "read_withdrawal",
    "refuse_unknown_runs",
    "require_rows",
    "strip",
    "sweep",
    "tag",
    "tags",
    "untag",
    "verify",
    "versions",
    "work_folder",
]
