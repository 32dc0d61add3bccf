"""Sitemaps."""

import gzip
from pathlib import Path

import pytest

from datakit.scrape import sitemap
from datakit.scrape.sitemap import BadSitemap, Entry, entries

URL = "http://example.org/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "map"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def listed(folder: Path, text: str | bytes) -> list[Entry]:
    return list(entries(written(folder, text), URL))


PAGES = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> http://example.org/a?x=1&amp;y=2 </loc><lastmod>2026-11-01</lastmod>
<image:image><image:loc>http://example.org/a.jpg</image:loc></image:image></url>
<url><lastmod>2026-11-02</lastmod></url>
<url><loc>/b</loc></url><url><loc>ftp://example.org/c</loc></url>
</urlset>"""


def test_pages_in_their_order(tmp_path: Path) -> None:
    """Entries come in the file's order and one spelling; those without a web address are left out."""
    assert listed(tmp_path, PAGES) == [
        Entry("http://example.org/a?x=1&y=2", False),
        Entry("http://example.org/b", False),
    ]


def test_an_index_leads_to_sitemaps(tmp_path: Path) -> None:
    """The entries of an index are marked as sitemaps, not as pages."""
    text = f"<sitemapindex {NS}><sitemap><loc>http://example.org/s1.xml.gz</loc></sitemap></sitemapindex>"
    assert listed(tmp_path, text) == [Entry("http://example.org/s1.xml.gz", True)]


def test_packed_plain_and_without_namespace(tmp_path: Path) -> None:
    """gzip, a text of URLs, a byte order mark and a missing namespace are all understood."""
    assert len(listed(tmp_path, gzip.compress(PAGES.encode()))) == 2
    text = "\ufeffhttp://example.org/a\r\n\r\nhttp://example.org/शिवाजी\nhttp://example.org/c"
    assert [entry.url[-3:] for entry in listed(tmp_path, text)] == ["g/a", "%80", "g/c"]
    assert len(listed(tmp_path, "\ufeff<urlset><url><loc>http://example.org/a</loc></url></urlset>")) == 1


def test_a_sitemap_that_breaks_off_gives_what_it_had(tmp_path: Path) -> None:
    """Entries before the break are given, then the fault is told."""
    for broken in (PAGES[:-40].encode(), gzip.compress(PAGES.encode() * 50)[:400]):
        found: list[Entry] = []
        with pytest.raises(BadSitemap, match="no whole sitemap"):
            found.extend(entries(written(tmp_path, broken), URL))  # extend keeps what came before the error
        assert found


def test_entities_do_not_explode(tmp_path: Path) -> None:
    """A bomb of entities and an entity that names a file give nothing of what they promise."""
    (tmp_path / "secret").write_text("http://example.org/secret")
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{"".join(f"&{chr(97 + n)};" for _ in range(10))}">' for n in range(10)
    )
    text = f"{bomb}]><urlset><url><loc>http://example.org/&k;</loc></url></urlset>"
    try:
        found = listed(tmp_path, text)
    except BadSitemap:
        found = []
    assert all(len(entry.url) < 100 for entry in found)
    file = f'<!DOCTYPE a [<!ENTITY f SYSTEM "file://{tmp_path}/secret">]><urlset><url><loc>&f;</loc></url></urlset>'
    assert all("secret" not in entry.url for entry in listed(tmp_path, file))


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond 50,000 entries or 50 MiB, unpacked, nothing more is read, and it is said."""
    monkeypatch.setattr(sitemap, "MAX_ENTRIES", 10)
    found: list[Entry] = []
    with pytest.raises(BadSitemap, match="more than 10 entries"):
        found.extend(entries(written(tmp_path, "".join(f"http://example.org/{n}\n" for n in range(50))), URL))
    assert len(found) == 10
    assert len(listed(tmp_path, "http://example.org/a\n" * 10)) == 10
    with pytest.raises(BadSitemap, match="more than 52,428,800 bytes"):
        listed(tmp_path, gzip.compress(b"\n" * (60 << 20)))
    with pytest.raises(BadSitemap, match="Resource limit"):
        listed(tmp_path, gzip.compress(b"<urlset>" + b" " * (60 << 20)))
    with pytest.raises(BadSitemap, match="a line of more than"):
        listed(tmp_path, b"x" * 200_000)
