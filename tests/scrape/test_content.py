"""What a document is."""

import pytest

from datakit.scrape.content import is_wanted, leads_nowhere, media_type, suffix_of

PAGE = b"<!DOCTYPE html><html><body>\xe0\xa4\xae</body></html>"
ZIP = b"PK\x03\x04"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

CASES = {
    "a page": ("text/html; charset=utf-8", PAGE, "http://a.org/x", ".html"),
    "a page with a byte order mark": ("text/html", b"\xef\xbb\xbf\n" + PAGE, "http://a.org/x", ".html"),
    "a page in UTF-16": ("text/html", b"\xff\xfe<\x00h\x00", "http://a.org/x", ".html"),
    "xhtml": ("application/xhtml+xml", b'<?xml version="1.0"?><html/>', "http://a.org/x", ".html"),
    "a page called text": ("text/plain", PAGE, "http://a.org/x.txt", ".html"),
    "a page without a type": ("", PAGE, "http://a.org/x", ".html"),
    "a page called PDF": ("application/pdf", PAGE, "http://a.org/x.pdf", ".html"),
    "a PDF": ("application/pdf", b"%PDF-1.7", "http://a.org/x", ".pdf"),
    "a PDF called a page": ("text/html", b"%PDF-1.4", "http://a.org/x", ".pdf"),
    "a PDF for download": ("application/octet-stream", b"%PDF-1.4", "http://a.org/d?id=7", ".pdf"),
    "no PDF at all": ("application/pdf", b"not found", "http://a.org/x.pdf", None),
    "text": ("text/plain; charset=UTF-8", "प्रश्न: … उत्तर: …".encode(), "http://a.org/x", ".txt"),
    "Markdown called text": ("text/plain", b"# x", "http://a.org/x.md", ".md"),
    "CSV": ("text/csv", b"a,b", "http://a.org/x", ".csv"),
    "JSON Lines called binary": ("binary/octet-stream", b'{"a":1}', "http://a.org/x.jsonl", ".jsonl"),
    "DOCX": (DOCX, ZIP + b"x", "http://a.org/x", ".docx"),
    "DOCX for download": ("application/octet-stream", ZIP + b"x", "http://a.org/a.docx", ".docx"),
    "EPUB": ("application/octet-stream", ZIP + b"a" * 26 + b"mimetypeapplication/epub+zip", "http://a.org/d", ".epub"),
    "an archive of who knows what": ("application/octet-stream", ZIP, "http://a.org/d.zip", None),
    "an archive called a page": ("text/html", ZIP, "http://a.org/d", None),
    "a picture called a page": ("text/html", b"\x89PNG\r\n\x1a\n\x00", "http://a.org/x", None),
    "a program": ("application/octet-stream", b"\x7fELF\x00", "http://a.org/x", None),
}


@pytest.mark.parametrize("name", CASES)
def test_bytes_before_headers_before_names(name: str) -> None:
    """The first bytes decide, then the header, then the URL; what no reader takes has no suffix."""
    header, head, url, suffix = CASES[name]
    assert suffix_of(header, head, url) == suffix


def test_what_no_reader_takes_is_not_even_fetched() -> None:
    """Headers of pictures, films and style sheets are refused; a header that says nothing is not."""
    assert [
        is_wanted(kind) for kind in ("text/html; charset=x", "", "APPLICATION/PDF", "application/octet-stream")
    ] == [True] * 4
    assert [is_wanted(kind) for kind in ("image/png", "video/mp4", "text/css", "application/zip")] == [False] * 4
    assert media_type(" Text/HTML ; charset=utf-8") == "text/html"


def test_links_to_pictures_are_not_followed() -> None:
    """The name of a link to a picture tells; a query or a page that only looks like it does not."""
    assert leads_nowhere("http://a.org/gad/RAIGAD.JPG")
    assert leads_nowhere("http://a.org/x.css?v=3")
    assert not leads_nowhere("http://a.org/raigad.jpg/")
    assert not leads_nowhere("http://a.org/?photo=raigad.jpg")
    assert not leads_nowhere("http://a.org/granth.pdf")
