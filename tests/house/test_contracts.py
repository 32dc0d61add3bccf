"""The import contracts: they hold, and each of them would notice."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import PROJECT

CONTRACTS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

# file, line added to it, the contract that forbids it
FORBIDDEN = [
    ("datakit/record.py", "import datakit.pipeline", "datakit imports point one way"),
    ("datakit/stages/chat.py", "import datakit.recipe", "datakit imports point one way"),
    ("datakit/stages/split.py", "import datakit.readers", "datakit imports point one way"),
    ("datakit/store/folders.py", "import datakit.stages.split", "datakit imports point one way"),
    ("datakit/decisions/log.py", "import datakit.store", "datakit imports point one way"),
    ("datakit/errors.py", "import datakit.lineage", "datakit imports point one way"),
    ("trainer/cli.py", "import export.cli", "trainer and export are siblings that know only the one door"),
    ("export/cli.py", "import trainer.cli", "trainer and export are siblings that know only the one door"),
    ("trainer/cli.py", "import datakit.store", "trainer and export enter datakit through datakit.lineage only"),
    ("export/cli.py", "import datakit.record", "trainer and export enter datakit through datakit.lineage only"),
    ("datakit/pipeline/rows.py", "import trainer.cli", "datakit knows neither trainer nor export"),
    ("datakit/lineage/identity.py", "import polars", "the door uses the standard library only"),
    ("datakit/lineage/manifest.py", "import orjson", "the door uses the standard library only"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # as a module from this folder: its copy of the packages comes first, whatever is installed
    script = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as run; run()"
    command = [sys.executable, "-c", script, "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts in a folder of their own."""
    for name in ("datakit", "trainer", "export"):
        shutil.copytree(
            PROJECT / name, tmp_path / name, ignore=lambda _, names: [n for n in names if n == "__pycache__"]
        )
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_hold(copy: Path) -> None:
    """The source keeps every import contract of pyproject.toml, and none of them was dropped."""
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in result.stdout
    assert {contract for _, _, contract in FORBIDDEN} == {contract["name"] for contract in CONTRACTS}


@pytest.mark.parametrize(("file", "line", "contract"), FORBIDDEN, ids=lambda value: str(value).replace("import ", ""))
def test_a_forbidden_import_breaks_its_contract(copy: Path, file: str, line: str, contract: str) -> None:
    """Each contract has teeth: one forbidden import, and the contract that forbids it is the one reported."""
    path = copy / file
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract} BROKEN" in result.stdout


def test_every_layer_exists(copy: Path) -> None:
    """A layer that was renamed away would make its rule empty: every layer of the contract is a module."""
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    names = [name.strip() for layer in layers for name in re.split("[:|]", layer)]
    paths = [copy / name.replace(".", "/") for name in names]
    missing = [str(path) for path in paths if not path.is_dir() and not path.with_suffix(".py").is_file()]
    assert not missing
    # and no package of datakit stands outside of the layers
    packages = {f"datakit.{path.stem}" for path in (copy / "datakit").iterdir() if path.suffix in ("", ".py")}
    assert packages - set(names) == {"datakit.__init__", "datakit.__main__"}
