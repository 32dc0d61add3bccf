"""One fault, and what the tests said to it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COPIED = ("datakit", "trainer", "export", "tests", "tools", "benchmarks", "raw", "pyproject.toml")
LIMIT_S = 300  # a fault may make the source loop for ever: a run that does not end counts as noticed by nobody


class SabotageError(Exception):
    """A fault that cannot be tried: the line moved on, or its tests say nothing about it."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One change of the source that must turn `tests` red."""

    name: str
    file: str
    """Path in the project."""
    old: str
    """Text that stands in the file exactly once."""
    new: str
    tests: tuple[str, ...]
    """What to hand to pytest: the quick tests whose law the fault breaks."""


def copy_project(project: Path, folder: Path) -> Path:
    """Copy what the tests need into a folder and return it; no caches, so that no compiled file hides a fault."""
    for name in COPIED:
        source = project / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


@contextmanager
def broken(copy: Path, fault: Fault) -> Iterator[None]:
    """Apply a fault to a copy of the project, and take it back.

    Errors: `SabotageError` where the text to change is not there exactly once: the source moved on, so must the fault.
    """
    path = copy / fault.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    count = text.count(fault.old)
    if count != 1:
        raise SabotageError(
            f"{fault.name}: found {count} times in {fault.file}, expected once: {fault.old!r};"
            " bring the fault up to date in tools/sabotage/faults.py"
        )
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def run_tests(copy: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pytest on a copy, with the copy's packages before any installed ones; stop at the first failure."""
    settings = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # a second less for each fault; no test needs a plugin
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(
            command, cwd=copy, env=settings, capture_output=True, encoding="utf-8", timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SabotageError(f"{' '.join(tests)}: no end after {LIMIT_S} s") from error


def noticed(copy: Path, fault: Fault) -> bool:
    """Return whether the fault's tests turn red.

    Errors: `SabotageError` where they cannot say: none were collected, or the fault broke an import.
    """
    with broken(copy, fault):
        done = run_tests(copy, fault.tests)
    if done.returncode not in (0, 1):
        raise SabotageError(
            f"{fault.name}: pytest ended with {done.returncode}, expected 0 or 1:\n{done.stdout[-2000:]}"
        )
    return done.returncode == 1


def check_green(copy: Path, faults: Sequence[Fault]) -> None:
    """Run all the tests that the faults name on the whole source: a red test proves nothing if it was red before.

    Errors: `SabotageError` where they do not all pass.
    """
    tests = sorted({test for fault in faults for test in fault.tests})
    done = run_tests(copy, tests)
    if done.returncode != 0:
        raise SabotageError(f"the tests are not green before any fault:\n{done.stdout[-4000:]}{done.stderr[-1000:]}")
