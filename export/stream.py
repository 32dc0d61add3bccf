"""The engine that ships: read a chunk, merge, round or pack, write, forget."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datakit.errors import InputError
from export.ggml_types import PLAIN, TYPES
from export.gguf_values import ALIGNMENT
from export.hashed_writer import HashedWriter
from export.quantizer import Job, Made, Rows
from export.sixteen_bits import bf16_to_f16, f32_to_bf16
from export.tensors import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Streaming:
    """Writes a file tensor by tensor; at most a few chunks are in memory, whatever the size of the model."""

    rows: Rows | None
    """What packs blocks; None for the plain types."""

    @property
    def name(self) -> str:
        """Who computes the bits."""
        return self.rows.name if self.rows else "numpy"

    def scratch_bytes(self, job: Job) -> int:
        """Return 0: there are no intermediate files."""
        del job
        return 0

    def write(self, job: Job, part: Path, descriptor: int) -> Made:
        """Write the file."""
        layout = job.layout
        writer = HashedWriter(descriptor, part)
        pool = ThreadPoolExecutor(1, "next chunk")
        try:
            writer.write(layout.head)
            for tensor in job.tensors:
                before = writer.bytes
                place = tensor.verbatim
                if place is not None and tensor.format == job.types[tensor.name]:
                    writer.copy(*place, layout.sizes[tensor.name])
                else:
                    for chunk in _one_ahead(pool, self._chunks(tensor, job.types[tensor.name])):
                        writer.write(chunk)
                if writer.bytes - before != layout.sizes[tensor.name]:
                    raise AssertionError(f"{tensor.name}: wrote {writer.bytes - before} bytes, laid out otherwise")
                writer.pad(ALIGNMENT)
        finally:
            pool.shutdown()
            digest = writer.close()
        return Made(sha256=digest, types=job.types)

    def _chunks(self, tensor: Tensor, kind: str) -> Iterator["NDArray[Any]"]:
        import numpy as np

        if tensor.untouched and tensor.format == kind:
            yield from map(np.ascontiguousarray, tensor.raw())
        elif tensor.untouched and (tensor.format, kind) == ("BF16", "F16"):
            for rows in tensor.raw():
                try:
                    yield bf16_to_f16(rows)
                except OverflowError as error:
                    raise _too_large(tensor) from error
        else:
            for rows in tensor.f32():
                yield self._converted(tensor, np.ascontiguousarray(rows), kind)

    def _converted(self, tensor: Tensor, rows: "NDArray[Any]", kind: str) -> "NDArray[Any]":
        import numpy as np

        if kind == "F32":
            return rows
        if kind == "BF16":
            return f32_to_bf16(rows)
        if kind == "F16":
            with np.errstate(over="ignore"):
                halves = rows.astype(np.float16)
            if (np.isinf(halves) & np.isfinite(rows)).any():
                raise _too_large(tensor)
            return halves
        if not np.isfinite(rows).all():
            raise InputError(
                f"{tensor.name}: holds numbers that are not finite, which no block format can keep; the base or the "
                "adapter is broken"
            )
        if self.rows is None or kind in PLAIN:
            raise AssertionError(f"{tensor.name}: {kind} was planned without anything that packs it")
        return self.rows.pack(rows, TYPES[kind])


def _one_ahead(pool: ThreadPoolExecutor, chunks: Iterator["NDArray[Any]"]) -> Iterator["NDArray[Any]"]:
    """Compute the next chunk while this one is written: numpy and the kernel both work outside Python's lock."""
    waiting = pool.submit(next, chunks, None)
    while (chunk := waiting.result()) is not None:
        waiting = pool.submit(next, chunks, None)
        yield chunk


def _too_large(tensor: Tensor) -> InputError:
    # Half precision would make it infinite, and the model would answer with nonsense.
    return InputError(
        f"{tensor.name}: holds numbers above 65504, the largest of f16; export as bf16 or f32, which hold them"
    )
