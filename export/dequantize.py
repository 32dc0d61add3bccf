"""Blocks back to numbers, for a base that is a quantized GGUF: done once, and never undone."""

from typing import TYPE_CHECKING, Any

from datakit.errors import MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from export.ggml_types import GgmlType


def dequantize(rows: "NDArray[Any]", kind: "GgmlType") -> "NDArray[Any]":
    """Return float32 of shape (rows, columns) for uint8 of shape (rows, bytes of a row). Source: gguf's own tables."""
    try:
        from gguf.constants import GGMLQuantizationType
        from gguf.quants import dequantize as of_gguf
    except ImportError as error:
        raise MissingDependencyError(
            f"a base in {kind.name} needs the package gguf ({error}); install: pip install 'ancient-aurora[export]'"
        ) from error
    return of_gguf(rows, GGMLQuantizationType(kind.id))
