"""A curated sample with its run and its model, made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from datakit.pipeline.curate import curate
from datakit.recipe import parse
from datakit.trace import Folders
from tests.rows import numbered_rows, write_rows
from tests.trace.made import make_model, make_run

RECIPE = """
name = "forts"
[[stage]]
use = "normalize"
[[stage]]
use = "chat"
[[stage]]
use = "exact_dedup"
[[stage]]
use = "split"
"""
SHARED = {"question": "पन्हाळा कोणी बांधला?", "answer": "शिलाहार राजा भोज दुसरा याने."}
SOURCES = """
[[source]]
id = "bakhar"
title = "बखर"
files = ["bakhar.jsonl"]
licence = "CC-BY-4.0"
priority = 2

[[source]]
id = "gazetteer"
title = "गॅझेटियर"
files = ["gazetteer.jsonl"]
licence = "CC0-1.0"
"""


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with raw/, curated/, runs/ and models/: two sources, one row of both, one run, one model."""
    home = tmp_path_factory.mktemp("lineage")
    nukta = {"question": "जहागीर म्हणजे काय?", "answer": "सेवेबद्दल मिळालेली \u200bजमीन"}  # normalization mends it
    write_rows(home / "raw" / "bakhar.jsonl", [SHARED, *numbered_rows(40)])
    write_rows(home / "raw" / "gazetteer.jsonl", [*numbered_rows(20, start=500), SHARED, nukta])
    (home / "raw" / "sources.toml").write_text(SOURCES, encoding="utf-8")
    result = curate(home / "raw", home / "curated", recipe=parse(RECIPE))
    assert result.path is not None
    make_model(home / "models", make_run(home / "runs", result.path))
    return home


@pytest.fixture
def home(made_once: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of that folder, which a test may change; files stay read-only as published."""
    shutil.copytree(made_once, tmp_path / "home", symlinks=True)
    yield tmp_path / "home"
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o644)


@pytest.fixture
def folders(home: Path) -> Folders:
    return Folders(curated=home / "curated", runs=home / "runs", models=home / "models")
