"""The whole run: the ledger opened, every source crawled, what is no longer current set aside, a summary."""

import asyncio
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from datakit.errors import MissingDependencyError
from datakit.readers.scraped import load_origins
from datakit.scrape.ask import Asker
from datakit.scrape.connect import Resolver, SystemResolver
from datakit.scrape.crawl import Crawl
from datakit.scrape.declared import require_sites
from datakit.scrape.ledger import Ledger, now
from datakit.scrape.memory import Memory, plan_digest, remember
from datakit.scrape.plan import Plan
from datakit.scrape.progress import Progress, Silent
from datakit.scrape.shelf import Shelf
from datakit.scrape.visit import Visitor

if TYPE_CHECKING:
    import httpx

NEEDED: Final = ("httpx", "protego")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run came to. `outcomes` counts the run's pages by source and outcome, resumed ones included."""

    run: int
    resumed: bool
    finished: bool
    """False where the time limit stopped it: the same command goes on."""
    outcomes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stored_bytes: Mapping[str, int] = field(default_factory=dict)
    full: tuple[str, ...] = ()
    """Sources that reached max_site_bytes."""
    requests: int = 0
    """Sent by this process, robots.txt, sitemaps, redirects and retries included."""
    received_bytes: int = 0
    superseded: int = 0
    """Pages whose URL gives other bytes now, moved out of the readers' sight."""

    @property
    def pages(self) -> int:
        """How many pages lie on the shelf after this run."""
        return sum(counts.get("stored", 0) + counts.get("unchanged", 0) for counts in self.outcomes.values())


def scrape(
    plan: Plan,
    raw: Path,
    *,
    max_seconds: float | None = None,
    progress: Progress | None = None,
    resolver: Resolver | None = None,
    transport: "httpx.AsyncBaseTransport | None" = None,
) -> Summary:
    """Fetch what a plan names into `raw/scraped`, and go on where a run of the same plan was stopped.

    `resolver` and `transport` replace the network's. Errors: `UsageError` for a plan that makes no sense or a folder
    that another scrape writes to, `MissingDependencyError` without httpx or protego, `InputError` for a ledger that
    cannot be read, `OutputError` where the disk refuses a write; `KeyboardInterrupt` passes, and all lines are kept.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"{' and '.join(missing)} not installed; scraping needs them; install them with: "
            "pip install 'ancient-aurora[sources]'"
        )
    require_sites(plan)
    shelf = Shelf(raw)
    with shelf.lock():
        memory = remember(plan, shelf)
        ledger = Ledger(shelf.ledger)
        try:
            if not memory.resumed:
                ledger.append({
                    "kind": "begin", "run": memory.run, "plan": plan_digest(plan), "agent": plan.user_agent,
                    "fetched_at": now(), **plan.described(),
                })  # fmt: skip
            asker = Asker(plan, shelf, resolver or SystemResolver(), transport=transport)
            finished = asyncio.run(_run(plan, asker, shelf, ledger, memory, progress or Silent(), max_seconds))
            if finished:
                ledger.append({"kind": "end", "run": memory.run, "fetched_at": now()})
        finally:
            ledger.close()
        superseded = 0
        if finished:
            superseded = shelf.set_aside(set(load_origins(raw)))
    return Summary(
        run=memory.run,
        resumed=memory.resumed,
        finished=finished,
        outcomes={site.id: dict(memory.outcomes.get(site.id, {})) for site in plan.sites},
        stored_bytes={site.id: memory.bytes[site.id] for site in plan.sites},
        full=tuple(site.id for site in plan.sites if memory.bytes[site.id] >= site.max_site_bytes),
        requests=asker.requests,
        received_bytes=asker.received_bytes,
        superseded=superseded,
    )


async def _run(
    plan: Plan,
    asker: Asker,
    shelf: Shelf,
    ledger: Ledger,
    memory: Memory,
    progress: Progress,
    max_seconds: float | None,
) -> bool:
    """Crawl every source side by side; return False where the time was up first."""
    async with asker:
        visitor = Visitor(plan, asker, shelf, ledger, memory)
        crawls = [Crawl(site, visitor, shelf, ledger, memory, progress) for site in plan.sites]
        try:
            async with asyncio.timeout(max_seconds), asyncio.TaskGroup() as group:
                for crawl in crawls:
                    group.create_task(crawl.run())
        except TimeoutError:
            return False
        except BaseExceptionGroup as several:  # one cause each: what the first source met
            raise _first(several) from None
    return True


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
