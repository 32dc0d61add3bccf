"""Write one GGUF: tensor by tensor, in chunks of rows, under a temporary name until it is whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from export.source import Source


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written."""

    path: Path
    type: str
    """`f16`, `q4_k_m`, ...: as asked for."""
    bytes: int
    sha256: str
    tensors: int
    types: Mapping[str, int]
    """How many tensors have which GGML type: `{"F32": 61, "Q4_K": 100, ...}`."""
    seconds: float
    engine: str
    """What did the quantizing: `numpy`, `libgguf 0.2.2` or `llama-quantize ...`."""


def write_gguf(source: Source, out: Path, *, type: str, metadata: Mapping[str, str | int]) -> Written:
    """Write a model as one GGUF file of a type, with the given keys beside those of its base."""
    raise NotImplementedError
