"""Notes that one run leaves for the next, beside its work folder."""

import os
from pathlib import Path

from datakit.lineage import sync


def write_note(path: Path, data: bytes) -> None:
    """Write a note, under `lock`; a kill at any moment leaves the note before it, the new one, or none."""
    for torn in path.parent.glob(f"{path.name}.*.new"):  # of a run killed here; nobody else writes under the lock
        torn.unlink()
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_bytes(data)
    sync(fresh)
    fresh.replace(path)
