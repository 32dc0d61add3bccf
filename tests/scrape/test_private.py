"""Addresses that are not public: refused unless a source names the host and allows it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from datakit.scrape import Plan, Site, scrape, with_private
from tests.scrape.conftest import CONTACT, Scrape
from tests.scrape.web import Web, html, redirect

Lines = Callable[..., list[dict[str, Any]]]


def strict(*urls: str, **site: Any) -> Plan:
    return Plan(contact=CONTACT, sites=(Site(id="paan", urls=urls, **site),), retries=0)


def test_loopback_is_refused_unless_allowed(web: Web, lines: Lines, raw: Path) -> None:
    """Without a permission no connection is opened; the ledger says which address and what to do."""
    plan = strict(web.page("/a", "अ"))
    assert scrape(plan, raw).outcomes["paan"] == {"refused_address": 1}
    assert web.asked == []
    assert "127.0.0.1 leads to 127.0.0.1, a loopback address; expected a public one; " in lines()[0]["detail"]
    assert "--allow-private" in lines()[0]["detail"]
    assert scrape(with_private(plan), raw).outcomes["paan"] == {"stored": 1}


def test_names_and_numbers_of_this_machine_are_refused(web: Web, raw: Path) -> None:
    """localhost, one number, octal, short, mapped: whatever leads to a private address is refused."""
    hosts = ["localhost", "2130706433", "0x7f000001", "017700000001", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    web.page("/a", "अ")
    plan = strict(*(f"http://{host}:{web.port}/a" for host in hosts))
    assert scrape(plan, raw).outcomes["paan"] == {"refused_address": len(hosts)}
    assert web.asked == []


def test_a_redirect_to_a_private_address_is_refused(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A permission holds for the hosts that the source names: a redirect to another private host gets nowhere."""
    web.page("/secret", "गुपित", "127.0.0.2")
    targets = [web.url("/secret", "127.0.0.2"), "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"]
    starts = [web.page(f"/{n}", redirect(target)) for n, target in enumerate(targets)]
    fetch(*starts)
    assert [line["outcome"] for line in lines()] == ["outside"] * 3
    assert not [asked for asked in web.asked if asked.host != "127.0.0.1"]


def test_a_redirect_within_the_prefixes_is_checked_too(web: Web, raw: Path, lines: Lines) -> None:
    """Where a prefix lets a redirect pass, the address behind it must still be public."""
    web.page("/secret", "गुपित", "127.0.0.2")
    other = web.url("/", "127.0.0.2")
    open_site = Site(id="paan", urls=(web.page("/a", redirect(f"{other}secret")),), allow_private=True, delay_s=0.0)
    assert open_site.hosts == {"127.0.0.1"}
    plan = Plan(contact=CONTACT, sites=(open_site,), retries=0)

    class Anywhere(Site):
        """A source whose prefixes cover a host that it does not name."""

        @property
        def hosts(self) -> frozenset[str]:
            return frozenset({"127.0.0.1"})

    sly = Anywhere(id="paan", urls=open_site.urls, allow_private=True, delay_s=0.0, prefixes=(other,))
    scrape(replace(plan, sites=(sly,)), raw)
    assert lines()[0]["outcome"] == "refused_address"
    assert not web.counts("127.0.0.2")


def test_robots_redirected_to_a_private_address_is_refused(web: Web, fetch: Scrape, lines: Lines) -> None:
    """The robots.txt of one host cannot make this program ask another private one."""
    web.page("/robots.txt", redirect(web.url("/internal", "127.0.0.2")))
    web.page("/internal", "x", "127.0.0.2")
    fetch(web.page("/a", "अ"))
    assert lines()[0]["outcome"] == "refused_address"
    assert not web.counts()


def test_a_sitemap_cannot_lead_to_a_private_address(web: Web, fetch: Scrape) -> None:
    """Entries of a sitemap on other hosts are not followed."""
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in (web.url("/a"), web.url("/b", "127.0.0.2")))
    web.page("/map.xml", f"<urlset>{entries}</urlset>")
    web.page("/map.xml", replace(html(""), body=f"<urlset>{entries}</urlset>".encode()))
    web.page("/a", "अ")
    fetch(sitemaps=(web.url("/map.xml"),))
    assert web.counts("127.0.0.1") == {"/map.xml": 1, "/a": 1}
    assert not web.counts("127.0.0.2")


def test_links_to_private_addresses_are_not_followed(web: Web, fetch: Scrape) -> None:
    """A page's links beyond the prefixes are not asked, wherever they lead."""
    web.page(
        "/", f'<a href="{web.url("/x", "127.0.0.2")}">x</a> <a href="http://192.168.0.1/">y</a> <a href="/b">b</a>'
    )
    web.page("/b", "ब")
    assert fetch(web.url("/"), prefixes=(web.url("/"),), depth=3).outcomes["paan"] == {"stored": 2}
    assert not web.counts("127.0.0.2")


def test_no_pause_is_for_this_machine_only(web: Web, raw: Path) -> None:
    """delay_s below half a second counts on loopback hosts that a source names, and nowhere else."""
    import asyncio

    from datakit.scrape.ask import Asker
    from datakit.scrape.plan import PUBLIC_DELAY_S
    from datakit.scrape.shelf import Shelf
    from tests.scrape.test_connect import FakeResolver

    site = Site(id="a", urls=("http://here.org/", "http://far.org/"), allow_private=True, delay_s=0.0)
    resolver = FakeResolver(here_org=[["127.0.0.1"]], far_org=[["10.0.0.1"]], other_org=[["127.0.0.1"]])

    async def delays() -> list[float]:
        async with Asker(Plan(contact=CONTACT, sites=(site,)), Shelf(raw), resolver) as asker:
            return [
                (await asker.lane(f"http://{host}/", site)).delay_s for host in ("here.org", "far.org", "other.org")
            ]

    assert asyncio.run(delays()) == [0.0, PUBLIC_DELAY_S, PUBLIC_DELAY_S]
    assert web.asked == []
