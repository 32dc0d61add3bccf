"""One source crawled: its start pages and sitemaps first, then the links below its prefixes, level by level."""

import asyncio
from collections.abc import Sequence

from datakit.scrape.ledger import Ledger
from datakit.scrape.levels import Levels
from datakit.scrape.memory import Memory, note
from datakit.scrape.plan import Site
from datakit.scrape.progress import Progress
from datakit.scrape.shelf import Shelf
from datakit.scrape.sitemap import MAX_SITEMAPS, BadSitemap, entries
from datakit.scrape.url import host_of, is_below, same_site
from datakit.scrape.visit import Visitor


class Crawl:
    """The crawl of one source in one run."""

    def __init__(
        self, site: Site, visitor: Visitor, shelf: Shelf, ledger: Ledger, memory: Memory, progress: Progress
    ) -> None:
        self._site = site
        self._visitor = visitor
        self._shelf = shelf
        self._ledger = ledger
        self._memory = memory
        self._progress = progress
        self._levels = Levels(max_pages=site.max_pages)

    async def run(self) -> None:
        """Visit every page of the source that this run has no line for."""
        site = self._site
        urls = self._levels.begin([*site.urls, *await self._listed()])
        self._progress.start(site.id, None if site.depth else len(urls))
        for depth in range(site.depth + 1):
            await self._level(depth, urls)
            urls = self._levels.next()
            if not urls:
                break
        pages = sum(self._memory.outcomes.get(site.id, {}).values())
        self._progress.finish(site.id, f"{pages:,} pages")

    async def _level(self, depth: int, urls: Sequence[str]) -> None:
        """Visit the pages of one level, each host's one after the other, the hosts side by side."""
        hosts: dict[str, list[tuple[int, str]]] = {}
        for number, url in enumerate(urls):
            if (self._site.id, url) not in self._memory.done:
                hosts.setdefault(host_of(url), []).append((number, url))
                continue
            self._progress.advance(self._site.id, 1)
            if depth < self._site.depth:
                self._levels.note(number, self._visitor.links_again(url, self._site))
            await asyncio.sleep(0)  # a long stretch of known pages must not hold up the other sources
        async with asyncio.TaskGroup() as group:
            for pages in hosts.values():
                group.create_task(self._host(depth, pages))

    async def _host(self, depth: int, pages: Sequence[tuple[int, str]]) -> None:
        for number, url in pages:
            if self._memory.bytes[self._site.id] >= self._site.max_site_bytes:
                return  # told in the summary; a larger limit goes on from here
            line, links = await self._visitor.visit(url, self._site, depth=depth)
            if depth < self._site.depth:
                self._levels.note(number, links)
            self._ledger.append(line)
            note(self._memory, line)
            self._progress.advance(self._site.id, 1)

    async def _listed(self) -> list[str]:
        """Return the pages that the source's sitemaps list, in their order."""
        site = self._site
        waiting = list(site.sitemaps)
        if site.robots_sitemaps:
            for url in dict.fromkeys(site.urls):
                waiting += (await self._visitor.robots(url, site)).sitemaps
        waiting = list(dict.fromkeys(waiting))
        found: dict[str, None] = {}
        asked: set[str] = set()
        while waiting and len(asked) < MAX_SITEMAPS and len(found) < site.max_pages:
            sitemap = waiting.pop(0)
            if sitemap in asked:
                continue
            asked.add(sitemap)
            line, _ = await self._visitor.visit(sitemap, site, kind="sitemap")
            pages, more, fault = self._entries(line["file"], sitemap)
            if (site.id, sitemap) not in self._memory.sitemaps:
                self._memory.sitemaps.add((site.id, sitemap))
                self._ledger.append({**line, "detail": line["detail"] or fault, "entries": len(pages) + len(more)})
            found.update(dict.fromkeys(pages))
            waiting += more
        return list(found)

    def _entries(self, file: str | None, sitemap: str) -> tuple[list[str], list[str], str | None]:
        """Return the pages and the further sitemaps that a sitemap lists, and what is wrong with it."""
        site = self._site
        pages: list[str] = []
        more: list[str] = []
        if file is None:
            return pages, more, None
        try:
            for entry in entries(self._shelf.path(file), sitemap):
                if entry.index:
                    more += [entry.url] if same_site(entry.url, sitemap) else []
                elif is_below(entry.url, site.prefixes) or (not site.prefixes and same_site(entry.url, sitemap)):
                    pages.append(entry.url)
        except BadSitemap as error:
            return pages, more, str(error)
        return pages, more, None
