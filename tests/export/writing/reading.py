"""Reading back what was written, with the package gguf where it can serve as another witness."""

import hashlib
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from numpy.typing import NDArray

from export.gguf_reader import open_gguf


def digests(path: Path) -> dict[str, str]:
    """Return `FORMAT hash` of each tensor, as the golden file keeps them."""
    found = {}
    for name, placed in open_gguf(path).tensors.items():
        raw = placed.read(0, prod(placed.shape[:-1])).tobytes()
        found[name] = f"{placed.type.name} {hashlib.sha256(raw).hexdigest()[:16]}"
    return found


def numbers(path: Path, *, only: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """Return tensors as float32, read and unpacked by the package gguf: every one, or those of some names."""
    found = {}
    for tensor in GGUFReader(path).tensors:
        if only is not None and tensor.name not in only:
            continue
        found[tensor.name] = np.array(dequantize(tensor.data, tensor.tensor_type), np.float32)
    return found
