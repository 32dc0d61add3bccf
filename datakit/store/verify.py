"""Verification: every hash, every row id, every root and every count of a folder, recomputed from its bytes."""

from pathlib import Path

from datakit.errors import InputError, IntegrityError
from datakit.lineage import WITHDRAWN, Manifest, check_files, read_manifest
from datakit.store.verify_trained import export_problems, run_problems
from datakit.store.verify_version import shell_problems, version_problems


def verify(folder: Path) -> Manifest:
    """Check a version, a run or an export folder and return its manifest.

    Errors: `IntegrityError` that lists every file, row and count that differs; `InputError` without a manifest.
    """
    manifest = read_manifest(folder)
    if (folder / WITHDRAWN).exists():
        problems = shell_problems(folder, manifest)
    else:
        problems = check_files(folder, manifest)
        if not problems:  # rows of a damaged file say nothing more than the file's own line
            problems = _deeper(folder, manifest)
    if problems:
        raise IntegrityError(
            f"{folder}: {len(problems)} problem(s):\n" + "\n".join(f"  - {problem}" for problem in problems)
        )
    return manifest


def _deeper(folder: Path, manifest: Manifest) -> list[str]:
    kinds = {"dataset": version_problems, "run": run_problems, "gguf": export_problems}
    if manifest.kind not in kinds:
        raise InputError(f"{folder}: a manifest of the kind {manifest.kind!r}; expected one of {', '.join(kinds)}")
    return kinds[manifest.kind](folder, manifest)
