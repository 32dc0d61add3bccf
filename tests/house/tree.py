"""What the tests of the house look at: the files that belong to the project, and nothing that was built."""

import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


def project_files(pattern: str = "*") -> list[Path]:
    """Return the files that are committed or about to be; skips the test outside of a git checkout."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pattern]
    try:
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: which files belong to the project cannot be told")
    return [path for name in listed.split("\0") if name and (path := PROJECT / name).is_file()]
