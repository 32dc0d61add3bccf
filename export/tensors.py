"""The tensors of a model about to be written: rows of the base with the adapter's change added, chunk by chunk."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import InputError
from export.adapter import Lora, as_f32
from export.checkpoint import Stored
from export.gguf_reader import Placed

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK_NUMBERS: Final = 1 << 21
"""Numbers in a chunk: 8 MiB in 32 bits. Larger chunks were no faster (benchmarks/export.py) and cost memory."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One tensor under its GGUF name; its numbers are computed when they are asked for."""

    name: str
    shape: tuple[int, ...]
    """The length of a row last, as in numpy; a vector has one entry."""
    stored: "Stored | Placed | NDArray[Any]"
    """Where the base keeps it; an array for the few that are computed from the config."""
    lora: Lora | None = None
    heads: int = 0
    """Heads whose rows change places on the way (`interleave`); 0: none do."""
    base_interleaved: bool = False
    """Whether the base has them in their new places already, as a GGUF has, so that only the adapter's rows move."""
    plus_one: bool = False

    @property
    def format(self) -> str:
        """The format that the base keeps it in, by GGML's name."""
        if isinstance(self.stored, Stored):
            return self.stored.dtype
        return self.stored.type.name if isinstance(self.stored, Placed) else "F32"

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def untouched(self) -> bool:
        """Whether its numbers are those of the base, if perhaps in another order."""
        return self.lora is None and not self.plus_one

    @property
    def verbatim(self) -> "tuple[Path, int] | None":
        """The file and the offset where its bytes lie in order, where nothing is done to them; else None."""
        moved = bool(self.heads) and not self.base_interleaved
        if moved or not self.untouched or not isinstance(self.stored, Stored | Placed):
            return None
        return self.stored.file, self.stored.offset

    def raw(self, *, chunk: int = CHUNK_NUMBERS) -> Iterator["NDArray[Any]"]:
        """Yield its rows in the base's own format (16 bits: uint16). For `untouched` plain formats only."""
        for start, stop in self._spans(chunk):
            rows = self._read(start, stop)
            yield rows if self.base_interleaved else self._interleaved(rows)

    def f32(self, *, chunk: int = CHUNK_NUMBERS) -> Iterator["NDArray[Any]"]:
        """Yield its rows as float32, shape (rows, columns), merged: base + scale · B · A, computed in 32 bits.

        Errors: `InputError` where the adapter holds numbers that are not finite.
        """
        change = _Change(self.lora) if self.lora else None
        for start, stop in self._spans(chunk):
            rows = self._f32(start, stop)
            if change is not None:
                moved = change.b[start:stop]
                rows = rows + change.times(self._interleaved(moved) if self.base_interleaved else moved)
            if self.plus_one:
                rows = rows + 1
            yield rows if self.base_interleaved else self._interleaved(rows)

    def _spans(self, chunk: int) -> Iterator[tuple[int, int]]:
        count = prod(self.shape[:-1])
        # Whole heads only, since rows change places within a head.
        unit = count // self.heads if self.heads and len(self.shape) > 1 else 1
        step = max(1, chunk // (self.shape[-1] * unit)) * unit
        for start in range(0, count, step):
            yield start, min(start + step, count)

    def _read(self, start: int, stop: int) -> "NDArray[Any]":
        if isinstance(self.stored, Stored | Placed):
            rows = self.stored.read(start, stop)
            if self.format in ("F16", "BF16", "F32") and rows.itemsize == 1:
                rows = rows.view("u2" if self.format != "F32" else "f4")
            return rows
        whole: NDArray[Any] = self.stored.reshape(-1, self.shape[-1])
        return whole[start:stop]

    def _f32(self, start: int, stop: int) -> "NDArray[Any]":
        if isinstance(self.stored, Stored):
            return as_f32(self.stored, start, stop)
        if isinstance(self.stored, Placed) and self.stored.type.block > 1:
            from export.dequantize import dequantize

            return dequantize(self.stored.read(start, stop), self.stored.type)
        return plain_to_f32(self._read(start, stop), self.format)

    def _interleaved(self, rows: "NDArray[Any]") -> "NDArray[Any]":
        if not self.heads:
            return rows
        if len(self.shape) == 1:
            return interleave(rows.reshape(-1, 1), self.heads).reshape(1, -1)
        heads = rows.shape[0] * self.heads // prod(self.shape[:-1])
        return interleave(rows, heads)


def interleave(rows: "NDArray[Any]", heads: int) -> "NDArray[Any]":
    """Return rows in llama.cpp's order of rotation: of each head the two halves, row by row in turn.

    Hugging Face rotates row i of a head with row i + half; llama.cpp rotates neighbours.
    """
    count, columns = rows.shape
    return rows.reshape(heads, 2, count // heads // 2, columns).swapaxes(1, 2).reshape(count, columns)


def plain_to_f32(rows: "NDArray[Any]", form: str) -> "NDArray[Any]":
    """Return rows of a format without blocks as float32."""
    import numpy as np

    from export.sixteen_bits import bf16_to_f32

    if form == "F16":
        return rows.view(np.float16).astype(np.float32)
    return bf16_to_f32(rows) if form == "BF16" else rows


class _Change:
    """An adapter's two matrices in memory: small, `rank` times a side of the weight."""

    def __init__(self, lora: Lora) -> None:
        import numpy as np

        self.a = as_f32(lora.a, 0, lora.a.rows)
        self.b = as_f32(lora.b, 0, lora.b.rows)
        self._scale = np.float32(lora.scale)
        for matrix, stored in ((self.a, lora.a), (self.b, lora.b)):
            if not np.isfinite(matrix).all():
                raise InputError(
                    f"{stored.file}: the adapter of {lora.module} holds numbers that are not finite: the run diverged; "
                    "train again with a lower learning rate"
                )

    def times(self, b: "NDArray[Any]") -> "NDArray[Any]":
        """Return scale · b · A for some rows of B."""
        product: NDArray[Any] = (b @ self.a) * self._scale
        return product
