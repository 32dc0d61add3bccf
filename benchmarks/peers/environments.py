"""An environment of its own for every peer, below `.venv-peers/`, with exactly the versions of `pins/<name>.txt`."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PINS: Final = Path(__file__).parent / "pins"
_ASK: Final = "import sys; print(*sys.version_info[:2])"
_LIST: Final = (
    "import json, importlib.metadata as m, platform;"
    "found = {d.metadata['Name']: d.version for d in m.distributions()};"
    "print(json.dumps({'python': platform.python_version()} | found))"
)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where a peer runs, or why it does not."""

    name: str
    python: Path | None
    versions: dict[str, str]
    problem: str | None = None
    """The last line of the installer, where it failed."""


def ensure(name: str, folder: Path, *, say: bool = True) -> Environment:
    """Return a peer's environment, made and filled where it is not there with these very pins.

    The first line of the pins may say `# python >= 3.12`. Errors: none for a peer that does not install: its `problem`
    says why, and the comparison goes on without it.
    """
    pins = PINS / f"{name}.txt"
    text = pins.read_text(encoding="utf-8")
    home, stamp = folder / name, folder / f"{name}.stamp"
    python = home / "bin" / "python"
    digest = hashlib.sha256(text.encode()).hexdigest()
    if not (python.exists() and stamp.exists() and stamp.read_text() == digest):
        base = interpreter(least_python(text))
        if base is None:
            return Environment(name=name, python=None, versions={}, problem=f"no {text.splitlines()[0][2:]} found")
        if say:
            print(f"installing {name} into {home.parent.name}/{name}", file=sys.stderr, flush=True)
        shutil.rmtree(home, ignore_errors=True)
        problem = _run([base, "-m", "venv", str(home)])
        problem = problem or _run([str(python), "-m", "pip", "install", "--no-deps", "-r", str(pins)])
        if problem is not None:
            return Environment(name=name, python=None, versions={}, problem=problem)
        stamp.write_text(digest)
    listed = subprocess.run([python, "-c", _LIST], capture_output=True, text=True, check=True).stdout
    return Environment(name=name, python=python, versions=named_in(text, json.loads(listed)))


def own(packages: tuple[str, ...]) -> Environment:
    """Return the project's own environment, the one that runs this."""
    listed = subprocess.run([sys.executable, "-c", _LIST], capture_output=True, text=True, check=True).stdout
    versions = json.loads(listed)
    return Environment(
        name="ours",
        python=Path(sys.executable),
        versions={"python": versions["python"], **{name: versions[name] for name in packages}},
    )


def least_python(pins: str) -> tuple[int, int]:
    """Return the oldest Python that the first line of the pins asks for."""
    match = re.match(r"# python >= (\d+)\.(\d+)", pins)
    return (int(match[1]), int(match[2])) if match else (3, 11)


def named_in(pins: str, installed: dict[str, str]) -> dict[str, str]:
    """Return, of what is installed, Python and the packages above the line `# needed by these` of the pins."""
    heads = pins.split("# needed by these")[0]
    names = {_plain(name) for name in re.findall(r"^([\w.-]+)==", heads, re.MULTILINE)}
    return {name: version for name, version in installed.items() if name == "python" or _plain(name) in names}


def interpreter(least: tuple[int, int]) -> str | None:
    """Return a Python of at least that version: the one that runs this, or another of PATH or pyenv, or None."""
    for candidate in _candidates():
        try:
            found = subprocess.run([candidate, "-c", _ASK], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if found.returncode == 0 and tuple(map(int, found.stdout.split())) >= least:
            return candidate
    return None


def _candidates() -> Iterator[str]:
    yield getattr(sys, "_base_executable", None) or sys.executable
    for minor in (12, 13, 14):
        yield f"python3.{minor}"
    for folder in sorted((Path.home() / ".pyenv" / "versions").glob("3.1[2-9]*")):
        yield str(folder / "bin" / "python")


def _run(command: list[str]) -> str | None:
    """Run and return None, or the last line that says what went wrong."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in said if "error" in line.lower()]
    return without_paths((errors or said or ["no message"])[-1])


def without_paths(line: str) -> str:
    """Return a message without addresses and without folders of one machine."""
    line = re.sub(r"\w+://\S+", "(address)", line)
    return re.sub(r"(?<![\w.])/(?:[^\s/'\"]+/)+", "", line)[:200]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
