"""Rules on the files themselves: their length, their names, what must not stand in them."""

import ast
import re
import statistics
from pathlib import Path

import pytest

from tests.house.tree import PROJECT, project_files

SOURCE = ("datakit", "trainer", "export")
HAZY_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "misc", "common", "process_data"}

# A path of one person's machine, or the host of a package registry: neither means anything to the next reader.
# The patterns are put together from pieces so that this file does not hold what it forbids.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.~$*])/(?:wo" + r"rk|fa" + r"rm|ho" + r"me/\w+|Us" + r"ers/\w+|ro" + r"ot)/",
            r"pythonho" + r"sted",
            r"py" + r"pi\.o" + r"rg",
            r"registry\.np" + r"m",
            r"deb\.deb" + r"ian",
        ]
    )
)


def lengths() -> dict[Path, int]:
    return {path: len(path.read_text(encoding="utf-8").splitlines()) for path in project_files("*.py")}


def test_files_are_short() -> None:
    """A file holds one concept: the median is under 100 lines, nine of ten are under 350, none is over 500."""
    counted = sorted((count for count in lengths().values() if count), reverse=True)
    too_long = {path.relative_to(PROJECT).as_posix(): count for path, count in lengths().items() if count > 500}
    assert not too_long, f"over 500 lines, split by concept: {too_long}"
    assert statistics.median(counted) < 100
    assert statistics.quantiles(counted, n=10)[-1] < 350


def test_tests_are_at_least_as_long_as_the_source() -> None:
    """Together the tests, with a line for each case in a file of cases, are at least as long as what they test."""
    source = sum(count for path, count in lengths().items() if path.relative_to(PROJECT).parts[0] in SOURCE)
    tests = sum(count for path, count in lengths().items() if path.relative_to(PROJECT).parts[0] == "tests")
    for path in [*project_files("*.jsonl"), *project_files("*.tsv")]:
        if path.relative_to(PROJECT).parts[0] == "tests":
            tests += len(path.read_text(encoding="utf-8").splitlines())
    assert tests >= source, f"{tests:,} lines of tests for {source:,} lines of source"


def test_no_hazy_names() -> None:
    """No module is named after the fact that somebody did not know where to put it."""
    hazy = [path.relative_to(PROJECT).as_posix() for path in project_files("*.py") if path.stem in HAZY_NAMES]
    assert not hazy


def test_the_package_is_bare() -> None:
    """`datakit/__init__.py` stays empty, so that `import datakit.lineage` loads what it needs and nothing else."""
    assert (PROJECT / "datakit" / "__init__.py").read_text(encoding="utf-8").strip() == ""


@pytest.mark.parametrize("name", ["/wo" + "rk/x", "in /ho" + "me/asha/aurora", "https://py" + "pi.org/simple"])
def test_the_pattern_of_forbidden_text_finds_it(name: str) -> None:
    """The next test can fail: its pattern finds what it is for."""
    assert FORBIDDEN.search(name)


@pytest.mark.parametrize(
    "name",
    ["./wo" + "rk/", "the frame/wo" + "rk/", "raw/root/x", "curated/.work/home", "$HOME/", "~/wo" + "rk/"],
)
def test_the_pattern_of_forbidden_text_leaves_the_rest(name: str) -> None:
    """Relative paths that only look like it are fine."""
    assert not FORBIDDEN.search(name)


def test_no_file_knows_one_machine() -> None:
    """No committed text holds an absolute path of somebody's machine or the host of a registry."""
    found: list[str] = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # binary, or a sample in another encoding on purpose
        for number, line in enumerate(text.splitlines(), 1):
            if match := FORBIDDEN.search(line):
                found.append(f"{path.relative_to(PROJECT)}:{number}: {match[0]}")
    assert not found, "\n".join(found)


def test_every_test_states_its_law() -> None:
    """Every test function has a docstring: the law it checks, in one sentence."""
    silent: list[str] = []
    for path in project_files("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        silent += [
            f"{path.relative_to(PROJECT)}:{node.lineno}: {node.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
        ]
    assert not silent, "no docstring:\n" + "\n".join(silent)


def test_every_public_module_says_what_it_is() -> None:
    """Every module of the source that holds code begins with a docstring."""
    silent: list[str] = []
    for path in project_files("*.py"):
        if path.relative_to(PROJECT).parts[0] in (*SOURCE, "tools", "benchmarks"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if tree.body and not ast.get_docstring(tree):
                silent.append(path.relative_to(PROJECT).as_posix())
    assert not silent
