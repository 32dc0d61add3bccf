"""The seam where numbers become blocks: one Protocol, one engine that ships, and one that runs llama.cpp's program."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from datakit.errors import MissingDependencyError, UsageError
from export.ggml_types import PLAIN, FileType, GgmlType
from export.gguf_values import Value
from export.layout import Layout, lay_out
from export.tensors import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENGINES: Final = ("auto", "libgguf", "llama-quantize")
_BY_GGUF: Final = frozenset({"Q8_0"})
"""What the package gguf packs in numpy, bit for bit as llama.cpp does: enough for a machine without libgguf."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file to be written."""

    tensors: tuple[Tensor, ...]
    types: Mapping[str, str]
    """The format of each tensor."""
    keys: Mapping[str, Value]
    kind: FileType
    lossless: str
    """The plain type that keeps every number of the model: that of its base, or f32 once an adapter is merged."""

    @cached_property
    def layout(self) -> Layout:
        """Head and sizes of the file, computed once: a vocabulary of 128,000 tokens takes a tenth of a second."""
        return lay_out(self.keys, [(tensor.name, tensor.shape) for tensor in self.tensors], self.types)


@dataclass(frozen=True, kw_only=True)
class Made:
    """What an engine put into the part."""

    sha256: str
    types: Mapping[str, str]
    """The format of each tensor as it lies in the file."""


class Rows(Protocol):
    """Packs rows of numbers into blocks."""

    @property
    def name(self) -> str:
        """Which library packs."""
        ...

    def pack(self, rows: "NDArray[Any]", kind: GgmlType) -> "NDArray[Any]":
        """Return uint8 of shape (rows, bytes of a row) for float32 of shape (rows, columns)."""
        ...


class Engine(Protocol):
    """Writes a whole file."""

    @property
    def name(self) -> str:
        """Who computes the bits."""
        ...

    def scratch_bytes(self, job: Job) -> int:
        """Return how much disk it needs beside the file itself."""
        ...

    def write(self, job: Job, part: Path, descriptor: int) -> Made:
        """Write the file into an open, empty part. Errors: `OutputError`, `InputError`, `IntegrityError`."""
        ...


def choose_engine(kind: FileType, wanted: str = "auto") -> Engine:
    """Return the engine for a type: llama.cpp's own program for what it alone decides, where it is installed.

    `auto`: f32, f16, bf16 and q8_0 are streamed; the rest goes to `llama-quantize` where it is on PATH, else to
    libgguf. Both give the same bytes. Errors: `UsageError` for an unknown engine, `MissingDependencyError`.
    """
    from export.llama_quantize import LlamaQuantize, find_program
    from export.stream import Streaming

    if wanted not in ENGINES:
        raise UsageError(f"engine {wanted!r} is unknown; known: {', '.join(ENGINES)}")
    if kind.default in PLAIN:
        return Streaming(rows=None)
    program = find_program()
    if wanted == "llama-quantize" and program is None:
        raise MissingDependencyError("llama-quantize is not on PATH; install llama.cpp, or leave the engine to auto")
    if program is not None and (wanted == "llama-quantize" or (wanted == "auto" and kind.default not in _BY_GGUF)):
        return LlamaQuantize(program)
    return Streaming(rows=choose_rows(kind))


def choose_rows(kind: FileType) -> Rows:
    """Return what packs rows: libgguf, or gguf's numpy for Q8_0 where libgguf is not installed.

    A libgguf of another content than the one tried is refused, not passed over.
    """
    from export.libgguf_rows import Libgguf, is_installed

    if is_installed() or kind.default not in _BY_GGUF:
        return Libgguf()
    from export.gguf_rows import GgufRows

    return GgufRows()
