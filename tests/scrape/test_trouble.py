"""Servers that are slow, broken, overloaded or hostile."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import OutputError
from datakit.readers.html_text import parse, text_of
from datakit.scrape import body
from tests.scrape.conftest import Scrape
from tests.scrape.web import Asked, Reply, Web, Writer, html, packed

Lines = Callable[..., list[dict[str, Any]]]
HTML = {"Content-Type": "text/html"}


async def drip(writer: Writer) -> None:
    """A byte now and then, for ever: no single read is ever late."""
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def flood(writer: Writer) -> None:
    """As fast as the line takes it, for ever."""
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def silence(writer: Writer) -> None:
    await asyncio.sleep(60)
    writer.close()


async def half(writer: Writer) -> None:
    writer.write(b"<html><body>half")
    await writer.drain()


def test_a_slow_body_is_given_up_in_time(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """A drip that keeps each read alive ends at the limit for the whole answer, and so does silence."""
    urls = [web.page("/drip", Reply(headers=HTML, raw=drip)), web.page("/silence", Reply(headers=HTML, raw=silence))]
    fetch(*urls, web.page("/ok", "चांगले"), timeout_s=0.4, plan={"retries": 0})
    assert [line["outcome"] for line in lines()] == ["too_slow", "too_slow", "stored"]
    assert "within 0.4 s" in lines()[0]["detail"]
    assert list((raw / "scraped" / ".work").iterdir()) == []


def test_an_endless_body_is_cut_at_the_limit(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A body without end is read up to the limit and refused, not tried again."""
    summary = fetch(web.page("/flood", Reply(headers=HTML, raw=flood)), max_bytes=1 << 20)
    assert lines()[0]["outcome"] == "too_large"
    assert (summary.requests, summary.outcomes["paan"]) == (2, {"too_large": 1})


def test_an_announced_size_beyond_the_limit_is_not_downloaded(web: Web, fetch: Scrape, lines: Lines) -> None:
    """Content-Length tells early."""
    summary = fetch(web.page("/big", Reply(b"x" * 3_000_000, headers=HTML)), max_bytes=1 << 20)
    assert "3,000,000 bytes announced, limit 1,048,576" in lines()[0]["detail"]
    assert summary.received_bytes == 0


def test_a_body_cut_short_is_tried_again(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A connection that ends before the announced length gives no page, and the next attempt counts."""
    tries = {"count": 0}

    def flaky(_: Asked) -> Reply:
        tries["count"] += 1
        return Reply(headers={**HTML, "Content-Length": "400"}, raw=half) if tries["count"] < 3 else html("पूर्ण")

    fetch(web.page("/flaky", flaky))
    assert (lines()[0]["outcome"], lines()[0]["attempts"]) == ("stored", 3)


def test_a_server_in_trouble_is_asked_again_with_pauses(web: Web, fetch: Scrape, lines: Lines) -> None:
    """500 and 503 are retried so often as the plan says, each time later; then the page is left."""
    fetch(web.page("/a", Reply(status=503)), plan={"retries": 3, "backoff_s": 0.1})
    times = [asked.at for asked in web.asked if asked.target == "/a"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 4
    for gap, least in zip(gaps, (0.05, 0.1, 0.2), strict=True):
        assert gap >= least
    assert (lines()[0]["outcome"], lines()[0]["status"], lines()[0]["attempts"]) == ("http_error", 503, 4)


def test_retry_after_is_kept(web: Web, fetch: Scrape, lines: Lines) -> None:
    """429 with Retry-After: nobody asks the host before that, whatever page is next."""
    tries = {"count": 0}

    def limited(_: Asked) -> Reply:
        tries["count"] += 1
        return Reply(status=429, headers={"Retry-After": "1"}) if tries["count"] == 1 else html("आता")

    fetch(web.page("/a", limited), web.page("/b", "ब"))
    asked = [one for one in web.asked if one.target != "/robots.txt"]
    assert [one.target for one in asked] == ["/a", "/a", "/b"]
    assert asked[1].at - asked[0].at >= 1.0
    assert [line["outcome"] for line in lines()] == ["stored", "stored"]


def test_a_longer_retry_after_is_left_for_another_run(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A wait beyond max_wait_s is not waited for and not cut short: the page is asked again in the next run."""
    url = web.page("/a", Reply(status=429, headers={"Retry-After": "7200"}))
    fetch(url)
    assert lines()[0]["outcome"] == "retry_later"
    assert "asked to come back in 7,200 s" in lines()[0]["detail"]
    assert web.counts() == {"/a": 1}
    web.page("/a", "आता")
    assert fetch(url).outcomes["paan"] == {"stored": 1}


def test_a_host_that_is_down_is_left_alone(web: Web, fetch: Scrape, lines: Lines) -> None:
    """After five pages with no good answer the rest of that host is not asked; other hosts go on."""
    web.every(lambda _: Reply(status=500))
    web.page("/robots.txt", Reply(status=404))
    urls = [web.url(f"/{n}") for n in range(20)]
    fetch(*urls, web.page("/ok", "चांगले", "127.0.0.2"), plan={"retries": 1})
    outcomes = [
        line["outcome"]
        for line in sorted(lines(), key=lambda line: urls.index(line["url"]) if line["url"] in urls else 99)
    ]
    assert outcomes == ["http_error"] * 5 + ["host_given_up"] * 15 + ["stored"]
    assert sum(web.counts("127.0.0.1").values()) == 10


def test_nobody_at_home(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A port that nobody listens on is an error of the network, told with the host's robots.txt."""
    fetch("http://127.0.0.3:9/", plan={"retries": 1})
    assert lines()[0]["outcome"] == "robots_unreachable"
    assert lines("robots")[0]["outcome"] == "unreachable"
    assert not web.asked


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(bytes(1 << 20)) for _ in range(size >> 20)] + [packer.flush()])


def test_bombs_are_refused(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """Half a gigabyte in half a megabyte, once packed or twice, is refused at the limit and leaves nothing."""
    data = bomb(512 << 20)
    coded = {**HTML, "Content-Encoding": "gzip"}
    fetch(
        web.page("/bomb", Reply(data, headers=coded)),
        web.page("/twice", Reply(gzip.compress(data), headers={**HTML, "Content-Encoding": "gzip, gzip"})),
        web.page("/broken", Reply(b"\x1f\x8b" + b"\x00" * 50, headers=coded)),
        web.page("/brotli", Reply(b"x", headers={**HTML, "Content-Encoding": "br"})),
        max_bytes=4 << 20,
    )
    assert [line["outcome"] for line in lines()] == ["too_large", "bad_body", "bad_body", "bad_body"]
    assert list((raw / "scraped" / ".work").iterdir()) == []
    assert not (raw / "scraped" / "paan").exists()


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("text/html; charset=iso-8859-1", "<html><body>मराठा</body></html>".encode()),
        ("text/html; charset=utf-8", "<html><body>मराठा</body></html>".encode("utf-16")),
        ("text/html; charset=no-such", b'<html><head><meta charset="latin1"></head><body>' + "मराठा".encode()),
        ("text/html; charset=\"", b"\xef\xbb\xbf" + "<html><body>मराठा</body></html>".encode()),
    ],
)  # fmt: skip
def test_a_wrong_charset_does_no_harm(
    web: Web, fetch: Scrape, lines: Lines, raw: Path, header: str, data: bytes
) -> None:
    """The bytes are kept as they came, whatever the header calls them, and the reader finds the letters."""
    fetch(web.page("/a", Reply(data, headers={"Content-Type": header})))
    stored = (raw / lines()[0]["file"]).read_bytes()
    assert stored == data
    assert "मराठा" in text_of(parse(stored))
    assert lines()[0]["headers"]["content-type"] == header


def test_packed_pages_are_stored_unpacked(web: Web, fetch: Scrape, lines: Lines, raw: Path) -> None:
    """What a server packs for the way is stored as it was before."""
    text = "<html><body>मराठा</body></html>".encode()
    fetch(web.page("/a", packed(text)))
    assert (raw / lines()[0]["file"]).read_bytes() == text


def test_headers_without_end(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A head of more than the HTTP library takes is an error; many headers are cut in the ledger."""
    fetch(
        web.page("/huge", Reply(b"x", headers={"X": "y" * 200_000, **HTML})),
        web.page("/many", html("x", **{f"X{n}": "v" * 400 for n in range(100)})),
        plan={"retries": 0},
    )
    assert [line["outcome"] for line in lines()] == ["network_error", "stored"]
    assert len(str(lines()[1]["headers"])) < 12_000


def test_nonsense_instead_of_http(web: Web, fetch: Scrape, lines: Lines) -> None:
    """A status that is none, and a length that is none, end that page only."""
    fetch(
        web.page("/a", Reply(b"x", status=99999)),
        web.page("/b", Reply(headers={**HTML, "Content-Length": "-7"}, raw=half)),
        web.page("/c", "चांगले"),
        plan={"retries": 0},
    )
    assert [line["outcome"] for line in lines()] == ["network_error", "network_error", "stored"]


def test_a_full_disk_ends_the_run(web: Web, fetch: Scrape, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the disk refuses is not blamed on the server: the run ends with what to do, and goes on afterwards."""
    url = web.page("/a", "अ")

    def full(target: Any, data: bytes) -> None:  # noqa: ARG001 - stands in for the real one
        raise OutputError(f"{target.name}: No space left on device")

    monkeypatch.setattr(body, "_write", full)
    with pytest.raises(OutputError, match="No space left"):
        fetch(url)
    monkeypatch.undo()
    again = fetch(url)
    assert (again.resumed, again.pages) == (True, 1)
