"""Unicode in any form is read; eight-bit text is not taken for it."""

from collections.abc import Callable
from typing import Any

import pytest

from datakit.readers.encoding import detect

Read = Callable[..., list[dict[str, Any]]]

TABLE = "प्रश्न,उत्तर\nराज्याभिषेक कधी झाला?,६ जून १६७४\nजन्म कोठे?,शिवनेरी\n"
PLAIN = "प्र. राज्याभिषेक कधी झाला?\nउ. ६ जून १६७४\n"
LINES = '{"question": "राज्याभिषेक कधी झाला?", "answer": "६ जून १६७४"}\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(("name", "content"), [("a.csv", TABLE), ("a.txt", PLAIN), ("a.md", PLAIN), ("a.jsonl", LINES)])
def test_unicode_in_any_form(rows: Read, name: str, content: str, encoding: str) -> None:
    """UTF-8, UTF-16 and UTF-32, with a byte order mark or without, give the same text and the same places."""
    plain = rows(name, content)
    found = rows(name, content.encode(encoding))
    keys = ("question", "answer", "locator", "raw_sha256", "reject_reason")
    assert [[row[key] for key in keys] for row in found] == [[row[key] for key in keys] for row in plain]
    assert found[0]["answer"] == "६ जून १६७४"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"plain ASCII", "utf-8"),
        ("मराठी".encode()[:-1], "utf-8"),  # cut inside the last letter
        ("इतिहास ".encode() * 5 + b"\xff", "utf-8"),
        ("मराठी इतिहास १".encode("utf-16-le") * 9, "utf-16-le"),
        ("मराठी इतिहास १".encode("utf-16-be") * 9, "utf-16-be"),
        (b"a\x00b\x00,\x00", "utf-16-le"),
        ("कोश".encode() + b"\x00" * 40 + "कोश".encode(), "utf-8"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(head: bytes, name: str) -> None:
    """A mark, NUL bytes on one side, or UTF-8 that decodes tell the encoding; stray NUL bytes do not."""
    assert detect(head).name == name


def test_eight_bit_text_is_rejected_with_what_to_do(rows: Read) -> None:
    """Lines of an 8-bit code page are rejected one by one, the guess and the next step named; ASCII lines are read."""
    content = b"question,answer\n" + "naïve résumé,déjà vu\n".encode("cp1252") * 3 + b"a,b\n"
    found = rows("a.csv", content)
    assert [row["reject_reason"] for row in found] == ["legacy_encoding"] * 3 + [None]
    assert "save it as UTF-8, or convert its legacy font first" in found[0]["reject_detail"]


def test_damage_in_utf8_is_not_taken_for_a_code_page(rows: Read) -> None:
    """A few bad bytes among Devanagari are damage of their lines."""
    found = rows("a.txt", PLAIN.encode() + b"\xff\xfe\n" + PLAIN.encode())
    assert sorted(str(row["reject_reason"]) for row in found) == ["None", "None", "invalid_utf8"]


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\x00" * 5000, b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.md", "a.html"])
def test_empty_files(rows: Read, name: str, content: bytes) -> None:
    """A file of nothing, of white space or of NUL bytes is one reject, whatever its format."""
    (row,) = rows(name, content)
    assert (row["reject_reason"], row["locator"]) in (("empty_file", "file"), ("no_question_answer_pairs", "body"))
    assert "remove the file" in row["reject_detail"] or name == "a.html"


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet", "a.arrow", "a.zip", "a.gz", "a.zst", "a.pdf"])
def test_files_of_no_bytes(rows: Read, name: str) -> None:
    """A file of 0 bytes is empty before it is anything else."""
    assert [row["reject_reason"] for row in rows(name, b"")] == ["empty_file"]
