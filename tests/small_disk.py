"""A file system too small for what is asked of it: a real tmpfs in a mount namespace, where the system allows one."""

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest


@cache
def _allowed() -> bool:
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def on_small_disk(
    place: Path, script: str, *arguments: str, size: str = "64m", files: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run a shell script with a tmpfs of `size` bytes and at most `files` names, 0 for any, at `place`.

    `arguments` are `$1`, `$2`, … of the script; what it leaves on the tmpfs is gone with it. Skips where no namespace
    may be made.
    """
    if not _allowed():
        pytest.skip("needs a mount namespace of its own (unshare -rm), which this system does not allow")
    names = f",nr_inodes={files}" if files else ""
    mount = f'mount -t tmpfs -o size={size}{names} tmpfs "$0" || exit 99\n'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount + script, str(place), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def left(done: "subprocess.CompletedProcess[str]") -> Sequence[str]:
    """Return the lines after `left:` that a script printed with `find`: what lay on the disk at its end."""
    return sorted(done.stdout.partition("left:\n")[2].split())
