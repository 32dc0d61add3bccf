"""What is found below a folder."""

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError
from datakit.readers import Input, discover, read
from datakit.readers.sniff import UNSUPPORTED, guess

Read = Callable[..., list[dict[str, Any]]]

LINE = '{"question": "क?", "answer": "ख"}\n'


def put(folder: Path, *names: str, content: str = LINE) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def test_inputs_are_sorted_and_named_from_the_folder(raw: Path) -> None:
    """Names are paths below the folder with forward slashes, in an order that no disk decides."""
    put(raw, "ब.jsonl", "a/ब क.jsonl", "a.jsonl", "a/b/c.jsonl")
    found = discover(raw)
    assert [one.name for one in found] == ["a.jsonl", "a/b/c.jsonl", "a/ब क.jsonl", "ब.jsonl"]
    assert found[0] == Input(name="a.jsonl", path=raw / "a.jsonl", size=len(LINE.encode()), format="jsonl")


def test_what_is_no_data_is_left_out(raw: Path) -> None:
    """Notes, licences, hidden and temporary files are no inputs, at any depth and in any case."""
    put(
        raw,
        "sources.toml",
        "README.md",
        "Readme.txt",
        "README",
        "LICENSE",
        "LICENCE.txt",
        ".git/a.jsonl",
        ".a.jsonl",
        "a.jsonl.tmp",
        "x/README.md",
        "b.jsonl",
    )
    assert [one.name for one in discover(raw)] == ["b.jsonl"]


def test_a_folder_named_like_a_file(rows: Read, raw: Path) -> None:
    """A folder called x.csv is a folder: what is in it is read."""
    put(raw, "x.csv/a.jsonl")
    assert rows("x.csv/a.jsonl")[0]["answer"] == "ख"


def test_links_that_lead_out_are_not_followed(rows: Read, raw: Path, tmp_path: Path) -> None:
    """A link to a file or folder outside, or to nowhere, is one reject; one inside is read."""
    put(tmp_path, "secret.jsonl", "folder/a.jsonl")
    put(raw, "a.jsonl")
    (raw / "in.jsonl").symlink_to("a.jsonl")
    (raw / "out.jsonl").symlink_to(tmp_path / "secret.jsonl")
    (raw / "dir").symlink_to(tmp_path / "folder")
    (raw / "loop").symlink_to(raw)
    (raw / "none.jsonl").symlink_to("missing.jsonl")
    assert [one.name for one in discover(raw)] == ["a.jsonl", "dir", "in.jsonl", "none.jsonl", "out.jsonl"]
    for name in ("dir", "out.jsonl", "none.jsonl"):
        (row,) = rows(name)
        assert (row["reject_reason"], row["answer"]) == ("outside_raw", None)
        assert "copy the file itself" in row["reject_detail"]
    assert rows("in.jsonl")[0]["answer"] == "ख"


def test_a_pipe_is_never_opened(rows: Read, raw: Path) -> None:
    """A pipe would make the run wait for ever: it is rejected unopened."""
    os.mkfifo(raw / "a.jsonl")
    (row,) = rows("a.jsonl")
    assert (row["reject_reason"], row["locator"]) == ("unreadable_file", "file")


def test_a_socket_is_never_opened(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket is no file either."""
    monkeypatch.chdir(raw)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jsonl")
        assert [one.format for one in discover(raw)] == ["not a file"]


def test_a_name_that_is_not_utf8(rows: Read, raw: Path) -> None:
    """A name of foreign bytes is shown with them written out, and its file is read."""
    with open(os.fsencode(raw) + b"/\xe9.jsonl", "w", encoding="utf-8") as stream:  # noqa: PTH123 - a name of bytes
        stream.write(LINE)
    assert rows("\\xe9.jsonl")[0]["file"] == "\\xe9.jsonl"


def test_one_file_is_an_input(raw: Path) -> None:
    """A file in place of a folder is one input, named by itself."""
    put(raw, "a.jsonl")
    assert [one.name for one in discover(raw / "a.jsonl")] == ["a.jsonl"]


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is an input error that names it."""
    with pytest.raises(InputError, match=r"nowhere: found no such folder; expected a folder of sources"):
        discover(tmp_path / "nowhere")


def test_a_file_that_went_away(raw: Path) -> None:
    """A file that cannot be opened is an input error: exit 5, not a crash."""
    put(raw, "a.jsonl")
    (source,) = discover(raw)
    source.path.unlink()
    with pytest.raises(InputError, match=r"a\.jsonl: found no such file or directory; expected a file to read"):
        list(read(source))


@pytest.mark.parametrize("name", ["a.rtf", "a.odt", "a.doc", "a.xls", "a.tar", "a.xyz", "noext"])
def test_formats_without_a_reader(rows: Read, name: str) -> None:
    """A file that no reader takes is one reject that names the formats and what reads it today."""
    (row,) = rows(name, b"\x01\x02 binary")
    assert (row["reject_reason"], row["locator"]) == ("unsupported_format", "file")
    assert ".jsonl" in row["reject_detail"]
    suffix = Path(name).suffix
    assert UNSUPPORTED.get(suffix, "convert it") in row["reject_detail"]


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("a.csv", b"PAR1xxxx", "parquet"),
        ("a.txt", b"%PDF-1.7", "pdf"),
        ("a.txt", b'{"question": "a", "answer": "b"}\n{"question"', "jsonl"),
        ("a.txt", b"<!DOCTYPE html><html>", "html"),
        ("a.txt", b'[{"question": "a"}]', "json"),
        ("a.csv", b"question,answer\n", "csv"),
        ("noext", b'{"question": "a", "answer": "b"}\n{"question"', "jsonl"),
        ("a.json", b'{"a": 1}', "json"),
        ("a.jsonl", b'[\n{"question": 1}\n]', "json"),
        ("a.jsonl", b'["a", "b"]\n["c"]\n', "jsonl"),
        ("a.docx", b"PK\x03\x04\x14\x00\x06\x00", "docx"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "docx"),
        ("a.zip", b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/epub+zip", "epub"),
        ("noext", b"\x89PNG\r\n\x1a\n", "picture"),
        ("a.dat", b"\xff\xd8\xff\xe0", "picture"),
        ("a.zip", b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml", "zip"),
        ("a.bin", b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "xlsx"),
        ("a.JSONL", b"{}", "jsonl"),
        ("a.HTM", b"", "html"),
    ],
)
def test_bytes_tell_more_than_names(name: str, head: bytes, kind: str) -> None:
    """The first bytes decide the format, the name where they do not tell."""
    assert guess(name, head) == kind


def test_every_unsupported_format_says_what_reads_it() -> None:
    """No format is refused without a next step."""
    assert {".rtf", ".odt", ".doc"} <= UNSUPPORTED.keys()
    assert all(re.search(r"\w{3}", step) for step in UNSUPPORTED.values())
