"""Pages fetched from a web on loopback: what is stored, what is written down, what is asked again."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scrape.conftest import CONTACT, Scrape
from tests.scrape.web import Asked, Reply, Web, html, redirect

Lines = Callable[..., list[dict[str, Any]]]


def test_a_page_is_stored_as_fetched(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """The file holds the bytes that came, is named by their hash, and the ledger says everything about them."""
    reply = html("<p>शिवाजी महाराज</p>", ETag='"v1"', Set_Cookie="id=secret")
    summary = fetch(web.page("/shivaji", reply))
    digest = hashlib.sha256(reply.body).hexdigest()
    assert (raw / "scraped" / "paan" / f"{digest}.html").read_bytes() == reply.body
    (line,) = lines()
    assert line["url"] == line["final_url"] == web.url("/shivaji")
    assert (line["outcome"], line["status"], line["sha256"], line["bytes"]) == ("stored", 200, digest, len(reply.body))
    assert line["headers"]["etag"] == '"v1"'
    assert "set-cookie" not in line["headers"]
    assert line["robots"] == {"decision": "allowed", "url": web.url("/robots.txt"), "status": 404, "sha256": None}
    assert (line["licence"], line["licence_from"], line["hops"], line["attempts"]) == (None, None, [], 1)
    assert len(line["fetched_at"]) == len("2026-11-23T06:00:00Z")
    assert (summary.pages, summary.requests, summary.finished) == (1, 2, True)


def test_the_robot_says_who_it_is(web: Web, fetch: Scrape) -> None:
    """Every request, the one for robots.txt too, carries program, contact and From, and no cookie ever."""
    pages = [web.page(f"/{number}", html("x", Set_Cookie="id=1")) for number in range(3)]
    fetch(*pages)
    assert len(web.asked) == 4
    for asked in web.asked:
        assert asked.headers["user-agent"].startswith("AncientAurora/")
        assert CONTACT in asked.headers["user-agent"]
        assert asked.headers["from"] == CONTACT
        assert asked.headers["accept-encoding"] == "gzip, deflate"
        assert "cookie" not in asked.headers


def test_a_second_run_asks_only_whether_pages_changed(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """ETag and Last-Modified are sent back; what has not changed is not sent again, and what has is stored anew."""
    version = {"tag": '"1"'}

    def tagged(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == version["tag"]:
            return Reply(status=304, headers={"ETag": version["tag"]})
        return html(f"आवृत्ती {version['tag']}", ETag=version["tag"])

    def dated(asked: Asked) -> Reply:
        date = "Mon, 02 Nov 2026 10:00:00 GMT"
        if asked.headers.get("if-modified-since") == date:
            return Reply(status=304)
        return html("दिनांक", Last_Modified=date)

    urls = [web.page("/tagged", tagged), web.page("/dated", dated), web.page("/plain", "साधे")]
    fetch(*urls)
    second = fetch(*urls)
    assert second.outcomes["paan"] == {"unchanged": 3}
    assert [(line["outcome"], line["status"]) for line in lines()[3:]] == [("unchanged", s) for s in (304, 304, 200)]
    assert [line["sha256"] for line in lines()[3:]] == [line["sha256"] for line in lines()[:3]]
    version["tag"] = '"2"'
    third = fetch(*urls)
    assert third.outcomes["paan"] == {"stored": 1, "unchanged": 2}
    assert third.superseded == 1
    # the second run's 304 for /dated had no headers: what it rests on is remembered all the same
    assert {line["url"]: line["status"] for line in lines()[6:]}[urls[1]] == 304
    assert len(list((raw / "scraped" / "paan").iterdir())) == 3
    assert len(list((raw / "scraped" / ".superseded" / "paan").iterdir())) == 1
    version["tag"] = '"3"'
    assert fetch(*urls).outcomes["paan"]["stored"] == 1  # the third run's ETag was the one sent


def test_a_page_that_was_taken_away_is_fetched_in_full(web: Web, fetch: Scrape, raw: Path) -> None:
    """Where the stored file is gone or cut, nothing is asked on condition of it."""
    url = web.page("/a", lambda asked: Reply(status=304) if "if-none-match" in asked.headers else html("अ", ETag='"1"'))
    fetch(url)
    (file,) = (raw / "scraped" / "paan").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert fetch(url).outcomes["paan"] == {"stored": 1}
    (again,) = (raw / "scraped" / "paan").iterdir()
    assert hashlib.sha256(again.read_bytes()).hexdigest() == again.stem


def test_redirects_are_followed_on_the_site(web: Web, fetch: Scrape, lines: Lines) -> None:
    """The ledger names every hop; the page is asked once, however many addresses lead to it."""
    web.page("/c", "पान")
    urls = [web.page("/a", redirect("/b")), web.page("/b", redirect("c", 302)), web.url("/c")]
    fetch(*urls)
    assert web.counts() == {"/a": 1, "/b": 1, "/c": 1}
    first, second, third = lines()
    assert [hop["status"] for hop in first["hops"]] == [301, 302]
    assert [hop["url"] for hop in first["hops"]] == urls[:2]
    assert {line["final_url"] for line in (first, second, third)} == {web.url("/c")}
    assert len({line["sha256"] for line in (first, second, third)}) == 1


BAD_REDIRECTS = {
    "a loop of two": ("/a", {"/a": "/b", "/b": "/a"}, "redirect_loop", "found a redirect back to"),
    "a loop of one": ("/a", {"/a": "/a"}, "redirect_loop", "found a redirect back to"),
    "without end": ("/0", {f"/{n}": f"/{n + 1}" for n in range(50)}, "redirect_loop", "found more than 10 redirects"),
    "another site": ("/a", {"/a": "http://127.0.0.2/x"}, "outside", "leads to http://127.0.0.2/x, outside of what"),
    "another scheme": ("/a", {"/a": "file:///etc/passwd"}, "http_error", "leads to no http or https URL"),
    "nowhere": ("/a", {"/a": ""}, "http_error", "leads to no http or https URL"),
}


@pytest.mark.parametrize("name", BAD_REDIRECTS)
def test_redirects_that_end_badly(web: Web, fetch: Scrape, lines: Lines, name: str) -> None:
    """Loops end, nothing is asked twice on the way, and a redirect to elsewhere is told, not followed."""
    start, hops, outcome, detail = BAD_REDIRECTS[name]
    for path, target in hops.items():
        web.page(path, redirect(target))
    web.page("/x", "दुसरे", host="127.0.0.2")
    assert fetch(web.url(start)).outcomes["paan"] == {outcome: 1}
    (line,) = lines()
    assert detail in line["detail"]
    assert set(web.counts().values()) <= {1}
    assert sum(web.counts().values()) <= 11
    assert not web.counts("127.0.0.2")


def test_statuses_that_are_no_page(web: Web, fetch: Scrape, lines: Lines) -> None:
    """404 and 410 are written down and not asked again; a page without a byte is none."""
    urls = [
        web.url("/missing"),
        web.page("/gone", Reply(status=410)),
        web.page("/empty", Reply(headers={"Content-Type": "text/html"})),
    ]
    fetch(*urls)
    assert [(line["outcome"], line["status"]) for line in lines()] == [
        ("http_error", 404), ("http_error", 410), ("empty_page", 200),
    ]  # fmt: skip
    assert set(web.counts().values()) == {1}


def test_a_304_that_nobody_asked_for(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A server that says "not changed" to a first request has given no page."""
    fetch(web.page("/a", Reply(status=304)))
    assert lines()[0]["outcome"] == "http_error"


def test_kinds_that_no_reader_takes_are_not_downloaded(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """Pictures and archives are refused by their header, before their body comes."""
    fetch(
        web.page("/a", Reply(b"\x89PNG", headers={"Content-Type": "image/png"})),
        web.page("/b", Reply(b"PK\x03\x04", headers={"Content-Type": "application/octet-stream"})),
    )
    assert [line["outcome"] for line in lines()] == ["unwanted_type"] * 2
    assert lines()[0]["detail"] == "found image/png, which no reader takes"
    assert not (raw / "scraped" / "paan").exists()


def test_documents_keep_their_kind(web: Web, fetch: Scrape, raw: Path) -> None:
    """A PDF, a text and a table get the suffix by which their readers know them, whatever the URL says."""
    fetch(
        web.page("/a", Reply(b"%PDF-1.7 x", headers={"Content-Type": "text/html"})),
        web.page("/b", Reply("प्रश्न".encode(), headers={"Content-Type": "text/plain"})),
        web.page("/c.php?id=1", Reply("प्रश्न,उत्तर".encode(), headers={"Content-Type": "text/csv"})),
    )
    assert sorted(path.suffix for path in (raw / "scraped" / "paan").iterdir()) == [".csv", ".pdf", ".txt"]


def test_the_same_bytes_are_stored_once(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """Two URLs that give one page share one file and have a line each."""
    fetch(web.page("/a", "एक"), web.page("/b", "एक"))
    assert len(list((raw / "scraped" / "paan").iterdir())) == 1
    assert [line["url"] for line in lines()] == [web.url("/a"), web.url("/b")]


def test_the_licence_of_a_page(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A declared licence counts; without one the page's own does; marks are kept in any case."""
    mark = "https://creativecommons.org/licenses/by-sa/4.0/"
    url = web.page("/a", f'<a rel="license" href="{mark}">CC</a>')
    fetch(url)
    fetch(url, licence="CC0-1.0")
    first, second = lines()
    assert (first["licence"], first["licence_from"], first["licence_marks"]) == ("CC-BY-SA-4.0", "page", [mark])
    assert (second["licence"], second["licence_from"], second["licence_marks"]) == ("CC0-1.0", "declared", [mark])
