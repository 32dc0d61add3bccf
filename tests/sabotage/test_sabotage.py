"""The tests notice faults, and the tool that says so can be trusted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import PROJECT
from tools.sabotage.__main__ import main
from tools.sabotage.fault import Fault, SabotageError, broken, check_green, copy_project, noticed
from tools.sabotage.faults import FAULTS

SOURCE = "def double(number: int) -> int:\n    return number * 2\n"
TEST = """
from twice import double


def test_double() -> None:
    assert double(3) == 6
"""
FAULT = Fault(name="adds instead", file="twice.py", old="number * 2", new="number + 2", tests=("tests/test_twice.py",))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project of one function and one test."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "twice.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "tests" / "test_twice.py").write_text(TEST, encoding="utf-8")
    return tmp_path


def test_a_fault_that_a_test_sees_is_noticed(small: Path) -> None:
    """A fault that breaks a tested law is reported as noticed, and the source is whole again afterwards."""
    check_green(small, [FAULT])
    assert noticed(small, FAULT)
    assert (small / "twice.py").read_text(encoding="utf-8") == SOURCE


def test_a_fault_that_no_test_sees_is_told(small: Path) -> None:
    """A change that the tests pass over is reported as not noticed: the tool can say no."""
    assert not noticed(small, replace(FAULT, new="number * 2 + number // 100"))


@pytest.mark.parametrize(("old", "count"), [("number * 3", 0), ("number", 2)])
def test_a_fault_that_no_longer_applies_is_an_error(small: Path, old: str, count: int) -> None:
    """Where the line is gone, or no longer the only one, the fault is an error that says where to mend it."""
    with pytest.raises(SabotageError, match=rf"found {count} times in twice\.py.*tools/sabotage/faults\.py"):
        broken(small, replace(FAULT, old=old)).__enter__()


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"old": "def double", "new": "def triple"}, 2), ({"tests": ("tests/test_none.py",)}, 4)],
    ids=["an import breaks", "no such test"],
)
def test_a_fault_that_proves_nothing_is_an_error(small: Path, changes: dict[str, Any], code: int) -> None:
    """A fault that breaks an import, or names no test, proves nothing about any test and is refused."""
    with pytest.raises(SabotageError, match=f"pytest ended with {code}, expected 0 or 1"):
        noticed(small, replace(FAULT, **changes))


def test_red_tests_prove_nothing(small: Path) -> None:
    """Tests that fail before any fault are an error, not a success."""
    (small / "twice.py").write_text(SOURCE.replace("* 2", "* 4"), encoding="utf-8")
    with pytest.raises(SabotageError, match="not green before any fault"):
        check_green(small, [FAULT])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_still_applies(fault: Fault) -> None:
    """The line that a fault changes stands in the source exactly once, and the tests it names are there."""
    assert (PROJECT / fault.file).read_text(encoding="utf-8").count(fault.old) == 1
    assert fault.old != fault.new
    for test in fault.tests:
        assert (PROJECT / test.partition("::")[0]).exists(), test


def test_there_are_enough_faults() -> None:
    """About ten faults, no two alike, and they reach every part of the pipeline."""
    assert len(FAULTS) >= 10
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    parts = {Path(fault.file).parts[1].removesuffix(".py") for fault in FAULTS}
    assert parts >= {"stage", "stages", "lineage", "store", "readers", "devanagari", "pipeline"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project whose tests were green before any fault."""
    folder = copy_project(PROJECT, tmp_path_factory.mktemp("sabotage"))
    check_green(folder, FAULTS)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_noticed(copy: Path, fault: Fault) -> None:
    """Each fault, applied to the source, turns at least one of its tests red."""
    assert noticed(copy, fault), f"{fault.name}: the tests stay green with {fault.new!r} for {fault.old!r}"


def test_a_word_that_no_fault_holds_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that stands in no fault's name ends at once with the place of the names, and no test is run."""
    with pytest.raises(SystemExit, match="2"):
        main(["no such fault"])
    assert "no fault's name holds no such fault; the names stand in tools/sabotage/faults.py" in capsys.readouterr().err
