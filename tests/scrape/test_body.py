"""Bodies: unpacked, hashed, bounded."""

import asyncio
import gzip
import hashlib
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.scrape.body import BadBody, Stored, TooLarge, decoder, store

TEXT = "शिवाजी महाराजांचा राज्याभिषेक १६७४ मध्ये झाला. ".encode() * 400


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


def stored(
    data: bytes, coding: str, folder: Path, *, size: int = 1000, limit: int = 1 << 20, cut: bool = False
) -> Stored:
    return asyncio.run(store(chunks(data, size), coding, folder / "body", max_bytes=limit, cut=cut))


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "plain": ("", TEXT),
    "identity": ("identity", TEXT),
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("X-GZip", gzip.compress(TEXT)),
    "two members": ("gzip", gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])),
    "padding": ("gzip", gzip.compress(TEXT) + b"\x00" * 300),
    "zlib": ("deflate", zlib.compress(TEXT)),
    "bare deflate": ("deflate", bare(TEXT)),
}


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("form", PACKED)
def test_every_coding_gives_the_same_bytes(form: str, size: int, tmp_path: Path) -> None:
    """However a body is packed and cut into pieces, the file holds what was packed, and its hash is of that."""
    coding, data = PACKED[form]
    found = stored(data, coding, tmp_path, size=size)
    assert found.path.read_bytes() == TEXT
    assert (found.sha256, found.size) == (hashlib.sha256(TEXT).hexdigest(), len(TEXT))


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
@pytest.mark.parametrize("length", [(256 << 10) - 1, 256 << 10, (256 << 10) + 1, 1 << 20])
def test_nothing_is_left_in_the_unpacker(length: int, size: int, tmp_path: Path) -> None:
    """Where the last piece fills a step exactly, what the unpacker still holds comes out as well."""
    data = bytes(length)
    for coding, packed in (("deflate", bare(data)), ("deflate", zlib.compress(data)), ("gzip", gzip.compress(data))):
        assert stored(packed, coding, tmp_path, size=size, limit=2 << 20).size == length


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_survive_packing(data: bytes, size: int) -> None:
    """Unpacking piece by piece is unpacking at once."""
    for coding, packed in (("gzip", gzip.compress(data)), ("deflate", zlib.compress(data))):
        unpack = decoder(coding)
        parts = [part for begin in range(0, len(packed), size) for part in unpack.decode(packed[begin : begin + size])]
        unpack.finish()
        assert b"".join(parts) == data


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_a_coding_not_asked_for_is_refused(coding: str) -> None:
    """A coding that was not offered, or two on top of each other, is named in the refusal."""
    with pytest.raises(BadBody, match=f"found Content-Encoding '{coding}', expected gzip or deflate"):
        decoder(coding)


def test_a_body_cut_short_is_no_page(tmp_path: Path) -> None:
    """A packed body that stops in the middle is refused; one that is no gzip at all too."""
    with pytest.raises(BadBody, match="stops in the middle"):
        stored(gzip.compress(TEXT)[:-20], "gzip", tmp_path)
    with pytest.raises(BadBody, match="does not unpack"):
        stored(TEXT, "gzip", tmp_path)


def test_the_limit_counts_unpacked_bytes(tmp_path: Path) -> None:
    """A body of exactly the limit is taken, one byte more is not, packed or plain."""
    for coding, data in PACKED.values():
        assert stored(data, coding, tmp_path, limit=len(TEXT)).size == len(TEXT)
        with pytest.raises(TooLarge):
            stored(data, coding, tmp_path, limit=len(TEXT) - 1)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """A gigabyte packed into a megabyte is refused at the limit, and never held."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(1024)] + [packer.flush()])
    assert len(bomb) < 1_100_000
    tracemalloc.start()
    with pytest.raises(TooLarge):
        stored(bomb, "gzip", tmp_path, size=64 << 10, limit=32 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20, f"{peak:,} bytes at the peak"
    assert (tmp_path / "body").stat().st_size <= 32 << 20


def test_bytes_that_unpack_to_nothing_end_too(tmp_path: Path) -> None:
    """Empty gzip members without end are counted by what comes over the wire."""
    with pytest.raises(TooLarge):
        stored(gzip.compress(b"") * 40_000, "gzip", tmp_path, size=64 << 10, limit=100_000)


def test_a_cut_body_is_read_up_to_the_limit(tmp_path: Path) -> None:
    """Where a body may be cut, what lies within the limit is there and little beyond it was read."""
    found = stored(TEXT, "", tmp_path, limit=5000, cut=True)
    assert 5000 < found.size < 5000 + 1100
    assert found.path.read_bytes() == TEXT[: found.size]
    bomb = stored(gzip.compress(bytes(50 << 20)), "gzip", tmp_path, limit=500_000, cut=True)
    assert 500_000 < bomb.size < 3_000_000
