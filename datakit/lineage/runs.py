"""Run folders: what one is, and how a user may name it."""

from pathlib import Path
from typing import Final

from datakit.errors import InputError, UsageError
from datakit.lineage.manifest import MANIFEST

BEGUN: Final = "begun.json"
"""What a run began with; it lies in the folder until the manifest takes its place."""


def is_run(path: Path) -> bool:
    """Tell whether a folder holds a run, finished or not."""
    return (path / BEGUN).is_file() or ((path / MANIFEST).is_file() and (path / "adapter").is_dir())


def list_runs(runs: Path) -> list[Path]:
    """Return every run folder, finished or not, the oldest first."""
    return sorted((path for path in runs.glob("*") if is_run(path)), key=lambda path: path.stat().st_mtime)


def find_run(wanted: str, *, runs: Path) -> Path:
    """Return the one run folder, finished or not, that a user means: a path, `latest`, or the beginning of its id.

    Errors: `InputError` where nothing fits, `UsageError` where several do; both list what there is.
    """
    folder = Path(wanted)
    if is_run(folder):
        return folder
    known = list_runs(runs)
    fitting = known[-1:] if wanted == "latest" else [path for path in known if path.name.startswith(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    listed = "\n".join(f"  {path.name}" for path in (fitting or known)[:20]) or "  (none)"
    if fitting:
        raise UsageError(f"run {wanted!r} under {runs}: {len(fitting)} fit; name more of the id:\n{listed}")
    raise InputError(
        f"run {wanted!r}: not found under {runs}; expected a path, latest, or the beginning of an id."
        f" There are:\n{listed}"
    )
