"""Write one GGUF: tensor by tensor, in chunks of rows, under a temporary name until it is whole."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from datakit.errors import UsageError
from export.disk import check_room
from export.ggml_types import FileType, file_type
from export.gguf_values import Value, text, u32
from export.mix import choose_types
from export.part_file import held, part_path, publish
from export.quantizer import Job, choose_engine
from export.source import Source

QUANTIZATION_VERSION: Final = 2
"""GGML_QNT_VERSION of ggml.h: the layout of the blocks."""
_MAY_SET: Final = ("general.", "aurora.")
_FIXED: Final = frozenset(
    {"general.architecture", "general.type", "general.file_type", "general.quantization_version", "general.alignment"}
)
_U32_MAX: Final = (1 << 32) - 1


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
    """How many tensors have which GGML format: `{"F32": 61, "Q4_K": 100, ...}`."""
    seconds: float
    engine: str
    """Who computed the bits: `numpy`, `libgguf 0.2.2`, `gguf` or `llama-quantize`."""


def write_gguf(
    source: Source, out: Path, *, type: str, metadata: Mapping[str, str | int], engine: str = "auto"
) -> Written:
    """Write a model as one GGUF file of a type, with the given keys beside those of its base.

    `metadata` holds `general.*` and `aurora.*` keys, texts and unsigned numbers; they win over the base's own.
    The adapter is merged in 32 bits on the base as it is stored. Nothing lies under `out` before the file is whole,
    and a file that lay there stays until then.
    Errors: `UsageError` for an unknown type or key, `OutputError` where the disk is or becomes full, `InputError` for
    numbers that the type cannot hold, `IntegrityError` and `MissingDependencyError` from the engine.
    """
    began = time.monotonic()
    job = plan(source, type=type, metadata=metadata)
    chosen = choose_engine(job.kind, engine)
    check_room(out, result=job.layout.total, scratch=chosen.scratch_bytes(job))
    part = part_path(out)
    with held(part) as descriptor:
        made = chosen.write(job, part, descriptor)
        size = part.stat().st_size
        publish(part, out, descriptor)
    return Written(
        path=out,
        type=job.kind.name,
        bytes=size,
        sha256=made.sha256,
        tensors=len(made.types),
        types=dict(sorted(Counter(made.types.values()).items())),
        seconds=time.monotonic() - began,
        engine=chosen.name,
    )


def plan(source: Source, *, type: str, metadata: Mapping[str, str | int]) -> Job:
    """Return what would be written: every key and the format of every tensor. Errors: `UsageError`."""
    kind = file_type(type)
    shapes = {tensor.name: tensor.shape for tensor in source.tensors}
    return Job(
        tensors=source.tensors,
        types=choose_types(shapes, kind, source.shape),
        keys=_keys(source, kind, metadata),
        kind=kind,
        lossless=_lossless(source),
    )


def bytes_needed(source: Source, *, types: tuple[str, ...], metadata: Mapping[str, str | int] | None = None) -> int:
    """Return the disk that files of these types take together, with the largest intermediate. Errors: `UsageError`."""
    total = scratch = 0
    for name in types:
        job = plan(source, type=name, metadata=metadata or {})
        total += job.layout.total
        scratch = max(scratch, choose_engine(job.kind).scratch_bytes(job))
    return total + scratch


def _keys(source: Source, kind: FileType, metadata: Mapping[str, str | int]) -> dict[str, Value]:
    keys = {
        "general.architecture": text(source.architecture),
        "general.type": text("model"),
        **source.keys,
        "aurora.base_precision": text(source.precision),
        **{name: as_value(name, value) for name, value in metadata.items()},
    }
    keys["general.quantization_version"] = u32(QUANTIZATION_VERSION)
    keys["general.file_type"] = u32(kind.id)
    return keys


def as_value(name: str, value: str | int) -> Value:
    """Return a caller's key as a typed value. Errors: `UsageError` for a key or a value that may not be set."""
    if not name.startswith(_MAY_SET) or name in _FIXED:
        raise UsageError(
            f"key {name!r} cannot be set; the writer takes general.* and aurora.* keys that it does not fix"
        )
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError(f"key {name!r}: expected text or a whole number, found {value.__class__.__name__}")
    if isinstance(value, str):
        return text(value)
    if not 0 <= value <= _U32_MAX:
        raise UsageError(f"key {name!r}: {value} is outside 0 to {_U32_MAX}")
    return u32(value)


def _lossless(source: Source) -> str:
    forms = {tensor.format for tensor in source.tensors if len(tensor.shape) > 1}
    if source.adapter is None and len(forms) == 1 and (only := forms.pop().lower()) in ("f16", "bf16"):
        return only
    return "f32"
