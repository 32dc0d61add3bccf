"""One page visited: robots.txt, redirects, conditional request, licence; what came of it is one line of the ledger."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from datakit.readers.html_text import parse
from datakit.scrape.ask import Answer, Asker, Want
from datakit.scrape.content import HEAD_BYTES, suffix_of
from datakit.scrape.ledger import Ledger, now
from datakit.scrape.licence import marks_of, stated
from datakit.scrape.links import links_of
from datakit.scrape.memory import Fetched, Memory
from datakit.scrape.plan import Plan, Site
from datakit.scrape.robots import MAX_BYTES, MAX_REDIRECTS, Robots, judge
from datakit.scrape.shelf import Shelf
from datakit.scrape.sitemap import MAX_BYTES as SITEMAP_BYTES
from datakit.scrape.url import is_below, normalize, origin_of, same_site

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MAX_HOPS: Final = 10
"""Redirects of one page; browsers stop at 20, and no honest site needs five."""

PARSED_BYTES: Final = 4 << 20
"""A larger HTML page is stored, but its links and marks are not read; the largest of 118 real ones has 0.45 MB."""

Visited = tuple[dict[str, Any], list[str]]
"""A line of the ledger, and the links of the page."""


class Visitor:
    """Visits pages on behalf of a plan; nothing is asked twice in a run, whatever leads to it."""

    def __init__(self, plan: Plan, asker: Asker, shelf: Shelf, ledger: Ledger, memory: Memory) -> None:
        self._plan = plan
        self._asker = asker
        self._shelf = shelf
        self._ledger = ledger
        self._memory = memory
        self._robots: dict[str, asyncio.Task[Robots]] = {}
        self._under_way: dict[str, asyncio.Task[Fetched]] = {}

    async def visit(self, url: str, site: Site, *, kind: str = "page", depth: int = 0) -> Visited:
        """Return the line of a page or sitemap and the page's links; the caller writes the line."""
        hops: list[dict[str, Any]] = []
        passed = {url}
        current = url
        while True:
            robots = await self.robots(current, site)
            fetched = await self._allowed(current, site, kind, robots)
            if fetched.location is None:
                break
            hops.append({"url": current, "status": fetched.status})
            target = fetched.location
            problem = self._bad_redirect(url, target, passed, site, depth)
            if problem is not None:
                fetched = replace(fetched, url=target, outcome=problem[0], detail=problem[1], location=None)
                break
            current = target
            passed.add(current)
        line: dict[str, Any] = {
            "kind": kind,
            "run": self._memory.run,
            "source": site.id,
            "url": url,
            "final_url": fetched.url,
            "fetched_at": now(),
            "outcome": fetched.outcome,
            "detail": fetched.detail,
            "status": fetched.status,
            "depth": depth,
            "hops": hops,
            "asked": fetched.attempts > 0 and fetched.outcome not in ("outside", "redirect_loop"),
            "attempts": fetched.attempts,
            "headers": dict(fetched.headers),
            "sha256": fetched.sha256,
            "bytes": fetched.size,
            "file": fetched.file,
            "robots": robots.noted(current),
            "licence": site.licence,
            "licence_from": "declared" if site.licence else None,
            "licence_marks": [],
        }
        links: list[str] = []
        if kind == "page" and fetched.whole and fetched.file is not None:
            root = self._parsed(fetched)
            marks = marks_of(root, fetched.headers, fetched.url)
            line["licence_marks"] = marks
            if site.licence is None and (licence := stated(marks)) is not None:
                line |= {"licence": licence, "licence_from": "page"}
            if depth < site.depth:
                links = _followed(root, fetched, site)
        return line, links

    def links_again(self, url: str, site: Site) -> list[str]:
        """Return the links of a page that this run has a line for: read from the shelf, nobody is asked."""
        fetched = self._memory.this_run.get(url)
        for _ in range(MAX_HOPS + 1):
            if fetched is None or fetched.location is None:
                break
            fetched = self._memory.this_run.get(fetched.location)
        if fetched is None or not fetched.whole:
            return []
        return _followed(self._parsed(fetched), fetched, site)

    async def robots(self, url: str, site: Site) -> Robots:
        """Return the robots.txt that speaks for a URL, fetched once a run."""
        origin = origin_of(url)
        if origin not in self._robots:
            self._robots[origin] = asyncio.create_task(self._fetch_robots(f"{origin}/robots.txt", site))
        found = await asyncio.shield(self._robots[origin])
        lane = await self._asker.lane(url, site)
        lane.delay_s = max(lane.delay_s, min(found.delay_s, self._plan.max_wait_s))
        return found

    async def _allowed(self, url: str, site: Site, kind: str, robots: Robots) -> Fetched:
        decision = robots.decision(url)
        if decision == "disallowed":
            return Fetched(url=url, outcome="disallowed", detail=f"{robots.url} disallows it")
        if decision == "unreachable" and robots.fault == "refused_address":
            return Fetched(url=url, outcome=robots.fault, detail=robots.detail)
        if decision == "unreachable":
            detail = f"{robots.url} could not be read ({robots.detail or robots.status}), so nothing is allowed for now"
            return Fetched(url=url, outcome="robots_unreachable", detail=detail)
        if robots.delay_s > self._plan.max_wait_s:
            detail = (
                f"{robots.url} asks for {robots.delay_s:g} s between requests; max_wait_s is {self._plan.max_wait_s:g}"
            )
            return Fetched(url=url, outcome="retry_later", detail=detail)
        if (known := self._memory.this_run.get(url)) is not None:
            return known
        if url not in self._under_way:
            self._under_way[url] = asyncio.create_task(self._fetch(url, site, kind))
        try:
            return await asyncio.shield(self._under_way[url])
        finally:
            if url in self._memory.this_run:
                self._under_way.pop(url, None)

    async def _fetch(self, url: str, site: Site, kind: str) -> Fetched:
        before = self._memory.before.get(url)
        if before is not None and kind == "page" and PurePosixPath(str(before.file)).parent.name != site.id:
            before = None  # it lies with another source, whose rows it must not leave
        want = Want(
            headers=before.validators() if before else {},
            max_bytes=site.max_bytes if kind == "page" else SITEMAP_BYTES,
            any_type=kind != "page",
        )
        fetched = self._kept(url, site, kind, await self._asker.ask(url, site, want), before)
        self._memory.this_run[url] = fetched
        return fetched

    def _kept(self, url: str, site: Site, kind: str, answer: Answer, before: Fetched | None) -> Fetched:
        """Put a whole answer on the shelf and say what it was."""
        base = Fetched(
            url=url, outcome="http_error", status=answer.status, headers=answer.headers, attempts=answer.attempts
        )
        if answer.fault is not None:
            return replace(base, outcome=answer.fault, detail=answer.detail)
        if answer.status == 304 and before is not None:
            headers = {**before.headers, **answer.headers}
            return replace(before, outcome="unchanged", status=304, headers=headers, attempts=answer.attempts)
        if answer.status in REDIRECTS:
            location = normalize(answer.headers.get("location", ""), url) if answer.headers.get("location") else None
            if location is None:
                return replace(base, detail="found a redirect that leads to no http or https URL")
            return replace(base, outcome="redirect", location=location)
        stored = answer.stored
        if stored is None:
            return replace(base, detail=f"found status {answer.status}, expected 200")
        if kind == "sitemap":
            file = self._shelf.keep_aside(stored, ".xml")
        else:
            with stored.path.open("rb") as stream:
                head = stream.read(HEAD_BYTES)
            suffix = suffix_of(answer.headers.get("content-type", ""), head, url) if head else None
            if suffix is None:
                stored.path.unlink()
                detail = "found a document that no reader takes" if head else "found an empty page"
                return replace(base, outcome="unwanted_type" if head else "empty_page", detail=detail)
            file = self._shelf.keep(stored, site.id, suffix)
        same = before is not None and before.sha256 == stored.sha256 and before.file == file
        return replace(
            base, outcome="unchanged" if same else "stored", sha256=stored.sha256, size=stored.size, file=file
        )

    def _bad_redirect(
        self, start: str, target: str, passed: set[str], site: Site, depth: int
    ) -> tuple[str, str] | None:
        if target in passed:
            return "redirect_loop", f"found a redirect back to {target}"
        if len(passed) > MAX_HOPS:
            return "redirect_loop", f"found more than {MAX_HOPS} redirects"
        if is_below(target, site.prefixes) or (depth == 0 and same_site(start, target)):
            return None
        return (
            "outside",
            f"leads to {target}, outside of what is declared; add it to prefixes if it belongs to the source",
        )

    def _parsed(self, fetched: Fetched) -> Any | None:
        if fetched.file is None or not fetched.file.endswith(".html") or (fetched.size or 0) > PARSED_BYTES:
            return None
        from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

        try:
            return parse(self._shelf.path(fetched.file).read_bytes())
        except (etree.LxmlError, ValueError):
            return None

    async def _fetch_robots(self, url: str, site: Site) -> Robots:
        current, answer, hops = url, Answer(), 0
        want = Want(max_bytes=MAX_BYTES, any_type=True, cut=True)
        while True:
            answer = await self._asker.ask(current, site, want)
            target = normalize(answer.headers.get("location", ""), current) if answer.status in REDIRECTS else None
            if target is None or hops >= MAX_REDIRECTS:
                break
            current, hops = target, hops + 1
        data, file, sha256 = b"", None, None
        if answer.stored is not None:
            data, sha256 = answer.stored.path.read_bytes(), answer.stored.sha256
            file = self._shelf.keep_aside(answer.stored, ".txt")
        status = None if answer.fault is not None else answer.status
        found = judge(url, status, data, sha256=sha256, detail=answer.detail, fault=answer.fault)
        lane = await self._asker.lane(url, site)
        lane.pause(min(found.delay_s, self._plan.max_wait_s))  # the file itself was the first request
        self._note_robots(found, current, answer, file, site)
        return found

    def _note_robots(self, found: Robots, final: str, answer: Answer, file: str | None, site: Site) -> None:
        key = (found.url, found.sha256, found.status)
        if key in self._memory.robots:
            return  # a resumed run found the same file again
        self._memory.robots.add(key)
        line: Mapping[str, Any] = {
            "kind": "robots", "run": self._memory.run, "source": site.id, "url": found.url, "final_url": final,
            "fetched_at": now(), "outcome": found.state, "detail": answer.detail, "status": answer.status,
            "attempts": answer.attempts, "headers": dict(answer.headers), "sha256": found.sha256, "file": file,
        }  # fmt: skip
        self._ledger.append(line)


def _followed(root: Any | None, fetched: Fetched, site: Site) -> list[str]:
    """Return the links to follow from a page: those below the source's prefixes, none where the page asks for that."""
    if root is None or "nofollow" in fetched.headers.get("x-robots-tag", ""):
        return []
    return [link for link in links_of(root, fetched.url) if is_below(link, site.prefixes)]
