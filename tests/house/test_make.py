"""The Makefile, the script that finds a Python, and CI's script."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")


def run(command: list[str], folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON", "ARGS"))}
    return subprocess.run(
        command, cwd=folder, env={**clean, **settings}, capture_output=True, encoding="utf-8", check=False
    )


def fake_python(folder: Path, name: str, answer: str) -> Path:
    """Write a Python of the test's own: a shell script that answers as an old or an incomplete one would."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_every_target_is_listed() -> None:
    """`make help` knows every target, and `.PHONY` names each: none of them is a file."""
    documented = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert documented == TARGETS == set(phony[1].split())


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/README.md", "curated/README.md"])
def test_targets_named_in_a_page_exist(page: str) -> None:
    """A page never names a `make` target that is not there."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    named = {
        word
        for line in re.findall(r"`make ([a-z -]+)`|^make ([a-z-]+)", text, re.MULTILINE)
        for word in " ".join(line).split()
    }
    assert named <= TARGETS, named - TARGETS


@needs_make
def test_curate_is_what_the_readme_says(tmp_path: Path) -> None:
    """In a fresh clone `make curate` makes .venv, installs the base only, and runs `datakit curate raw/ curated/`."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    plan = run(["make", "--dry-run", "curate", "ARGS=--workers 2"], tmp_path).stdout
    steps = ["tools/make_venv.sh .venv", "--editable .\n", "datakit curate raw/ curated/ --workers 2"]
    places = [plan.index(step) for step in steps]
    assert places == sorted(places)
    assert ".[dev]" not in plan


@needs_make
def test_nothing_is_installed_twice(tmp_path: Path) -> None:
    """With a .venv younger than pyproject.toml `make curate` goes straight to the work; an edit installs again."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("bin/pip", "base.stamp", "dev.stamp"):
        (tmp_path / ".venv" / name).touch()
    assert run(["make", "--dry-run", "curate", "test"], tmp_path).stdout.splitlines() == [
        ".venv/bin/datakit curate raw/ curated/ ",
        ".venv/bin/pytest ",
    ]
    later = (tmp_path / ".venv" / "base.stamp").stat().st_mtime + 5
    os.utime(tmp_path / "pyproject.toml", (later, later))
    assert "pip install" in run(["make", "--dry-run", "curate"], tmp_path).stdout


def test_an_old_python_is_refused_with_the_next_step(tmp_path: Path) -> None:
    """Where every Python is too old the script says which it found and what to install."""
    old = fake_python(tmp_path, "python3", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1')
    result = run(
        ["/bin/sh", str(PROJECT / "tools/make_venv.sh"), "venv"], tmp_path, PATH=str(tmp_path), PYTHON=str(old)
    )
    assert result.returncode == 1
    assert "found no Python 3.11 or newer" in result.stderr
    assert "python3 says: Python 3.9.2" in result.stderr
    assert "apt-get install python3 python3-venv" in result.stderr


def test_a_python_without_venv_is_named(tmp_path: Path) -> None:
    """Debian's Python without python3-venv is told from a missing Python, and the package to install is named."""
    bare = 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac\nexit 0'
    fake_python(tmp_path, "python3", bare)
    result = run(["/bin/sh", str(PROJECT / "tools/make_venv.sh"), "venv"], tmp_path, PATH=str(tmp_path))
    assert result.returncode == 1
    assert "its modules venv and ensurepip are not" in result.stderr
    assert "python3-venv   (or python3.12-venv)" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_a_command_that_refuses_to_start_is_passed_over(tmp_path: Path) -> None:
    """A version manager's `python3` that exits with an error does not stop the search: the next one is taken."""
    fake_python(tmp_path, "python3", "exit 127")
    fake_python(tmp_path, "python3.12", '[ "$1 $2" = "-m venv" ] && : > "$4.made"\nexit 0')
    result = run(["/bin/sh", str(PROJECT / "tools/make_venv.sh"), "venv"], tmp_path, PATH=str(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "venv.made").exists()


def test_ci_runs_every_check_and_the_tests_last() -> None:
    """CI's script is executable, parses, stops for no failed check before the tests, and ends with them."""
    script = PROJECT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    checks = re.findall(r'^check "(\w+)"', text, re.MULTILINE)
    assert checks == ["lint", "format", "types", "imports", "docs", "floors", "sample"]
    assert text.index("make --no-print-directory test") > text.index('check "sample"')


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed here")
@pytest.mark.parametrize(
    ("failing", "code"), [([], 0), (["ruff"], 1), (["lint-imports"], 1), (["pytest"], 1), (["mypy", "pytest"], 1)]
)
def test_ci_tells_every_failure(tmp_path: Path, failing: list[str], code: int) -> None:
    """One failed check, or a failed test, makes CI fail, after all of the others have run, and it is named."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci" / "run", tmp_path / ".ci")
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("ruff", "mypy", "lint-imports", "python"):
        fake_python(tools, name, f"echo ran-{name}; exit {int(name in failing)}")
    path = tmp_path / "bin"
    path.mkdir()
    fake_python(path, "make", f'[ "$2" = test ] || exit 0; echo "== 7 passed =="; exit {int("pytest" in failing)}')
    result = run(["bash", ".ci/run"], tmp_path, PATH=f"{path}{os.pathsep}{os.environ['PATH']}")
    assert result.returncode == code
    assert [name for name in ("ruff", "mypy", "lint-imports", "python") if f"ran-{name}" not in result.stdout] == []
    assert result.stdout.splitlines()[-1] == "== 7 passed =="
    named = {"ruff": "lint format", "lint-imports": "imports", "mypy": "types"}
    for name in failing:
        assert name == "pytest" or f"FAILED before the tests: {named[name]}" in result.stdout
