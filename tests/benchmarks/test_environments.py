"""Environments of the peers: exact pins, and a failure that is told and does not stop the comparison."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks.peers.environments as environments
from benchmarks.peers.contests import CONTESTS, OURS
from benchmarks.peers.environments import PINS, ensure, interpreter, least_python, named_in, own, without_paths


def without_pip(command: list[str]) -> None:
    """Make an environment without an installer of its own, which takes seconds: it borrows that of the Python below."""
    if command[1:3] == ["-m", "venv"]:
        subprocess.run([*command, "--without-pip", "--system-site-packages"], check=True)
        command[:] = [sys.executable, "-c", ""]


def test_every_environment_has_pins_and_every_pin_is_exact() -> None:
    """Each peer's environment has its file, and each line of it names one version of one package."""
    needed = {one.environment for contest in CONTESTS for one in contest.contestants} - {OURS}
    found = {path.stem for path in PINS.glob("*.txt")}
    assert needed <= found
    assert found - needed == {"py-spy"}
    for path in PINS.glob("*.txt"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert lines
        for line in lines:
            assert re.fullmatch(r"[\w.-]+==[\w.+!]+", line), f"{path.name}: {line}"


def test_what_does_not_install_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installer's last line of error is kept, and there is no environment to run in."""
    install = environments._run
    monkeypatch.setattr(environments, "PINS", tmp_path)

    def run(command: list[str]) -> str | None:
        without_pip(command)
        return install(command)

    monkeypatch.setattr(environments, "_run", run)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    (tmp_path / "absent.txt").write_text("a-package-that-is-nowhere==9.9\n")
    found = ensure("absent", tmp_path / "envs", say=False)
    assert found.python is None
    assert found.problem is not None
    assert "No matching distribution found for a-package-that-is-nowhere==9.9" in found.problem
    assert str(tmp_path) not in found.problem


def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pins are not installed twice; other pins are."""
    monkeypatch.setattr(environments, "PINS", tmp_path)
    monkeypatch.setattr(environments, "_run", without_pip)
    pins = tmp_path / "empty.txt"
    pins.write_text("# needed by these\n")
    first = ensure("empty", tmp_path / "envs", say=False)
    assert first.problem is None
    assert first.python is not None
    assert first.versions == {"python": ".".join(map(str, sys.version_info[:3]))}
    mark = first.python.parent / "mark"
    mark.touch()
    ensure("empty", tmp_path / "envs", say=False)
    assert mark.exists()
    pins.write_text("# needed by these\n\n")
    ensure("empty", tmp_path / "envs", say=False)
    assert not mark.exists()


def test_a_python_that_is_too_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no interpreter is new enough, the problem says which one is missing."""
    monkeypatch.setattr(environments, "PINS", tmp_path)
    monkeypatch.setattr(environments, "interpreter", lambda _least: None)
    (tmp_path / "new.txt").write_text("# python >= 3.99\nx==1\n")
    assert ensure("new", tmp_path / "envs", say=False).problem == "no python >= 3.99 found"


def test_interpreters_are_asked_for_their_version() -> None:
    """This Python is new enough for itself; none is from the future."""
    assert interpreter(sys.version_info[:2]) is not None
    assert interpreter((3, 99)) is None
    assert least_python("# python >= 3.12\nx==1\n") == (3, 12)
    assert least_python("x==1\n") == (3, 11)


def test_only_the_packages_that_matter_are_told() -> None:
    """Those above the line `# needed by these`, however their names are written, and Python."""
    pins = "Text_Dedup==0.4.1\n\n# needed by these\nnumpy==2\n"
    assert named_in(pins, {"python": "3.12.1", "text-dedup": "0.4.1", "numpy": "2"}) == {
        "python": "3.12.1",
        "text-dedup": "0.4.1",
    }
    assert set(own(("polars",)).versions) == {"python", "polars"}


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("ERROR: x in /tmp/folder/of mine/a.txt", "ERROR: x in of mine/a.txt"),
        ("fetching https://index.example/simple/x failed", "fetching (address) failed"),
        ("File '/opt/one/two.py', line 3", "File 'two.py', line 3"),
        ("ratio 3/4 of a/b", "ratio 3/4 of a/b"),
    ],
)
def test_messages_lose_addresses_and_folders(line: str, plain: str) -> None:
    """What is written into results names no folder and no host of one machine."""
    assert without_paths(line) == plain
