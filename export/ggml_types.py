"""The number formats of a GGUF, and the file types that a user may ask for.

Ids, block sizes and file type numbers are those of ggml.h and llama.h (llama.cpp b10605).
"""

from dataclasses import dataclass
from math import prod
from typing import Final

from datakit.errors import UsageError


@dataclass(frozen=True)
class GgmlType:
    """One format: `block` numbers of a row share `bytes` bytes."""

    name: str
    id: int
    block: int
    bytes: int

    def size(self, shape: tuple[int, ...]) -> int:
        """Return the bytes of a tensor; its last dimension must be a multiple of `block`."""
        return prod(shape) // self.block * self.bytes


TYPES: Final = {
    item.name: item
    for item in (
        GgmlType("F32", 0, 1, 4),
        GgmlType("F16", 1, 1, 2),
        GgmlType("BF16", 30, 1, 2),
        GgmlType("Q4_0", 2, 32, 18),
        GgmlType("Q4_1", 3, 32, 20),
        GgmlType("Q5_0", 6, 32, 22),
        GgmlType("Q5_1", 7, 32, 24),
        GgmlType("Q8_0", 8, 32, 34),
        GgmlType("Q2_K", 10, 256, 84),
        GgmlType("Q3_K", 11, 256, 110),
        GgmlType("Q4_K", 12, 256, 144),
        GgmlType("Q5_K", 13, 256, 176),
        GgmlType("Q6_K", 14, 256, 210),
    )
}
BY_ID: Final = {item.id: item for item in TYPES.values()}
PLAIN: Final = frozenset({"F32", "F16", "BF16"})
"""The formats without blocks, which need no quantizer."""


@dataclass(frozen=True)
class FileType:
    """What a user asks for: a default format, and the number that says so in the file."""

    name: str
    id: int
    default: str


FILE_TYPES: Final = {
    item.name: item
    for item in (
        FileType("f32", 0, "F32"),
        FileType("f16", 1, "F16"),
        FileType("bf16", 32, "BF16"),
        FileType("q8_0", 7, "Q8_0"),
        FileType("q4_0", 2, "Q4_0"),
        FileType("q4_1", 3, "Q4_1"),
        FileType("q5_0", 8, "Q5_0"),
        FileType("q5_1", 9, "Q5_1"),
        FileType("q2_k", 10, "Q2_K"),
        FileType("q3_k_s", 11, "Q3_K"),
        FileType("q3_k_m", 12, "Q3_K"),
        FileType("q3_k_l", 13, "Q3_K"),
        FileType("q4_k_s", 14, "Q4_K"),
        FileType("q4_k_m", 15, "Q4_K"),
        FileType("q5_k_s", 16, "Q5_K"),
        FileType("q5_k_m", 17, "Q5_K"),
        FileType("q6_k", 18, "Q6_K"),
    )
}


def file_type(name: str) -> FileType:
    """Return the file type of a name, whatever its case. Errors: `UsageError` with the list of known ones."""
    try:
        return FILE_TYPES[name.lower()]
    except KeyError:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), FILE_TYPES, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"type {name!r} is not one that can be written{hint}\n  known types: {', '.join(FILE_TYPES)}"
        ) from None
