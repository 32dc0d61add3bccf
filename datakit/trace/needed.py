"""Which versions runs and models need: `datakit gc` leaves them alone."""

import re
from typing import Final

from datakit.errors import IntegrityError
from datakit.lineage import MANIFEST
from datakit.trace.places import Places

_ID: Final = re.compile(rb"[0-9a-f]{64}")
_NOTE_BYTES: Final = 1 << 20
_NOTES: Final = (".json", ".toml")


def needed_versions(places: Places) -> set[str]:
    """Return the ids of all versions that a run or a model names.

    A run that is still in training has no manifest: every id in its JSON and TOML notes counts. Errors:
    `IntegrityError` where a run or model cannot be read, since what it needs is then not known.
    """
    found = {run.version_id for run in places.runs.values()} | {model.version_id for model in places.models}
    needed = {name for name in found if name}
    if places.problems:
        listed = "\n".join(f"  - {problem}" for problem in places.problems)
        raise IntegrityError(
            f"what these need is not known, so nothing can be taken away; mend them or move them away:\n{listed}"
        )
    runs = places.folders.runs
    for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
        if folder.is_dir() and not (folder / MANIFEST).exists():
            for note in folder.rglob("*"):
                if note.suffix in _NOTES and note.is_file() and note.stat().st_size <= _NOTE_BYTES:
                    needed |= {name.decode("ascii") for name in _ID.findall(note.read_bytes())}
    return needed
