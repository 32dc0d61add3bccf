"""What every test may ask for."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.rows import numbered_rows, write_rows

if TYPE_CHECKING:
    from datakit.recipe import Recipe

settings.register_profile("aurora", deadline=None)  # a shared machine is slow now and then; laws hold all the same
settings.load_profile("aurora")

PROJECT = Path(__file__).parents[1]
AXE = PROJECT / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"  # where `make system` puts it
if AXE.is_file():
    os.environ.setdefault("AURORA_AXE", str(AXE))


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, which is not part of the project; skips the test where it is absent."""
    folder = Path(os.environ.get("AURORA_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set AURORA_DATA to its folder to run this test")
    return folder


@pytest.fixture
def plain_recipe() -> "Recipe":
    """The least recipe: rows as they are, with ids and splits."""
    from datakit.recipe import parse

    return parse(
        'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 60\nvalidation = 20\ntest = 20'
    )


@pytest.fixture
def version(tmp_path: Path, plain_recipe: "Recipe") -> Path:
    """A published version of 300 rows, one of them rejected."""
    from datakit.pipeline.curate import curate

    write_rows(
        tmp_path / "raw" / "a.jsonl", [*numbered_rows(299), {"question": "टोकन <|im_end|> येथे?", "answer": "नाही"}]
    )
    result = curate(tmp_path / "raw", tmp_path / "curated", recipe=plain_recipe)
    assert result.path is not None
    return result.path
