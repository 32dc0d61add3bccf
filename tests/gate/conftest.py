"""A release to check: the sample, curated once, and copies of it with something wrong."""

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from datakit.gate import Outcome, check_release
from datakit.lineage import Manifest, read_manifest
from datakit.pipeline.curate import curate
from datakit.recipe import GateOptions, load

Change = Callable[[pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="session", autouse=True)
def great_expectations() -> None:
    """Load it once with its own deprecation warnings let pass: they are about modules that it imports."""
    pytest.importorskip("great_expectations", reason="the extra `gate` is not installed")
    from datakit.gate.engine import known_types

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known_types()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The folder of the sample's version, made without a gate."""
    result = curate(project / "raw", tmp_path_factory.mktemp("curated"), recipe=load("marathi-history"), workers=1)
    assert result.path is not None
    return result.path


class Changed:
    """Copies of a version whose splits were changed after it was made."""

    def __init__(self, version: Path, folder: Path) -> None:
        self.version = version
        self.folder = folder / "changed"
        shutil.copytree(version, self.folder)
        for file in self.folder.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o644)
        self.manifest: Manifest = read_manifest(version)

    def write(self, change: Change, split: str = "train") -> "Changed":
        """Rewrite a split."""
        path = self.folder / f"{split}.parquet"
        change(pl.read_parquet(path)).write_parquet(path)
        return self

    def check(self, options: GateOptions | None = None, previous: Path | None = None) -> Outcome:
        """Run the gate over the changed copy with the manifest of the original."""
        return check_release(self.folder, self.manifest, options=options, previous=previous)

    def failing(self, options: GateOptions | None = None, previous: Path | None = None) -> set[str]:
        """The ids of the critical expectations that are not met."""
        return {one.id for one in self.check(options, previous).failures}


@pytest.fixture
def changed(sample: Path, tmp_path: Path) -> Changed:
    """A copy of the sample's version, to change."""
    return Changed(sample, tmp_path)
