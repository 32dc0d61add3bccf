"""EPUB: chapters in reading order, hostile books by their names."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., list[dict[str, Any]]]

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/>'
    "</rootfiles></container>"
)
OPF = """<package xmlns="http://www.idpf.org/2007/opf"><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="b%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
<item id="c" href="c.png" media-type="image/png"/></manifest><spine><itemref idref="nav"/><itemref idref="b"/>
<itemref idref="a"/><itemref idref="c"/></spine></package>"""


def chapter(body: str) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>'
    return f"{head}{body}</body></html>"


def book(**changed: str | None) -> bytes:
    """Return a book; `container`, `opf`, `first`, `second`, `encryption` replace its parts (None: left out)."""
    parts = {
        "META-INF/container.xml": changed.get("container", CONTAINER),
        "META-INF/encryption.xml": changed.get("encryption"),
        "OPS/book.opf": changed.get("opf", OPF),
        "OPS/nav.xhtml": chapter("<h1>अनुक्रमणिका?</h1><p>१</p>"),
        "OPS/a.xhtml": changed.get("second", chapter("<p>यादवांची राजधानी देवगिरी होती.</p>")),
        "OPS/b b.xhtml": changed.get("first", chapter("<h2>होन म्हणजे काय?</h2><p>सोन्याचे नाणे.</p>")),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/epub+zip")
        for name, body in parts.items():
            if body is not None:
                archive.writestr(name, body)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["a.epub", "a.zip", "noext"])
def test_chapters_in_reading_order(rows: Read, name: str) -> None:
    """The spine tells the order, the table of contents is passed over, each chapter is a page with its own path."""
    first, second = rows(name, book())
    assert (first["file"], first["question"], first["answer"]) == (
        f"{name}/OPS/b b.xhtml", "होन म्हणजे काय?", "सोन्याचे नाणे."
    )  # fmt: skip
    assert first["locator"].startswith("body > h2 chars ")
    assert (second["file"], second["reject_reason"]) == (f"{name}/OPS/a.xhtml", "no_question_answer_pairs")
    assert second["context"] == "यादवांची राजधानी देवगिरी होती."


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (book(container=None), "unreadable_file", "no META-INF/container.xml"),
        (book(container="<container/>"), "unreadable_file", "no book in META-INF"),
        (book(opf=None), "unreadable_file", "no OPS/book.opf"),
        (book(opf="<package"), "unreadable_file", "no readable OPS/book.opf"),
        (book(opf="<package/>"), "unreadable_file", "no chapter in OPS/book.opf"),
        (book(opf=OPF + " " * (17 << 20)), "archive_too_large", "in OPS/book.opf"),
        (b"PK\x03\x04 no archive", "unreadable_file", "no readable book"),
    ],
)
def test_books_that_are_none(rows: Read, data: bytes, reason: str, detail: str) -> None:
    """A book without its list of chapters is refused by what is missing."""
    (row,) = rows("a.epub", data)
    assert row["reject_reason"] == reason
    assert detail in row["reject_detail"]


def test_a_chapter_that_is_missing(rows: Read) -> None:
    """A chapter that the book lists and does not hold is told by its name; the others are read."""
    missing, other = rows("a.epub", book(first=None))
    assert (missing["reject_reason"], missing["locator"]) == ("unreadable_file", "OPS/b b.xhtml")
    assert other["reject_reason"] == "no_question_answer_pairs"


def test_a_locked_book(rows: Read) -> None:
    """Chapters behind a lock are told; fonts that are only obscured lock nothing."""
    data = '<EncryptedData><CipherData><CipherReference URI="OPS/a.xhtml"/></CipherData></EncryptedData>'
    locked = f"<encryption>{data}</encryption>"
    assert [row["reject_reason"] for row in rows("a.epub", book(encryption=locked))] == [None, "encrypted_file"]
    fonts = locked.replace("OPS/a.xhtml", "OPS/font.otf")
    assert [row["reject_reason"] for row in rows("b.epub", book(encryption=fonts))] == [
        None,
        "no_question_answer_pairs",
    ]


def test_a_swollen_chapter(rows: Read) -> None:
    """A chapter that unpacks to far more than its size ends the book, and no memory with it."""
    found = rows("a.epub", book(first=chapter("<p>" + " " * (70 << 20))))
    assert "archive_too_large" in [row["reject_reason"] for row in found]


def test_entities_are_not_resolved(rows: Read, tmp_path: Any) -> None:
    """Neither the list of chapters nor a chapter can read a file of the machine."""
    (tmp_path / "secret").write_text("गुपित")
    entity = f'<!DOCTYPE p [<!ENTITY x SYSTEM "file://{tmp_path / "secret"}">]>'
    found = rows("a.epub", book(opf=entity + OPF.replace("b%20b", "&x;"), second=entity + chapter("<p>&x; मजकूर</p>")))
    assert "गुपित" not in str(found)
