"""Following links and sitemaps, within what is declared."""

import gzip
from collections.abc import Callable
from typing import Any

from tests.scrape.conftest import Scrape
from tests.scrape.web import Asked, Reply, Web, html, redirect

Lines = Callable[..., list[dict[str, Any]]]
XML = {"Content-Type": "application/xml"}


def linked(*targets: str) -> Reply:
    return html(" ".join(f'<a href="{target}">दुवा</a>' for target in targets))


def test_links_are_followed_within_prefixes_and_depth(web: Web, fetch: Scrape, lines: Lines) -> None:
    """Pages below the prefixes come level by level; what lies beyond prefix or depth is not asked."""
    web.page("/i/", linked("1", "/j/x", "/i", "../k", web.url("/i/", "127.0.0.2")))
    web.page("/i/1", linked("2", "1#part", "/i/"))
    web.page("/i/2", linked("3"))
    web.page("/i/3", linked("4"))
    fetch(web.url("/i/"), prefixes=(web.url("/i/"),), depth=2)
    assert [(line["url"], line["depth"]) for line in lines()] == [
        (web.url("/i/"), 0), (web.url("/i/1"), 1), (web.url("/i/2"), 2),
    ]  # fmt: skip
    assert web.counts() == {"/i/": 1, "/i/1": 1, "/i/2": 1}


def test_nothing_is_followed_unasked(web: Web, fetch: Scrape) -> None:
    """Without a depth a page's links are left alone."""
    web.page("/", linked("/a"))
    fetch(web.url("/"), prefixes=(web.url("/"),))
    assert web.counts() == {"/": 1}


def test_nofollow_of_a_header(web: Web, fetch: Scrape) -> None:
    """X-Robots-Tag: nofollow is obeyed as the page's own mark is."""
    web.page("/", html('<a href="/a">अ</a>', X_Robots_Tag="noarchive, nofollow"))
    fetch(web.url("/"), prefixes=(web.url("/"),), depth=1)
    assert web.counts() == {"/": 1}


def test_a_calendar_without_end_stops_at_the_limit(web: Web, fetch: Scrape) -> None:
    """A site that makes up new pages for ever gives as many as were asked for."""

    def day(asked: Asked) -> Reply:
        number = int(asked.target.rpartition("/")[2] or 0)
        return linked(*(f"/day/{number * 7 + n}" for n in range(1, 8)))

    web.every(day)
    web.page("/robots.txt", Reply(status=404))
    summary = fetch(web.url("/day/0"), prefixes=(web.url("/day/"),), depth=50, max_pages=60)
    assert summary.outcomes["paan"] == {"stored": 60}
    assert (len(web.counts()), set(web.counts().values())) == (60, {1})


def test_links_of_a_redirected_page_start_where_it_is(web: Web, fetch: Scrape) -> None:
    """Relative links are read against the address that answered."""
    web.page("/a", redirect("/i/start"))
    web.page("/i/start", linked("next"))
    web.page("/i/next", "पुढे")
    fetch(web.url("/a"), prefixes=(web.url("/i/"),), depth=1)
    assert web.counts() == {"/a": 1, "/i/start": 1, "/i/next": 1}


def test_unchanged_pages_are_followed_too(web: Web, fetch: Scrape) -> None:
    """A page that answers 304 keeps its links: they are read from the stored file."""
    web.page(
        "/",
        lambda asked: Reply(status=304) if "if-none-match" in asked.headers else html('<a href="/a">अ</a>', ETag='"1"'),
    )
    web.page("/a", "अ")
    for _ in range(2):
        summary = fetch(web.url("/"), prefixes=(web.url("/"),), depth=1)
    assert summary.outcomes["paan"] == {"unchanged": 2}


def test_sitemaps_indexes_and_packed_ones(web: Web, fetch: Scrape, lines: Lines) -> None:
    """An index leads to sitemaps, packed ones are unpacked, and only pages within the prefixes are taken."""
    locs = "".join(f"<url><loc>{web.url(path)}</loc></url>" for path in ("/i/1", "/i/2", "/j/3", "/i/1"))
    web.page(
        "/s1.xml.gz",
        Reply(gzip.compress(f"<urlset>{locs}</urlset>".encode()), headers={"Content-Type": "application/gzip"}),
    )
    web.page("/s2.txt", Reply(web.url("/i/4").encode(), headers={"Content-Type": "text/plain"}))
    names = "".join(
        f"<sitemap><loc>{web.url(path)}</loc></sitemap>" for path in ("/s1.xml.gz", "/s2.txt", "/s1.xml.gz", "/gone")
    )
    web.page("/map.xml", Reply(f"<sitemapindex>{names}</sitemapindex>".encode(), headers=XML))
    for number in range(1, 5):
        web.page(f"/i/{number}", f"पान {number}")
    fetch(sitemaps=(web.url("/map.xml"),), prefixes=(web.url("/i/"),))
    assert [line["url"] for line in lines()] == [web.url(f"/i/{number}") for number in (1, 2, 4)]
    assert set(web.counts().values()) == {1}
    found = {line["url"]: (line["outcome"], line["entries"]) for line in lines("sitemap")}
    assert found == {
        web.url("/map.xml"): ("stored", 4), web.url("/s1.xml.gz"): ("stored", 3), web.url("/s2.txt"): ("stored", 1),
        web.url("/gone"): ("http_error", 0),
    }  # fmt: skip


def test_sitemaps_of_robots(web: Web, fetch: Scrape, lines: Lines) -> None:
    """Where the source says so, the sitemaps that robots.txt names are read; a disallowed one is not."""
    web.robots(f"Sitemap: {web.url('/map.xml')}\nSitemap: {web.url('/no/map.xml')}\nUser-agent: *\nDisallow: /no/\n")
    web.page("/map.xml", Reply(f"<urlset><url><loc>{web.url('/a')}</loc></url></urlset>".encode(), headers=XML))
    urls = (web.page("/", "मुख्य"), web.page("/a", "अ"))
    fetch(urls[0])
    assert web.counts() == {"/": 1}
    fetch(urls[0], robots_sitemaps=True)
    assert web.counts() == {"/": 2, "/a": 1, "/map.xml": 1}
    assert [line["outcome"] for line in lines("sitemap")] == ["stored", "disallowed"]


def test_an_index_that_leads_to_itself_ends(web: Web, fetch: Scrape, lines: Lines) -> None:
    """Sitemaps that point at each other are each read once."""
    for here, there in (("/a.xml", "/b.xml"), ("/b.xml", "/a.xml")):
        web.page(
            here,
            Reply(f"<sitemapindex><sitemap><loc>{web.url(there)}</loc></sitemap></sitemapindex>".encode(), headers=XML),
        )
    fetch(sitemaps=(web.url("/a.xml"),))
    assert web.counts() == {"/a.xml": 1, "/b.xml": 1}
    assert lines() == []


def test_a_broken_sitemap_is_told(web: Web, fetch: Scrape, lines: Lines) -> None:
    """What could be read of it is used, and its line says what was wrong."""
    web.page("/map.xml", Reply(f"<urlset><url><loc>{web.url('/a')}</loc></url><url>".encode(), headers=XML))
    web.page("/a", "अ")
    fetch(sitemaps=(web.url("/map.xml"),))
    assert [line["url"] for line in lines()] == [web.url("/a")]
    assert "found no whole sitemap" in lines("sitemap")[0]["detail"]


def test_a_source_that_is_full_stops(web: Web, fetch: Scrape) -> None:
    """After so many bytes a source stops, says so, and a larger limit goes on with the pages that are left."""
    urls = [web.page(f"/{n}", f"पान {n} " + "x" * 5000) for n in range(6)]
    first = fetch(*urls, max_site_bytes=12_000)
    assert (first.outcomes["paan"], first.full) == ({"stored": 3}, ("paan",))
    second = fetch(*urls)
    assert (second.outcomes["paan"], second.full) == ({"stored": 3, "unchanged": 3}, ())
