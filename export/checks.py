"""Is a model whole, and does the adapter belong to it? Asked before a byte is written."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from datakit.errors import InputError
from export.adapter import Adapter, Lora
from export.tensors import Tensor

_LAYER: Final = re.compile(r"^blk\.(\d+)\.(.+)$")


def check_complete(base: Path, tensors: Sequence[Tensor], *, layers: int, tied: bool) -> None:
    """Check that every layer has what the first one has. Errors: `InputError` with what is missing, and where."""
    names = {tensor.name for tensor in tensors}
    needed = {"token_embd.weight", "output_norm.weight"} | (set() if tied else {"output.weight"})
    parts: dict[int, set[str]] = {layer: set() for layer in range(layers)}
    for name in names:
        if match := _LAYER.match(name):
            parts.setdefault(int(match[1]), set()).add(match[2])
    if len(parts) != layers:
        raise InputError(f"{base}: holds layer {max(parts)}, but its config counts {layers} layers from 0")
    every = set().union(*parts.values())
    needed |= {f"blk.{layer}.{part}" for layer in parts for part in every | {"attn_q.weight", "ffn_down.weight"}}
    if gone := sorted(needed - names):
        raise InputError(
            f"{base}: {len(gone)} tensors are missing, such as {', '.join(gone[:3])} (GGUF names); a shard that was "
            "not fetched, or an adapter's folder given as the base?"
        )


def check_adapter(adapter: Adapter | None, changes: Mapping[str, Lora], tensors: Sequence[Tensor]) -> None:
    """Check that each matrix of an adapter has a tensor of its size. Errors: `InputError` naming the first without."""
    if adapter is None:
        return
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    for name, lora in changes.items():
        if name not in shapes:
            why = "the embedding serves as output (tied), so a change to one would change both" if (
                name == "output.weight"
            ) else "the base has no such tensor"  # fmt: skip
            raise InputError(f"{adapter.folder}: changes {lora.module}, but {why}; is this the base it was trained on?")
        wanted = (lora.b.shape[0], lora.a.shape[1])
        if shapes[name] != wanted:
            raise InputError(
                f"{adapter.folder}: {lora.module} is {list(wanted)}, but the base's is {list(shapes[name])}; "
                f"the adapter was trained on another base ({adapter.base_name})"
            )
    if len(changes) != len(adapter.changes):
        lost = len(adapter.changes) - len(changes)
        raise InputError(f"{adapter.folder}: {lost} of its modules are not of the language model; nothing is left out")
    if "token_embd.weight" in changes:
        raise InputError(f"{adapter.folder}: changes the embedding as a linear module, which no known architecture has")
