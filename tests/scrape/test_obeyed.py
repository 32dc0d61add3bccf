"""robots.txt obeyed, whatever its answer is."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from datakit.scrape import Site
from tests.scrape.conftest import Scrape
from tests.scrape.web import Reply, Web, html, redirect

Lines = Callable[..., list[dict[str, Any]]]


def test_nothing_disallowed_is_asked(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A disallowed page is never requested, and its line holds the decision and the hash of the file it rests on."""
    web.robots("User-agent: *\nDisallow: /gupt/\n")
    fetch(web.page("/gupt/a", "गुप्त"), web.page("/b", "उघड"))
    assert web.counts() == {"/b": 1}
    (robots,) = lines("robots")
    assert (robots["outcome"], robots["status"]) == ("rules", 200)
    disallowed, allowed = lines()
    assert (disallowed["outcome"], disallowed["status"], disallowed["attempts"]) == ("disallowed", None, 0)
    for line, decision in ((disallowed, "disallowed"), (allowed, "allowed")):
        assert (line["robots"]["decision"], line["robots"]["sha256"]) == (decision, robots["sha256"])


def test_a_redirect_into_a_disallowed_page_is_not_followed(web: Web, fetch: Scrape, lines: Lines) -> None:
    """robots.txt is asked again at every hop."""
    web.robots("User-agent: *\nDisallow: /gupt/\n")
    web.page("/gupt/a", "गुप्त")
    fetch(web.page("/a", redirect("/gupt/a")))
    assert web.counts() == {"/a": 1}
    assert (lines()[0]["outcome"], lines()[0]["hops"][0]["status"]) == ("disallowed", 301)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_while_robots_cannot_be_read_nothing_is_fetched(web: Web, fetch: Scrape, lines: Lines, status: int) -> None:
    """A server in trouble is asked for robots.txt again, then left alone: no page of it is asked."""
    web.page("/robots.txt", Reply(status=status))
    summary = fetch(web.page("/a", "अ"), plan={"retries": 2})
    assert (summary.outcomes["paan"], web.counts()) == ({"robots_unreachable": 1}, {})
    assert len(web.asked) == 3
    assert f"could not be read ({status})" in lines()[0]["detail"]


@pytest.mark.parametrize("status", [404, 401, 403, 410])
def test_a_site_without_robots_may_be_fetched(web: Web, fetch: Scrape, status: int) -> None:
    """4xx means that there are no rules (RFC 9309, section 2.3.1.3), and is asked once."""
    web.page("/robots.txt", Reply(status=status))
    assert fetch(web.page("/a", "अ"), web.page("/b", "ब")).pages == 2
    assert len(web.asked) == 3


def test_robots_may_be_redirected(web: Web, fetch: Scrape, lines: Lines) -> None:
    """The rules behind up to five redirects count, on another host too."""
    web.page("/robots.txt", redirect("/r1"))
    web.page("/r1", redirect(web.url("/rules", "127.0.0.2")))
    web.page("/rules", Reply(b"User-agent: *\nDisallow: /a\n", headers={"Content-Type": "text/plain"}), "127.0.0.2")
    fetch(web.page("/a", "अ"), prefixes=(web.url("/", "127.0.0.2"),))
    assert lines()[0]["outcome"] == "disallowed"
    assert lines("robots")[0]["final_url"] == web.url("/rules", "127.0.0.2")


def test_robots_redirected_without_end_is_absent(web: Web, fetch: Scrape) -> None:
    """More than five redirects are as if there were no file."""
    web.every(lambda asked: redirect(f"/r{len(asked.target)}" + "x" * len(asked.target)))
    web.page("/a", "अ")
    assert fetch(web.url("/a")).pages == 1
    assert len(web.asked) == 7


def test_each_host_speaks_for_itself(web: Web, fetch: Scrape) -> None:
    """The rules of one host do not bind another; each is asked once."""
    web.robots("User-agent: *\nDisallow: /\n")
    web.robots("User-agent: *\nAllow: /\n", "127.0.0.2")
    urls = [web.page(f"/{n}", "x", host) for host in ("127.0.0.1", "127.0.0.2") for n in range(3)]
    assert fetch(*urls).outcomes["paan"] == {"disallowed": 3, "stored": 3}
    assert [asked.target for asked in web.asked].count("/robots.txt") == 2
    assert not web.counts("127.0.0.1")


def test_the_crawl_delay_is_kept(web: Web, fetch: Scrape) -> None:
    """Between two requests to a host lies at least the pause that its robots.txt asks for."""
    web.robots("User-agent: *\nCrawl-delay: 0.3\n")
    fetch(*(web.page(f"/{n}", "x") for n in range(4)))
    times = [asked.at for asked in web.asked]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.3


def test_hosts_do_not_wait_for_each_other(web: Web, fetch: Scrape) -> None:
    """A slow host holds up its own pages only."""
    web.robots("User-agent: *\nCrawl-delay: 0.4\n")
    slow = [web.page(f"/{n}", "x") for n in range(3)]
    quick = [web.page(f"/{n}", "x", "127.0.0.2") for n in range(20)]
    fetch(*slow, *quick)
    last_quick = max(asked.at for asked in web.asked if asked.host == "127.0.0.2")
    last_slow = max(asked.at for asked in web.asked if asked.host == "127.0.0.1")
    assert last_quick < last_slow


def test_hosts_that_pause_leave_room_for_others(web: Web, fetch: Scrape) -> None:
    """Who waits for a host's turn takes none of the places for requests under way."""
    web.robots("User-agent: *\nCrawl-delay: 0.4\n")
    slow = [web.page(f"/{n}", "x") for n in range(3)]
    quick = [web.page(f"/{n}", "x", "127.0.0.2") for n in range(20)]
    fetch(*slow, *quick, plan={"hosts_at_once": 1})
    last_quick = max(asked.at for asked in web.asked if asked.host == "127.0.0.2")
    assert last_quick < max(asked.at for asked in web.asked if asked.host == "127.0.0.1")


def test_a_pause_longer_than_the_limit_is_left_for_later(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A host that asks for a pause beyond max_wait_s is not fetched faster than it asks, it is not fetched."""
    web.robots("User-agent: *\nCrawl-delay: 3600\n")
    assert fetch(web.page("/a", "अ")).outcomes["paan"] == {"retry_later": 1}
    assert "asks for 3600 s between requests; max_wait_s is 3" in lines()[0]["detail"]
    assert not web.counts()


def test_a_huge_robots_file_is_read_in_part(web: Web, fetch: Scrape) -> None:
    """500 KiB of a robots.txt are read, the rules among them kept, and the rest never comes over."""
    text = b"User-agent: *\nDisallow: /first\n" + b"# filler line\n" * 60_000 + b"Disallow: /last\n"
    web.page("/robots.txt", Reply(text, headers={"Content-Type": "text/plain"}))
    summary = fetch(web.page("/first", "अ"), web.page("/last", "ब"))
    assert summary.outcomes["paan"] == {"disallowed": 1, "stored": 1}
    assert summary.received_bytes < 600 << 10


def test_pages_of_one_host_never_overlap(web: Web, fetch: Scrape) -> None:
    """Two sources on one host share its lane: one request at a time."""
    web.every(lambda asked: html(f"पान {asked.target}"))
    sites = tuple(
        Site(id=f"s{n}", urls=tuple(web.url(f"/{n}/{p}") for p in range(5)), allow_private=True, delay_s=0.1)
        for n in range(3)
    )
    fetch("http://unused.invalid/", plan={"sites": sites})
    times = sorted(asked.at for asked in web.asked)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.1
