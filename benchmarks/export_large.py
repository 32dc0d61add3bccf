"""Large checkpoints made on the spot: one of random numbers to time, one of zeros to watch the memory."""

import json
import struct
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any, Final

from tests.export.writing.checkpoints import LLAMA31, Tiny, tensor_shapes, write_tokenizer

ONE_BILLION: Final = Tiny(
    architecture="LlamaForCausalLM",
    layers=16,
    hidden=2048,
    inner=8192,
    heads=32,
    heads_kv=8,
    head_dim=64,
    vocab=128256,
    extra=LLAMA31,
)
"""Llama 3.2 1B: 1.24 billion numbers, 2.5 GB in bfloat16."""
EIGHT_BILLION: Final = Tiny(
    architecture="LlamaForCausalLM",
    layers=32,
    hidden=4096,
    inner=14336,
    heads=32,
    heads_kv=8,
    head_dim=128,
    vocab=128256,
    tied=False,
    extra=LLAMA31,
)
"""Llama 3.1 8B: 8.03 billion numbers, 16 GB in bfloat16."""
_VOCAB: Final = 1200
"""Tokens that are trained; the rest of the embedding's rows are unused ones, which cost as much to write."""


def one_billion(folder: Path) -> Path:
    """Write the smaller one: normal numbers of the size that weights have, rounded to bfloat16."""
    import numpy as np

    path = _begin(folder, ONE_BILLION)
    if path.exists():
        return folder
    shapes = tensor_shapes(ONE_BILLION)
    random = np.random.default_rng(1)
    with path.with_suffix(".part").open("wb") as out:
        out.write(_head(shapes))
        for shape in shapes.values():
            for start in range(0, shape[0], 4096):
                size = (min(4096, shape[0] - start), *shape[1:])
                numbers = random.standard_normal(size, dtype=np.float32) * np.float32(0.02)
                out.write((numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes())
    path.with_suffix(".part").rename(path)
    return folder


def eight_billion(folder: Path, *, layers: int = EIGHT_BILLION.layers) -> Path:
    """Write the larger one, or its first layers: all zeros, so that it takes no disk; what is read is the same."""
    shape = replace(EIGHT_BILLION, layers=layers)
    path = _begin(folder, shape)
    if path.exists():
        return folder
    shapes = tensor_shapes(shape)
    head = _head(shapes)
    with path.open("wb") as out:
        out.write(head)
        out.truncate(len(head) + 2 * sum(map(prod, shapes.values())))
    return folder


def _begin(folder: Path, shape: Tiny) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(shape.config()))
    write_tokenizer(folder, vocab=_VOCAB)
    return folder / "model.safetensors"


def _head(shapes: dict[str, tuple[int, ...]]) -> bytes:
    header: dict[str, Any] = {}
    place = 0
    for name, shape in shapes.items():
        size = 2 * prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [place, place + size]}
        place += size
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    return struct.pack("<Q", len(raw)) + raw
