"""What is to be fetched, from whom, and within which limits."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

from datakit.scrape.url import host_of

AGENT: Final = "AncientAurora"
"""The product token: what a robots.txt names to speak to this program."""

PUBLIC_DELAY_S: Final = 0.5
"""The least pause on a host that is not this machine. Crawlers in wide use default to none or to about one second;
small Marathi sites on shared hosting deserve more than none."""

MIB: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Site:
    """One source: where to begin, how far to follow, and when to stop. Times in seconds, sizes in bytes."""

    id: str
    licence: str | None = None
    """Declared by the user; null: read it from each page."""
    urls: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    robots_sitemaps: bool = False
    """Take the sitemaps that the robots.txt of the start URLs' hosts names."""
    prefixes: tuple[str, ...] = ()
    """Links and sitemap entries are followed only below these."""
    depth: int = 0
    """Links from a start URL: 0 fetches the start URLs and sitemap entries only."""
    max_pages: int = 1_000
    delay_s: float = 1.0
    """Pause between two requests to one host; robots.txt may ask for more."""
    timeout_s: float = 60.0
    """For one answer from its first byte asked to its last byte read: a slow drip does not prolong it."""
    max_bytes: int = 32 * MIB
    """One page or document, unpacked. The largest of nine real Marathi PDFs has 5 MB."""
    max_site_bytes: int = 2 << 30
    allow_private: bool = False
    """Allow addresses that are not public, for the hosts named in this source and for no others."""

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The hosts that this source names."""
        return frozenset(host_of(url) for url in (*self.urls, *self.sitemaps, *self.prefixes))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that one run fetches."""

    contact: str
    """A mail address or a web page: whom to ask about this robot."""
    sites: tuple[Site, ...]
    retries: int = 3
    backoff_s: float = 1.0
    """The first wait before a retry; it doubles, and each wait is a random part of it."""
    max_wait_s: float = 120.0
    """A host that asks for a longer wait (Retry-After, Crawl-delay) is left for another run."""
    hosts_at_once: int = 16

    @property
    def user_agent(self) -> str:
        """Who asks: program, version and whom to write to."""
        from importlib.metadata import version

        place = f"mailto:{self.contact}" if "@" in self.contact and "://" not in self.contact else self.contact
        return f"{AGENT}/{version('ancient-aurora')} (+{place})"

    def described(self) -> dict[str, Any]:
        """Return what decides about the pages, for the ledger: two runs with the same are one run resumed."""
        sites = [{key: _plain(value) for key, value in asdict(site).items()} for site in self.sites]
        return {"sites": sites}


def _plain(value: Any) -> Any:
    """Floats as text: canonical JSON holds none."""
    return repr(value) if isinstance(value, float) else list(value) if isinstance(value, tuple) else value
