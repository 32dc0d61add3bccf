"""Scans: pictures of pages are read by OCR, page by page."""

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from datakit.readers import discover, inspect, read
from datakit.readers.ocr import Ocr, mended, tesseract_version
from datakit.readers.pictures import is_blank, without_watermark
from tests.readers.fake_tesseract import install, table

Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def fresh_version() -> Iterator[None]:
    """What is on PATH differs from test to test."""
    tesseract_version.cache_clear()
    yield
    tesseract_version.cache_clear()


def png(width: int = 40, height: int = 40) -> bytes:
    """Return a white PNG; of a large one only what its head claims."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\xff" * min(width, 64)) * min(height, 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.png", png()), ("a.jpg", b"\xff\xd8\xff\xe0x"), ("a.tif", b"II*\x00x")],
    ids=["png", "jpg", "tif"],
)
def test_a_scan_is_read(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes) -> None:
    """A picture gives the pairs that OCR reads on it."""
    install(tmp_path / "bin", table(["प्रश्न: कोण होते?", "उत्तर: शाहू महाराज"]))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (raw / name).write_bytes(data)
    (source,) = discover(raw)
    (row,) = [row for batch in read(source) for row in batch.to_dicts()]
    assert (row["question"], row["answer"], row["locator"]) == ("कोण होते?", "शाहू महाराज", "page 1 lines 1-2")
    assert inspect(source).shapes == {"page (ocr)": 1}


def test_pages_of_a_tiff(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page of a TIFF has its number."""
    first = table(["प्रश्न: पहिले कोण?", "उत्तर: शिवाजी महाराज"])
    second = table(["प्रश्न: दुसरे कोण?", "उत्तर: संभाजी महाराज"]).split("\n", 1)[1]
    both = first + "".join(f"{line[:2]}2{line[3:]}\n" for line in second.splitlines())
    install(tmp_path / "bin", both)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (raw / "a.tif").write_bytes(b"II*\x00x")
    (source,) = discover(raw)
    found = [row["locator"] for batch in read(source) for row in batch.to_dicts()]
    assert found == ["page 1 lines 1-2", "page 2 lines 1-2"]


def test_without_ocr_a_scan_is_told(raw: Path) -> None:
    """With --ocr never a picture is one reject that says how to read it."""
    (raw / "a.png").write_bytes(png())
    (source,) = discover(raw)
    (row,) = [row for batch in read(source, ocr=Ocr(mode="never")) for row in batch.to_dicts()]
    assert row["reject_reason"] == "needs_ocr"
    assert "run again with --ocr auto" in row["reject_detail"]


def test_a_picture_that_claims_too_much(rows: Read) -> None:
    """A small file that claims more points than any page is refused before a program opens it."""
    (row,) = rows("a.png", png(60_000, 60_000))
    assert row["reject_reason"] == "row_too_large"
    assert "200,000,000 points" in row["reject_detail"]


@pytest.mark.parametrize(
    ("read_as", "word"),
    [("प्रश्\u200dन:", "प्रश्न:"), ("उत्तरः", "उत्तर:"), ("उत्तरः!", "उत्तर:"), ("दुःख", "दुःख"), ("अंतःकरण", "अंतःकरण")],
)
def test_words_are_mended(read_as: str, word: str) -> None:
    """Joiners and colons as Tesseract gives them are put right; a visarga inside a word stays."""
    assert mended(read_as) == word


def test_watermarks_and_blank_pages() -> None:
    """One pale grey that stands out becomes white, the greys of a noisy scan stay; dust is no letter."""
    import numpy as np

    page = np.full((400, 400), 255, np.uint8)
    assert is_blank(page)
    page[10, 10:15] = 0
    assert is_blank(page)
    page[50:60, 50:200] = 0
    page[100:200, 100:200] = 170
    clean = without_watermark(page)
    assert clean[150, 150] == 255
    assert clean[55, 100] == 0
    noisy = (255 - np.abs(np.random.default_rng(1).normal(0, 40, (400, 400)))).clip(0, 255).astype(np.uint8)
    assert (without_watermark(noisy) == noisy).all()
