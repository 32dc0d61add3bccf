"""robots.txt (RFC 9309): fetched once an origin, kept as fetched, and asked before every page.

Protego reads the file; this module decides what an absent, broken or unreachable file means.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from datakit.scrape.plan import AGENT
from datakit.scrape.url import normalize

if TYPE_CHECKING:
    from protego import Protego

MAX_BYTES: Final = 500 << 10
"""What a crawler must read at least (RFC 9309, section 2.5); what lies beyond is not read."""

MAX_REDIRECTS: Final = 5
"""Redirects to follow (RFC 9309, section 2.3.1.2); more count as an absent file."""


@dataclass(frozen=True, kw_only=True)
class Robots:
    """What an origin allows. `state`: rules | absent | unreachable; `sha256` of the bytes that were read."""

    url: str
    state: str
    status: int | None = None
    sha256: str | None = None
    detail: str | None = None
    fault: str | None = None
    """Why nobody answered, as the ledger calls it."""
    rules: "Protego | None" = None

    def decision(self, url: str) -> str:
        """Return `allowed`, `disallowed` or `unreachable` for a URL. Where nobody answers, nothing is allowed."""
        if self.state == "unreachable":
            return "unreachable"
        return "allowed" if self.rules is None or self.rules.can_fetch(url, AGENT) else "disallowed"

    @property
    def delay_s(self) -> float:
        """The pause that the file asks for: its Crawl-delay or Request-rate, the longer one; 0 where it asks none."""
        if self.rules is None:
            return 0.0
        rate = self.rules.request_rate(AGENT)
        per_request = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(self.rules.crawl_delay(AGENT) or 0.0, per_request)

    @property
    def sitemaps(self) -> list[str]:
        """The sitemaps that the file names, in their one spelling."""
        found = [normalize(text, self.url) for text in (self.rules.sitemaps if self.rules else ())]
        return [url for url in dict.fromkeys(found) if url is not None]

    def noted(self, url: str) -> dict[str, Any]:
        """Return the decision on a URL with the hash of what it rests on, for the ledger."""
        return {"decision": self.decision(url), "url": self.url, "status": self.status, "sha256": self.sha256}


def read_rules(data: bytes) -> "Protego":
    """Parse the first 500 KiB of a robots.txt; a line cut by that limit is left out, not guessed at."""
    from protego import Protego

    kept = data[:MAX_BYTES]
    if len(data) > MAX_BYTES:
        kept = kept[: max(kept.rfind(b"\n"), kept.rfind(b"\r")) + 1]
    return Protego.parse(kept.decode("utf-8-sig", "replace"))


def judge(
    url: str,
    status: int | None,
    data: bytes,
    *,
    sha256: str | None = None,
    detail: str | None = None,
    fault: str | None = None,
) -> Robots:
    """Return what the answer to a robots.txt means.

    2xx: its rules. 4xx but 429: no rules, all allowed. 5xx, 429 after retries, no answer: nothing is allowed for now.
    Anything else, a redirect that leads nowhere included, is an absent file. Source: RFC 9309, section 2.3.1.
    """
    if status is None or status >= 500 or status == 429:
        return Robots(url=url, state="unreachable", status=status, detail=detail, fault=fault)
    if 200 <= status < 300:
        return Robots(url=url, state="rules", status=status, sha256=sha256, rules=read_rules(data))
    return Robots(url=url, state="absent", status=status, detail=detail)
