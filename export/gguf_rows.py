"""Q8_0 with the package gguf: numpy only, slower than libgguf, the same bytes."""

from typing import TYPE_CHECKING, Any

from datakit.errors import MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from export.ggml_types import GgmlType


class GgufRows:
    """Packs rows with `gguf.quants`."""

    def __init__(self) -> None:
        try:
            import gguf.quants
        except ImportError as error:
            raise MissingDependencyError(
                f"quantizing needs libgguf or gguf ({error}); install: pip install 'ancient-aurora[export]'"
            ) from error
        self._quants = gguf.quants
        self.name = "gguf"

    def pack(self, rows: "NDArray[Any]", kind: "GgmlType") -> "NDArray[Any]":
        """Return uint8 of shape (rows, bytes of a row)."""
        from gguf.constants import GGMLQuantizationType

        return self._quants.quantize(rows, GGMLQuantizationType(kind.id))
