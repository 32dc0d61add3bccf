"""The head of a GGUF and where each tensor begins: known before the first number is computed."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export.ggml_types import TYPES
from export.gguf_values import ALIGNMENT, MAGIC, VERSION, Value, encode


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What will be written."""

    head: bytes
    """Magic, keys and tensor table, padded to the alignment."""
    sizes: Mapping[str, int]
    """Bytes of each tensor without padding, in the order of the file."""

    @property
    def total(self) -> int:
        """Bytes of the whole file."""
        return len(self.head) + sum(padded(size) for size in self.sizes.values())


def padded(size: int) -> int:
    """Return a size rounded up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def lay_out(
    keys: Mapping[str, Value], tensors: Sequence[tuple[str, tuple[int, ...]]], types: Mapping[str, str]
) -> Layout:
    """Return the layout of a file: its keys, its tensors (name and shape, row length last) and their formats."""
    table = bytearray()
    sizes: dict[str, int] = {}
    offset = 0
    for name, shape in tensors:
        kind = TYPES[types[name]]
        raw = name.encode()
        table += struct.pack("<Q", len(raw)) + raw + struct.pack("<I", len(shape))
        table += struct.pack(f"<{len(shape)}Q", *reversed(shape)) + struct.pack("<IQ", kind.id, offset)
        sizes[name] = kind.size(shape)
        offset += padded(sizes[name])
    head = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(keys)) + encode(keys) + bytes(table)
    return Layout(head=head + bytes(-len(head) % ALIGNMENT), sizes=sizes)
