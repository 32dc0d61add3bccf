"""Lets transformers read the head of a GGUF without its vocabulary: this is the one file that touches gguf's reader.

`gguf.GGUFReader` makes four views of every token, and transformers unpacks each: 11 + 4 CPU seconds for the 262,144
tokens of Gemma 3, each time, for a configuration of some twenty numbers and for tensors, which need no token at all.
The tokenizer reads the vocabulary itself (`trainer/gguf_tokenizer.py`).
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

LONGEST_SETTING: Final = 10_000
"""Items of an array that is read item by item. The settings of a model are lists of a number a layer, some hundred at
most; the smallest vocabularies in use have 32,000 tokens."""
_ARRAY: Final = 9
_TEXT: Final = 8
_HEAD_BYTES: Final = 12  # of an array: the type of its items, and how many there are


@contextmanager
def without_vocabulary() -> Iterator[None]:
    """Within it, an array that is longer than a setting comes as so many zeros for texts, as nothing for numbers.

    The number of texts is true, since transformers takes the size of a vocabulary from it where no key states one. The
    reader is put back in any case. Not for threads: the package has one reader. Errors: those of the readers.
    """
    import gguf

    whole = gguf.GGUFReader
    gguf.GGUFReader = _brief_reader(whole)  # type: ignore[misc]
    try:
        yield
    finally:
        gguf.GGUFReader = whole  # type: ignore[misc]


@cache
def _brief_reader(whole: Any) -> Any:
    import numpy as np
    from gguf import GGUFValueType

    class BriefReader(whole):  # type: ignore[misc]
        """A reader that goes over long arrays by their lengths."""

        def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
            if raw_type != _ARRAY or len(self.data) < orig_offs + _HEAD_BYTES:
                return super()._get_field_parts(orig_offs, raw_type)
            item, count = self._get(orig_offs, np.uint32), self._get(orig_offs + 4, np.uint64)
            kind, items, start = int(item[0]), int(count[0]), orig_offs + _HEAD_BYTES
            scalar = self.gguf_scalar_to_np.get(kind)
            if items <= LONGEST_SETTING or (scalar is None and kind != _TEXT):
                return super()._get_field_parts(orig_offs, raw_type)
            if scalar is not None:
                size = _within(self.data, start, items * np.dtype(scalar).itemsize)
                return _HEAD_BYTES + size, [item, count], [], [GGUFValueType.UINT8]
            size = _texts_size(self.data, start, items, ">" if self.endianess.name == "BIG" else "<")
            # A number, since each item is unpacked once more, and a text takes four times as long as a number.
            return _HEAD_BYTES + size, [item, count, np.zeros(1, np.uint8)], [2] * items, [GGUFValueType.UINT8]

    return BriefReader


def _texts_size(data: Any, start: int, count: int, order: str) -> int:
    """Return the bytes of so many texts, each behind its length. Errors: `ValueError` where the file ends before."""
    length = struct.Struct(f"{order}Q")
    view = memoryview(data)
    at = start
    for number in range(count):
        if at + length.size > len(view):
            raise ValueError(f"the file ends in text {number:,} of {count:,}")
        at += length.size + length.unpack_from(view, at)[0]
    return _within(data, start, at - start)


def _within(data: Any, start: int, size: int) -> int:
    if start + size > len(data):
        raise ValueError(f"an array of {size:,} bytes at byte {start:,} goes beyond the file's {len(data):,}")
    return size
