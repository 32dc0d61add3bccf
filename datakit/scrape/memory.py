"""Earlier fetches, as the ledger tells them: this run's are not repeated, older ones are asked whether they changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from datakit.lineage import canonical_json, sha256_text
from datakit.readers.scraped import PAGES
from datakit.scrape.ledger import read_lines
from datakit.scrape.plan import Plan
from datakit.scrape.shelf import Shelf

VALIDATORS: Final = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of one URL without following redirects. `location` is where it redirects to."""

    url: str
    outcome: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sha256: str | None = None
    size: int | None = None
    file: str | None = None
    location: str | None = None
    detail: str | None = None
    attempts: int = 0

    @property
    def whole(self) -> bool:
        """Whether a page lies on the shelf."""
        return self.outcome in PAGES

    def validators(self) -> dict[str, str]:
        """Return the request headers that ask for the page only if it changed (RFC 9110, section 13)."""
        return {asked: self.headers[name] for name, asked in VALIDATORS.items() if name in self.headers}


@dataclass
class Memory:
    """What the ledger says. `run` is the number of the run under way, `resumed` whether it was begun before."""

    run: int = 1
    resumed: bool = False
    before: dict[str, Fetched] = field(default_factory=dict)
    """The last whole fetch of each URL in earlier runs."""
    this_run: dict[str, Fetched] = field(default_factory=dict)
    """What every URL asked in this run came to, redirects on the way included."""
    done: set[tuple[str, str]] = field(default_factory=set)
    """Source and URL of the pages that this run has a line for."""
    sitemaps: set[tuple[str, str]] = field(default_factory=set)
    """Source and URL of the sitemaps that this run has a line for."""
    robots: set[tuple[str, str | None, int | None]] = field(default_factory=set)
    """URL, hash and status of each robots.txt that this run has a line for."""
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    """Pages of this run by source and outcome."""
    bytes: Counter[str] = field(default_factory=Counter)
    """Bytes stored in this run, by source."""


def plan_digest(plan: Plan) -> str:
    """Return the SHA-256 of what decides about a run's pages."""
    return sha256_text(canonical_json(plan.described()).decode())


def remember(plan: Plan, shelf: Shelf) -> Memory:
    """Read the ledger and decide whether this plan's last run goes on or a new one begins."""
    last, open_plan = 0, None
    for line in read_lines(shelf.ledger):
        if line.get("kind") == "begin":
            last, open_plan = int(line["run"]), line["plan"]
        elif line.get("kind") == "end":
            open_plan = None
    resumed = open_plan == plan_digest(plan)
    memory = Memory(run=last if resumed else last + 1, resumed=resumed)
    for line in read_lines(shelf.ledger):
        if line["kind"] in ("page", "sitemap"):
            _take(memory, line, shelf)
        elif line["kind"] == "robots" and line["run"] == memory.run:
            memory.robots.add((line["url"], line["sha256"], line["status"]))
    return memory


def _take(memory: Memory, line: Mapping[str, Any], shelf: Shelf) -> None:
    fetched = Fetched(
        url=line["final_url"],
        outcome=line["outcome"],
        status=line["status"],
        headers=line["headers"],
        sha256=line["sha256"],
        size=line["bytes"],
        file=line["file"],
        detail=line["detail"],
        attempts=line["attempts"],
    )
    if fetched.file is not None and not shelf.holds(fetched.file, int(fetched.size or 0)):
        return  # the file was taken away, by a power cut or by somebody: the page is fetched anew
    if line["run"] != memory.run:
        if fetched.whole:
            memory.before[fetched.url] = fetched
        return
    target = fetched.url
    for hop in reversed(line["hops"]):
        memory.this_run[hop["url"]] = Fetched(url=hop["url"], outcome="redirect", status=hop["status"], location=target)
        target = hop["url"]
    if line["asked"]:
        memory.this_run[fetched.url] = fetched
    if line["kind"] == "page":
        note(memory, line)
    else:
        memory.sitemaps.add((line["source"], line["url"]))


def note(memory: Memory, line: Mapping[str, Any]) -> None:
    """Count a page's line among those of this run."""
    memory.done.add((line["source"], line["url"]))
    memory.outcomes.setdefault(line["source"], Counter())[line["outcome"]] += 1
    if line["outcome"] == "stored":
        memory.bytes[line["source"]] += int(line["bytes"] or 0)
