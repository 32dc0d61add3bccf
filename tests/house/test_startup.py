"""What is loaded when, asked of a fresh interpreter."""

import subprocess
import sys

import pytest

from tests.house.tree import PROJECT

HEAVY = {"polars", "numpy", "torch", "transformers", "great_expectations", "datasets", "pandas", "pyarrow", "lxml"}


PROBE = """
import sys
try:
    {code}
except SystemExit as stop:
    assert not stop.code, stop.code
sys.stderr.write(chr(10).join(sys.modules))
"""


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that are there after the code has run."""
    script = PROBE.format(code=code)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_the_probe_sees_what_is_loaded() -> None:
    """The tests below can fail: the probe reports a heavy package that was imported."""
    assert "polars" in loaded_by("import datakit.record")


def test_the_door_needs_the_standard_library_only() -> None:
    """`import datakit.lineage` loads nothing but the standard library and datakit itself."""
    strange = loaded_by("import datakit.lineage") - set(sys.stdlib_module_names) - {"datakit", "__main__"}
    # what a virtual environment's own start-up files (`*.pth`) bring in is no doing of ours
    assert strange - loaded_by("pass") == set()


@pytest.mark.parametrize("package", ["datakit", "trainer", "export"])
def test_help_loads_nothing_heavy(package: str) -> None:
    """`--help` of each command answers without loading a data frame library, a model library or a table reader."""
    code = f"import {package}.cli; sys.argv = ['x', '--help']; {package}.cli.main()"
    assert loaded_by(code) & HEAVY == set()


@pytest.mark.parametrize("module", ["trainer.cli", "export.cli"])
def test_the_siblings_do_not_load_each_other(module: str) -> None:
    """The trainer never loads the exporter nor the other way round, not even by a detour."""
    other = {"trainer.cli": "export", "export.cli": "trainer"}[module]
    assert other not in loaded_by(f"import {module}")
