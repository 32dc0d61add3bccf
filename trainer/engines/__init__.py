"""Engines by name; each module offers `open_engine` and `estimate`, and is imported only when it is used."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

ENGINES: Final[Mapping[str, str]] = {
    "fused": "trainer.fused",
    "unsloth": "trainer.engines.unsloth",
    "hf": "trainer.engines.hf",
    "fake": "trainer.engines.fake",
}
"""Name to module."""


def engine_module(name: str) -> Any:
    """Return the module of an engine; `name` is one of ENGINES."""
    return import_module(ENGINES[name])
