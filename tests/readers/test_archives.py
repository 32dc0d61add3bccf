"""Archives: what is inside is read, what must not be is rejected by name."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from datakit.readers import expansion

Read = Callable[..., list[dict[str, Any]]]

LINES = "".join(f'{{"question": "प्रश्न {n}?", "answer": "उत्तर {n}"}}\n' for n in range(2000)).encode()
LINE = b'{"question": "Q?", "answer": "A"}\n'


def zipped(members: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "zst": lambda data: zstandard.compress(data),
}


@pytest.mark.parametrize("kind", PACK)
def test_packed_files_keep_their_places(rows: Read, kind: str) -> None:
    """A packed file gives the rows of the file inside, named as the packed one, places counted inside."""
    found = rows(f"a.jsonl.{kind}", PACK[kind](LINES))
    assert len(found) == 2000
    assert (found[1999]["file"], found[1999]["locator"], found[1999]["answer"]) == (
        f"a.jsonl.{kind}",
        "line 2000",
        "उत्तर 1999",
    )


@pytest.mark.parametrize("kind", PACK)
def test_several_frames_are_one_file(rows: Read, kind: str) -> None:
    """Packed files that were joined are read to the end of the last."""
    half = len(LINES) // 2
    assert len(rows(f"a.jsonl.{kind}", PACK[kind](LINES[:half]) + PACK[kind](LINES[half:]))) == 2000


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("inner", ["a.csv", "a.txt", "a.json"])
def test_the_format_inside_is_recognised(rows: Read, kind: str, inner: str) -> None:
    """The name without the packing, and the bytes, tell the format inside."""
    content = {
        "a.csv": "प्रश्न,उत्तर\nक?,ख\n",
        "a.txt": "प्र. क?\nउ. ख\n",
        "a.json": '[{"question": "क?", "answer": "ख"}]',
    }[inner]
    (row,) = rows(f"{inner}.{kind}", PACK[kind](content.encode()))
    assert (row["question"], row["answer"]) == ("क?", "ख")


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_truncated_stream_keeps_what_came(rows: Read, kind: str, share: float) -> None:
    """Rows before the cut are read; the cut is a reject, never silence."""
    noise = random.Random(1)
    data = b"".join(
        b'{"question": "%d?", "answer": "%d"}\n' % (noise.getrandbits(200), noise.getrandbits(200))
        for _ in range(20_000)
    )
    packed = PACK[kind](data)
    found = rows(f"a.jsonl.{kind}", packed[: int(len(packed) * share)])
    assert found[-1]["reject_reason"] == "truncated_file"
    assert found[-1]["locator"].startswith("byte ")
    assert "fetch the file again" in found[-1]["reject_detail"]
    assert 100 < sum(row["reject_reason"] is None for row in found) < 20_000


@pytest.mark.parametrize("kind", PACK)
def test_a_damaged_stream(rows: Read, kind: str) -> None:
    """A flipped byte inside is a reject that says so."""
    packed = bytearray(PACK[kind](LINES))
    packed[len(packed) // 2] ^= 0xFF
    found = rows(f"a.jsonl.{kind}", bytes(packed))
    assert {row["reject_reason"] for row in found} & {"unreadable_file", "truncated_file"}


@pytest.mark.parametrize("kind", PACK)
def test_what_is_not_packed(rows: Read, kind: str) -> None:
    """A file that only has the name of a packed one is rejected."""
    assert [row["reject_reason"] for row in rows(f"a.jsonl.{kind}", b"plain text, not packed")] == ["unreadable_file"]


def test_members_of_a_zip(rows: Read) -> None:
    """Members are read in order of their names, Devanagari and spaces included; hidden files and notes are left out."""
    members = {
        "ब/दुसरी फाईल.csv": "प्रश्न,उत्तर\nक?,ख\n".encode(),
        "अ.jsonl": LINE,
        "README.md": b"# x?\n\ny\n",
        "__MACOSX/a.jsonl": LINE,
        ".x.jsonl": LINE,
    }
    found = rows("संच.zip", zipped(members))
    assert [(row["file"], row["locator"]) for row in found] == [
        ("संच.zip/अ.jsonl", "line 1"),
        ("संच.zip/ब/दुसरी फाईल.csv", "line 2"),
    ]


def test_names_written_without_their_mark(rows: Read) -> None:
    """UTF-8 names that an old tool did not mark as such are read right."""
    data = bytearray(zipped({"इतिहास.jsonl": LINE}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        data[at + 1] &= ~0x08
    assert rows("a.zip", bytes(data))[0]["file"] == "a.zip/इतिहास.jsonl"


@pytest.mark.parametrize(
    "name", ["../out.jsonl", "/etc/out.jsonl", "a/../../out.jsonl", "..\\out.jsonl", "C:/out.jsonl"]
)
def test_members_that_climb_out(rows: Read, name: str) -> None:
    """A member whose name leads out of the archive is rejected; its neighbours are read."""
    found = rows("a.zip", zipped({name: LINE, "z.jsonl": LINE}))
    assert sorted(str(row["reject_reason"]) for row in found) == ["None", "unsafe_path"]
    (bad,) = [row for row in found if row["reject_reason"]]
    assert name.replace("\\", "/") in bad["reject_detail"]


def test_a_link_in_a_zip(rows: Read) -> None:
    """A link in an archive is not followed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a.jsonl")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert [row["reject_reason"] for row in rows("a.zip", buffer.getvalue())] == ["unsafe_path"]


def test_an_encrypted_member(rows: Read) -> None:
    """A member with a password is rejected by name; its neighbours are read."""
    data = bytearray(zipped({"a.jsonl": LINE, "b.jsonl": LINE}))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    found = rows("a.zip", bytes(data))
    assert [row["reject_reason"] for row in found] == ["encrypted_archive", None]
    assert "'a.jsonl'" in found[0]["reject_detail"]


def test_one_level_of_nesting(rows: Read) -> None:
    """An archive inside an archive is read, one more is rejected."""
    inner = zipped({"c.jsonl": LINE})
    found = rows(
        "a.zip", zipped({"b.zip": inner, "d.zip": zipped({"e.zip": inner}), "f.jsonl.gz": gzip.compress(LINE)})
    )
    assert [(row["file"], row["reject_reason"]) for row in found] == [
        ("a.zip/b.zip/c.jsonl", None),
        ("a.zip/d.zip/e.zip", "nested_archive"),
        ("a.zip/f.jsonl.gz", None),
    ]


@pytest.fixture
def small_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bombs of a size that tests can afford."""
    monkeypatch.setattr(expansion, "ARCHIVE_FLOOR_BYTES", 1 << 20)


@pytest.mark.usefixtures("small_floor")
@pytest.mark.parametrize("kind", ["gz", "zst", "zip"])
def test_bombs(rows: Read, kind: str) -> None:
    """An archive that unpacks beyond 200 to 1 is stopped while it is read, by what really comes out of it."""
    data = LINE + b" " * (8 << 20)
    packed = zipped({"a.jsonl": data}) if kind == "zip" else PACK[kind](data)
    found = rows(f"a.jsonl.{kind}" if kind != "zip" else "a.zip", packed)
    assert found[-1]["reject_reason"] == "archive_too_large"
    assert "limit 200 to 1" in found[-1]["reject_detail"]


@pytest.mark.usefixtures("small_floor")
def test_a_bomb_that_lies_about_its_size(rows: Read) -> None:
    """Sizes in headers are not believed: bytes are counted."""
    data = bytearray(zipped({"a.jsonl": LINE + b" " * (8 << 20)}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (len(LINE)).to_bytes(4, "little")
    assert {row["reject_reason"] for row in rows("a.zip", bytes(data))} - {None}


@pytest.mark.usefixtures("small_floor")
def test_many_small_members_share_one_budget(rows: Read) -> None:
    """A bomb in pieces is a bomb."""
    found = rows("a.zip", zipped({f"{n:03}.jsonl": LINE + b" " * (900 << 10) for n in range(50)}))
    assert "archive_too_large" in {row["reject_reason"] for row in found}


def test_well_packed_text_is_no_bomb(rows: Read) -> None:
    """A small file of equal lines packs a thousand to one and is read."""
    assert len(rows("a.jsonl.gz", gzip.compress(LINE * 20_000))) == 20_000


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_truncated_zip(rows: Read, share: float) -> None:
    """A zip archive without its directory is one reject."""
    data = zipped({"a.jsonl": LINES})
    (row,) = rows("a.zip", data[: int(len(data) * share)])
    assert row["reject_reason"] == "truncated_file"


def test_a_damaged_member(rows: Read) -> None:
    """A member whose checksum fails is rejected by name, and the next is read."""
    data = bytearray(zipped({"a.jsonl": LINES, "b.jsonl": LINE}))
    data[200] ^= 0xFF
    found = rows("a.zip", bytes(data))
    assert found[-1]["file"] == "a.zip/b.jsonl"
    assert {row["reject_reason"] for row in found} & {"unreadable_file", "invalid_json", "invalid_utf8"}
    assert any("member" in (row["reject_detail"] or "") for row in found)


def test_unsupported_members(rows: Read) -> None:
    """A member that no reader takes is rejected as a file outside would be."""
    (row,) = rows("a.zip", zipped({"पुस्तक.rtf": b"{\\rtf1"}))
    assert (row["file"], row["reject_reason"]) == ("a.zip/पुस्तक.rtf", "unsupported_format")


def test_temporary_copies_are_gone(rows: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that was unpacked to disk leaves nothing behind."""
    import tempfile

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    assert [row["reject_reason"] for row in rows("a.zip", zipped({"a.parquet": b"PAR1 no"}))] == ["unreadable_file"]
    assert list(scratch.iterdir()) == []
