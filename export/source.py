"""A model that is about to be written: a base, and where there is one the adapter merged into it on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened model; nothing of its weights is in memory."""

    base: Path
    """A folder with config.json and safetensors, or a .gguf file."""
    adapter: Path | None
    """A PEFT folder (adapter_config.json, adapter_model.safetensors), or None for the base alone."""
    architecture: str
    """The architecture's name in a GGUF, such as `llama` or `gemma3`."""
    form: str
    """`safetensors` or `gguf`: what the base is."""
    keys: Mapping[str, Any]
    """The GGUF keys that the base decides: hyperparameters, tokenizer and chat template."""


def open_source(base: Path, *, adapter: Path | None = None) -> Source:
    """Open a base (and an adapter) for writing. Errors: `InputError` for what is missing, torn or unknown."""
    raise NotImplementedError
