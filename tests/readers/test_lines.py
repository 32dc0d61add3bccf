"""Lines of a stream: the same whatever the size of its pieces, each with its place, a long one rejected."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st

from datakit.readers.encoding import Encoding, Text
from datakit.readers.lines import decoded, lines
from datakit.readers.row import Row

MOST = 12
DATA = st.lists(st.sampled_from([b"\n", b"\r\n", b"a", "क".encode(), b"x" * 9, b"y" * 30, b""]), max_size=14).map(
    b"".join
)


class Pieces(io.BytesIO):
    """A stream that gives so many bytes at a time, as a decompressor may."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def found(data: bytes, size: int, start: int = 0) -> list[tuple[object, ...]]:
    text = Text(Pieces(data, size), start, Encoding("utf-8"))
    return [
        ("long", *map(int, re.findall(r"\d+", line.locator))) if isinstance(line, Row) else line
        for line in lines(text, max_bytes=MOST)
    ]


def expected(data: bytes) -> list[tuple[object, ...]]:
    """Return the lines by the rule written out over the whole of the data."""
    told: list[tuple[object, ...]] = []
    offset = 0
    parts = data.split(b"\n")
    for number, part in enumerate(parts, 1):
        if part or number < len(parts):
            end = offset + len(part)
            told.append(("long", offset, end) if len(part) > MOST else (number, offset, part.removesuffix(b"\r")))
        offset += len(part) + 1
    return told


@given(DATA, st.integers(1, 40))
def test_the_size_of_the_pieces_changes_no_line(data: bytes, size: int) -> None:
    """Number, place and bytes of each line are those of the whole file, long lines and empty ones among them."""
    assert found(data, size) == expected(data)


@given(DATA, st.integers(1, 40), st.integers(0, 3))
def test_places_count_from_the_file_and_not_from_the_text(data: bytes, size: int, mark: int) -> None:
    """Behind a byte order mark every place is as much further."""
    plain, moved = found(data, size), found(data, size, start=mark)
    assert len(plain) == len(moved)
    for one, other in zip(plain, moved, strict=True):
        if one[0] == "long":
            assert other == ("long", *(int(str(place)) + mark for place in one[1:]))
        else:
            assert other == (one[0], int(str(one[1])) + mark, one[2])


@given(DATA.filter(lambda data: b"\r" not in data), st.integers(500, 900))
def test_old_line_ends_are_line_ends(data: bytes, size: int) -> None:
    """A file of CR alone has the lines of the same file with LF."""
    if b"\n" in data:
        assert found(data.replace(b"\n", b"\r"), size) == expected(data)


@given(st.lists(st.text("कखa ", max_size=3) | st.just("क\x00"), max_size=6), st.integers(1, 20))
def test_a_line_with_nul_costs_itself_only(texts: list[str], size: int) -> None:
    """Text lines come with their numbers, those with NUL bytes as rejects in their place."""
    stream = Pieces("\n".join([*texts, "end"]).encode(), size)
    told = list(decoded(Text(stream, 0, Encoding("utf-8")), "text"))
    assert len(told) == len(texts) + 1
    for number, (line, text) in enumerate(zip(told, [*texts, "end"], strict=True), 1):
        if "\x00" in text:
            assert isinstance(line, Row)
            assert (line.reason, line.locator) == ("nul_bytes", f"line {number}")
        else:
            assert line == (number, text)
