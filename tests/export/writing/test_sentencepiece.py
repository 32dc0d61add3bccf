"""SentencePiece's own file, and scores from the order of merges."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import InputError
from export.sentencepiece import merge_scores, read_pieces


def varint(number: int) -> bytes:
    """A number as a protocol buffer has it."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


PIECES = st.lists(st.tuples(TEXT, st.floats(width=32, allow_nan=False)))


@given(PIECES, st.binary(max_size=40), st.integers(0, 2**60))
def test_pieces_come_back_as_they_were_written(pieces: list[tuple[str, float]], other: bytes, number: int) -> None:
    """Any pieces and scores, among fields of every other kind and order, are read in order."""
    noise = [
        varint(3 << 3) + varint(number),
        field(99, other),
        varint(7 << 3 | 1) + bytes(8),
        varint(8 << 3 | 5) + bytes(4),
    ]
    body = b""
    for place, (text, score) in enumerate(pieces):
        inner = [field(1, text.encode()), varint(2 << 3 | 5) + struct.pack("<f", score), varint(3 << 3) + b"\x01"]
        body += noise[place % 4] + field(1, b"".join(inner[::-1] if place % 2 else inner))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.model"
        path.write_bytes(body)
        assert list(read_pieces(path)) == pieces


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"\x0a", "index out of range"),
        (b"\x0a\x05ab", "ends at byte 4 in a field of 5 bytes"),
        (b"\x0b", "wire type 3 at byte 1"),
        (b"\x0a\x03\x0a\x01\xff", "utf-8"),
        (b"\x0a\x04\x12\x02ab", "unpack requires a buffer of 4 bytes"),
        (b"\xff\xff\xff", "index out of range"),
    ],
)
def test_a_torn_model_is_named(body: bytes, says: str, tmp_path: Path) -> None:
    """Cut or damaged anywhere, a tokenizer.model is refused with its path and what is wrong in it."""
    (tmp_path / "tokenizer.model").write_bytes(body)
    with pytest.raises(InputError, match=r"tokenizer\.model: not a SentencePiece model \(") as caught:
        list(read_pieces(tmp_path / "tokenizer.model"))
    assert says in str(caught.value)


def test_the_earlier_a_merge_the_higher_its_score(tmp_path: Path) -> None:
    """Both forms of a merge are read, and a piece that several merges make has the score of the first."""
    merges = ["र ा", ["रा", "य"], "क ख", ["र", "ाय"]]
    assert merge_scores(tmp_path, merges) == {"रा": 0.0, "राय": -1.0, "कख": -2.0}
    for merge in ("रा", " ा", ["र", ""]):
        with pytest.raises(InputError, match=r"merge 1 is .*; expected two pieces"):
            merge_scores(tmp_path, ["क ख", merge])
