"""libgguf: llama.cpp's block formats as a small library, used only where it is the very file that was tried.

The package names no author, so its version is not enough: the shared library is hashed before it is loaded, and after
loading it must give known answers. What was tried: benchmarks/export.py compares it with llama.cpp's quantizer.
"""

import hashlib
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import IntegrityError, MissingDependencyError
from export.ggml_types import TYPES, GgmlType

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERSION: Final = "0.2.2"
PINNED: Final = frozenset(
    {
        # The six wheels of 0.2.2 on PyPI: CPython 3.11, 3.12, 3.13 for Linux x86-64, then for macOS arm64.
        "96856dc628ef6e7d211297e7856842c6796aaee66accf24e52d6dce0721bd757",
        "1618076d5f42ecd8dd982ed421338970d00fd42c7453f77a1953c0554c43394d",
        "cd7da726342d6d4ccf483e100aecf7b54fbc6e11947c10a6588b1eb4293c2d26",
        "857ff3167de7263816d0be2c83f7be8c8a169998b3fa0c280b6452f3f05882de",
        "913a4ff182185a83044fe6ac8c906a24c21932f2cf3b6044370cfe9833df37b1",
        "82bea22e0f363ec6c241403b8c382fdadb18fbc79cd159c65410a07b8f48ed57",
    }
)
_KNOWN_ANSWER: Final = "a4cc1cd41f356079ae4c937190f795be7748ffcf8940d98dd765dae73a62b960"
"""sha256 over one row in every block format, as ggml_quantize_chunk of llama.cpp b11549 packs it."""
_INSTALL: Final = f"install: pip install 'libgguf=={VERSION}', or put llama.cpp's llama-quantize on PATH"


def is_installed() -> bool:
    """Return whether there is a package of that name, whatever it holds."""
    return find_spec("libgguf") is not None


def library() -> Path:
    """Return the shared library's path without loading it. Errors: `MissingDependencyError`."""
    spec = find_spec("libgguf")
    if spec is None or spec.origin is None:
        raise MissingDependencyError(f"this type needs the package libgguf, which is not installed; {_INSTALL}")
    folder = Path(spec.origin).parent
    for suffix in EXTENSION_SUFFIXES:
        if (folder / f"_libgguf{suffix}").is_file():
            return folder / f"_libgguf{suffix}"
    raise MissingDependencyError(f"{folder}: no shared library for Python {sys.version.split()[0]}; {_INSTALL}")


def check_library(path: Path) -> None:
    """Check that a shared library is one of the known ones. Errors: `IntegrityError` with both hashes."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found not in PINNED:
        raise IntegrityError(
            f"{path}: sha256 {found} is none of libgguf {VERSION}'s libraries that were compared with llama.cpp; it "
            f"was not loaded. Next: {_INSTALL}"
        )


def sample_row() -> "NDArray[Any]":
    """Return a row of 256 numbers over six orders of magnitude, with zeros, for the known answer."""
    import numpy as np

    steps = np.arange(256, dtype=np.float32)
    row: NDArray[Any] = (steps - 128) * (steps % 7) * np.float32(2.0) ** (steps % 20 - 14)
    return row.reshape(1, 256)


class Libgguf:
    """Packs rows with libgguf, in as many threads as there are cores."""

    def __init__(self) -> None:
        check_library(library())
        import libgguf  # type: ignore[import-untyped]

        self._quantize = libgguf.quantize_rows
        self.name = f"libgguf {VERSION}"
        answer = hashlib.sha256()
        for kind in TYPES.values():
            if kind.block > 1:
                answer.update(self.pack(sample_row(), kind).tobytes())
        if answer.hexdigest() != _KNOWN_ANSWER:
            raise IntegrityError(
                f"libgguf {VERSION} packs numbers otherwise on this machine than llama.cpp does (answer "
                f"{answer.hexdigest()[:16]}, expected {_KNOWN_ANSWER[:16]}); put llama.cpp's llama-quantize on PATH"
            )

    def pack(self, rows: "NDArray[Any]", kind: GgmlType) -> "NDArray[Any]":
        """Return uint8 of shape (rows, bytes of a row)."""
        packed: NDArray[Any] = self._quantize(rows, kind.id)
        return packed
