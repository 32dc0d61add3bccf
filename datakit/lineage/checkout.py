"""Which revision of this program is at work."""

import subprocess
from pathlib import Path


def git_commit() -> str | None:
    """Return the revision of this program's checkout, or None where it is installed from a wheel or git is missing."""
    home = Path(__file__).parents[2]
    if not (home / ".git").exists():
        return None
    try:
        asked = subprocess.run(
            ["git", "-C", str(home), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip()
