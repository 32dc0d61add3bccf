"""What a robots.txt allows, by its text and by its absence."""

import pytest

from datakit.scrape.robots import MAX_BYTES, Robots, judge

URL = "http://example.org/robots.txt"
SITE = "http://example.org"


def robots(text: str | bytes) -> Robots:
    return judge(URL, 200, text.encode() if isinstance(text, str) else text, sha256="0" * 64)


def decisions(text: str, *paths: str) -> list[str]:
    found = robots(text)
    return [found.decision(SITE + path) for path in paths]


def test_the_group_of_this_agent_counts() -> None:
    """A group that names this robot overrides the group for all; case does not matter, nor does the order."""
    text = "User-agent: *\nDisallow: /\n\nuser-agent: ancientaurora\nDisallow: /private/\n"
    assert decisions(text, "/", "/private/x", "/private") == ["allowed", "disallowed", "allowed"]
    assert decisions("User-agent: OtherBot\nDisallow: /\n", "/a") == ["allowed"]
    assert decisions("User-agent: Aurora\nDisallow: /\n", "/a") == ["allowed"]  # another robot's name, inside ours
    several = "User-agent: OtherBot\nUser-agent: AncientAurora\nDisallow: /a\n"
    assert decisions(several, "/a", "/b") == ["disallowed", "allowed"]


def test_the_longest_rule_wins() -> None:
    """Of the rules that fit, the longest decides, and on a tie the kinder one (RFC 9309, section 2.2.2)."""
    text = "User-agent: *\nDisallow: /a\nAllow: /a/public\nDisallow: /*.pdf$\nDisallow: /p\nAllow: /p\n"
    assert decisions(text, "/a/x", "/a/public/x", "/b.pdf", "/b.pdf?x", "/p") == [
        "disallowed", "allowed", "disallowed", "allowed", "allowed",
    ]  # fmt: skip


def test_marathi_paths_are_compared_escaped() -> None:
    """A rule in Marathi letters and the escaped URL meet."""
    escaped = "/%E0%A4%97%E0%A5%81%E0%A4%AA%E0%A5%8D%E0%A4%A4/x"
    assert decisions("User-agent: *\nDisallow: /गुप्त/\n", escaped) == ["disallowed"]
    assert decisions(f"User-agent: *\nDisallow: {escaped[:-2].lower()}/\n", escaped) == ["disallowed"]


@pytest.mark.parametrize(
    ("status", "state", "decision"),
    [
        (404, "absent", "allowed"), (403, "absent", "allowed"), (401, "absent", "allowed"), (410, "absent", "allowed"),
        (500, "unreachable", "unreachable"), (503, "unreachable", "unreachable"), (429, "unreachable", "unreachable"),
        (None, "unreachable", "unreachable"), (301, "absent", "allowed"), (204, "rules", "allowed"),
    ],
)  # fmt: skip
def test_an_answer_without_rules(status: int | None, state: str, decision: str) -> None:
    """4xx allows all; 5xx, silence and 429, which is a server in need, allow nothing for now (RFC 9309)."""
    found = judge(URL, status, b"", detail="no answer")
    assert (found.state, found.decision(f"{SITE}/a")) == (state, decision)


def test_pauses() -> None:
    """Crawl-delay and Request-rate of the group that counts; nonsense asks nothing."""
    assert robots("User-agent: *\nCrawl-delay: 2.5\n").delay_s == 2.5
    assert robots("User-agent: *\nRequest-rate: 1/10\n").delay_s == 10
    assert robots("User-agent: *\nCrawl-delay: 3\n\nUser-agent: AncientAurora\nDisallow:\n").delay_s == 0
    assert robots("User-agent: *\nCrawl-delay: soon\n").delay_s == 0
    assert judge(URL, 404, b"").delay_s == 0


def test_only_the_first_part_is_read() -> None:
    """500 KiB are read; a rule beyond is not, and a rule cut in the middle is not guessed at."""
    head = b"User-agent: *\nDisallow: /first\n"
    filler = b"# x\n" * ((MAX_BYTES - len(head)) // 4 - 2)
    cut = b"Disallow: /second/very/long/path\nDisallow: /third\n"
    found = robots(head + filler + cut)
    assert [found.decision(SITE + path) for path in ("/first", "/second/very/long/path", "/sec", "/third")] == [
        "disallowed", "allowed", "allowed", "allowed",
    ]  # fmt: skip


def test_what_is_no_robots_file() -> None:
    """A page of HTML, bytes that are no text, and a byte order mark are survived."""
    assert decisions("<!doctype html><html><body>सापडले नाही</body></html>", "/a") == ["allowed"]
    assert robots(b"\xff\xfe\x00\x00").decision(f"{SITE}/a") == "allowed"
    assert robots("\ufeffUser-agent: *\nDisallow: /a\n").decision(f"{SITE}/a") == "disallowed"


def test_sitemaps_and_the_note_for_the_ledger() -> None:
    """Sitemaps are given in one spelling, relative ones too; the note holds the decision and the hash of the bytes."""
    found = robots(
        "Sitemap: /map.xml\nSitemap: HTTP://example.org:80/map.xml\nSitemap: ftp://x\nUser-agent: *\nDisallow: /a"
    )
    assert found.sitemaps == ["http://example.org/map.xml"]
    assert found.noted(f"{SITE}/a") == {"decision": "disallowed", "url": URL, "status": 200, "sha256": "0" * 64}
