"""Scores of SentencePiece pieces: from tokenizer.model where it lies there, else from the order of the merges."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError

_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2
_FIXED32: Final = 5


def merge_scores(path: Path, merges: Sequence[Any]) -> dict[str, float]:
    """Return a score for each piece that a merge makes: the earlier the merge, the higher.

    llama.cpp joins the neighbours whose union scores highest; tokenizer.json lists merges from first to last. Only
    the order of scores counts, so the negative rank of a piece's first merge gives the same tokens.
    """
    scores: dict[str, float] = {}
    for rank, merge in enumerate(merges):
        left, _, right = merge.partition(" ") if isinstance(merge, str) else (merge[0], "", merge[1])
        if not left or not right:
            raise InputError(f"{path}: merge {rank} is {merge!r}; expected two pieces")
        scores.setdefault(left + right, -float(rank))
    return scores


def read_pieces(path: Path) -> Iterator[tuple[str, float]]:
    """Yield piece and score of a tokenizer.model in order of their ids. Errors: `InputError` where it is torn.

    The file is a protocol buffer, sentencepiece_model.proto: field 1 is a piece, in it 1 the text and 2 the score.
    """
    data = path.read_bytes()
    try:
        for field, value in _fields(data):
            if field == 1 and isinstance(value, bytes):
                piece, score = "", 0.0
                for inner, content in _fields(value):
                    if inner == 1 and isinstance(content, bytes):
                        piece = content.decode("utf-8")
                    elif inner == 2 and isinstance(content, bytes):
                        (score,) = struct.unpack("<f", content)
                yield piece, score
    except (IndexError, ValueError, struct.error) as error:
        raise InputError(f"{path}: not a SentencePiece model ({error})") from error


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, place = _varint(data, place)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} at byte {place}")
        if place + length > len(data):
            raise ValueError(f"ends at byte {len(data)} in a field of {length} bytes")
        yield key >> 3, data[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
