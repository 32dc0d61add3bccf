"""Reads two binary formats that hold text in many languages: word graphs of an OCR program, and Chromium's messages.

Both are read here, so that training needs no program but Python. Sources: the comments of Tesseract's `dawg.h` and
`tessdatamanager.h` (little-endian), and of Chromium's `data_pack.cc`, version 5.
"""

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

UNICHARSET: Final = 21  # the parts of a .traineddata file that are wanted, by number
WORD_GRAPH: Final = 19
WORD_ENDS: Final = 4  # flags of an edge, next to the letter's number: last of its node 1, backward 2, word end 4
LAST: Final = 1


def tesseract_words(path: Path) -> Iterator[str]:
    """Yield the words of a `.traineddata` file in the order of its graph; a file without one yields nothing."""
    data = path.read_bytes()
    (count,) = struct.unpack_from("<i", data)
    starts = struct.unpack_from(f"<{count}q", data, 4)
    if count <= UNICHARSET or starts[UNICHARSET] < 0 or starts[WORD_GRAPH] < 0:
        return
    letters = [line.split(" ")[0] for line in _part(data, starts, UNICHARSET).decode("utf-8").splitlines()[1:]]
    graph = _part(data, starts, WORD_GRAPH)
    _, size, edge_count = struct.unpack_from("<hii", graph)
    edges = struct.unpack_from(f"<{edge_count}Q", graph, 10)
    bits = size.bit_length()
    waiting = [(0, "")]
    while waiting:
        place, prefix = waiting.pop()
        while True:
            edge = edges[place]
            word = prefix + letters[edge & ((1 << bits) - 1)]
            flags, following = edge >> bits & 7, edge >> bits + 3
            if flags & WORD_ENDS:
                yield word
            if following:
                waiting.append((following, word))
            if flags & LAST:
                break
            place += 1


def _part(data: bytes, starts: tuple[int, ...], number: int) -> bytes:
    ends = [start for start in starts if start > starts[number]]
    return data[starts[number] : min(ends, default=len(data))]


def chromium_messages(path: Path) -> Iterator[str]:
    """Yield the messages of a `.pak` file; one of another version or in UTF-16 yields nothing."""
    data = path.read_bytes()
    version, encoding, count = struct.unpack_from("<IB3xH", data)
    if (version, encoding) != (5, 1):
        return
    places = [place for _, place in struct.iter_unpack("<HI", data[12 : 12 + 6 * (count + 1)])]
    for start, end in pairwise(places):
        yield data[start:end].decode("utf-8", "replace")
