"""Write an adapter alone as a GGUF, for llama.cpp's `--lora` and Ollama's `ADAPTER`: megabytes instead of the model."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError, UsageError
from export.adapter import Lora, as_f32
from export.disk import check_room
from export.gguf_values import ALIGNMENT, Value, f32, text, u32
from export.hashed_writer import HashedWriter
from export.layout import lay_out
from export.part_file import held, part_path, publish
from export.source import Source
from export.tensors import Tensor, interleave
from export.write import QUANTIZATION_VERSION, Written, as_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES: Final = {"f32": 0, "f16": 1}
"""What a GGUF adapter may be written in, and its file type number."""


@dataclass(frozen=True, kw_only=True)
class _Half:
    """One of the two matrices of a change."""

    name: str
    tensor: Tensor
    lora: Lora
    part: str
    factor: float

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.lora.a if self.part == "a" else self.lora.b).shape

    def numbers(self) -> "NDArray[Any]":
        import numpy as np

        stored = self.lora.a if self.part == "a" else self.lora.b
        matrix = as_f32(stored, 0, stored.rows)
        if not np.isfinite(matrix).all():
            raise InputError(f"{stored.file}: the adapter of {self.lora.module} holds numbers that are not finite")
        if self.part == "a":
            return matrix
        if self.tensor.heads:
            matrix = interleave(matrix, self.tensor.heads)
        return matrix if self.factor == 1.0 else matrix * np.float32(self.factor)


def write_lora(source: Source, out: Path, *, type: str = "f32", metadata: Mapping[str, str | int]) -> Written:
    """Write the adapter of a source as a GGUF of its own (`general.type` adapter, `adapter.type` lora).

    llama.cpp knows one alpha for the whole file and scales each pair by alpha / rank. Where PEFT scales a module
    otherwise (rsLoRA, rank or alpha patterns), its B matrix carries the rest of the factor.
    Errors: `UsageError` for a source without an adapter or another type, and those of `write_gguf`.
    """
    began = time.monotonic()
    if source.adapter is None:
        raise UsageError(f"{source.base}: opened without an adapter; there is nothing to write with --adapter-only")
    if type not in _TYPES:
        raise UsageError(f"type {type!r}: an adapter is written in {' or '.join(_TYPES)}, it is small enough")
    first = next(iter(source.adapter.changes.values()))
    alpha = first.scale * first.rank
    halves = list(_halves(source, alpha))
    types = {half.name: type.upper() for half in halves}
    keys: dict[str, Value] = {
        "general.architecture": text(source.architecture),
        "general.type": text("adapter"),
        "adapter.type": text("lora"),
        "adapter.lora.alpha": f32(alpha),
        **{name: as_value(name, value) for name, value in metadata.items()},
        "general.quantization_version": u32(QUANTIZATION_VERSION),
        "general.file_type": u32(_TYPES[type]),
    }
    layout = lay_out(keys, [(half.name, half.shape) for half in halves], types)
    check_room(out, result=layout.total, scratch=0)
    part = part_path(out)
    with held(part) as descriptor:
        writer = HashedWriter(descriptor, part)
        try:
            writer.write(layout.head)
            for half in halves:
                writer.write(_rounded(half, type))
                writer.pad(ALIGNMENT)
        finally:
            digest = writer.close()
        publish(part, out, descriptor)
    return Written(
        path=out,
        type=type,
        bytes=layout.total,
        sha256=digest,
        tensors=len(halves),
        types={type.upper(): len(halves)},
        seconds=time.monotonic() - began,
        engine="numpy",
    )


def _halves(source: Source, alpha: float) -> Iterator[_Half]:
    for tensor in source.tensors:
        if (lora := tensor.lora) is None:
            continue
        factor = lora.scale * lora.rank / alpha
        for part in ("a", "b"):
            name = f"{tensor.name}.lora_{part}"
            yield _Half(name=name, tensor=tensor, lora=lora, part=part, factor=factor)


def _rounded(half: _Half, type: str) -> "NDArray[Any]":
    import numpy as np

    numbers = np.ascontiguousarray(half.numbers())
    if type == "f32":
        return numbers
    with np.errstate(over="ignore"):
        halves = numbers.astype(np.float16)
    if np.isinf(halves).any():
        raise InputError(f"{half.name}: holds numbers above 65504, the largest of f16; write the adapter in f32")
    return halves
