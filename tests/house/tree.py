"""What the tests of the house look at: the files that belong to the project, and nothing that was built."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
BUILT = ("__pycache__", "build", "dist", "curated", "runs")


def project_files(pattern: str = "*") -> list[Path]:
    """Return the files that git has or would take; without git, those that do not look like built ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", f":(glob)**/{pattern}"]
    try:
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError):
        return sorted(path for path in PROJECT.rglob(pattern) if path.is_file() and not _is_built(path))
    return sorted(path for name in listed.split("\0") if name and (path := PROJECT / name).is_file())


def _is_built(path: Path) -> bool:
    parts = path.relative_to(PROJECT).parts[:-1]
    return any(part in BUILT or part.endswith(".egg-info") or (part[0] == "." and part != ".ci") for part in parts)
