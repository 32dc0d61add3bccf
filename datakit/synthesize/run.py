"""The whole run: every page asked once, replies kept, pairs and rejects written from what is kept."""

import asyncio
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from datakit.errors import InputError, MissingDependencyError
from datakit.synthesize.ask import REFUSED, Asker, OutOfBudgetError
from datakit.synthesize.budget import Budget
from datakit.synthesize.cache import Cache, Reply, cache_key, open_cache
from datakit.synthesize.endpoint import Endpoint
from datakit.synthesize.judge import judge
from datakit.synthesize.page import Page
from datakit.synthesize.prompt import prompt_sha256
from datakit.synthesize.reply import parse
from datakit.synthesize.write import WORK, Writer, folder_of, refused_row, row_of

MAX_FAILURES: Final = 5
"""Pages in a row without a reply: then the server is at fault and not the page."""

Pages = Callable[[], Iterator[Page]]
"""The pages in their order, anew at each call: they are read twice and never all held."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to ask. Waiting and spending are of one command; a later one goes on from the replies kept."""

    concurrency: int = 4
    max_requests: int | None = None
    max_tokens: int | None = None
    max_pages: int | None = None
    temperature: float = 0.2
    max_answer_tokens: int = 4_096
    timeout_s: float = 300.0
    attempts: int = 5
    retry_failed: bool = False


@dataclass(kw_only=True)
class Summary:
    """What a run came to."""

    pages: int = 0
    asked: int = 0
    """Pages that this command has a new reply for."""
    kept: int = 0
    """Pages whose reply was there before."""
    failed: int = 0
    left: int = 0
    """Pages not asked, because of a limit or a server that failed."""
    requests: int = 0
    tokens: int = 0
    pairs: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    refused_files: list[str] = field(default_factory=list)
    """Where every rejected draft is, with its reason; `curate` counts them with the rejected rows."""
    sources: dict[str, str | None] = field(default_factory=dict)
    """Licence of each source that pairs come from, by id."""
    stopped: str = ""
    """Why pages are left; empty where none is."""


def synthesize(
    pages: Pages,
    endpoint: Endpoint,
    out: Path,
    *,
    options: Options = Options(),
    on_page: Callable[[], None] | None = None,
) -> Summary:
    """Ask a server for pairs about pages, written to `out`/model/source.jsonl; a second run goes on.

    A page that has a reply (same text, model and prompt) is not asked again. Errors: `MissingDependencyError` without
    httpx, `UsageError` where the server refuses the key or another run has the folder, `InputError` where there is no
    page or no server answers, `OutputError` where the disk refuses. Whatever ends the run, replies kept stay.
    """
    if importlib.util.find_spec("httpx") is None:
        raise MissingDependencyError(
            "httpx: not installed; synthesize needs it; install it with: pip install 'ancient-aurora[sources]'"
        )
    summary = Summary()
    out = out / folder_of(endpoint.model)
    with open_cache(out / WORK) as cache:
        try:
            asyncio.run(_ask_all(pages, endpoint, cache, options, summary, on_page))
        finally:
            _write(pages, endpoint, cache, out, options, summary)
    if not summary.pages:
        raise InputError(
            "found no page: no document without questions and no context of a row; expected some; put documents"
            " (HTML, PDF, text, EPUB) into the raw folder"
        )
    if summary.stopped.startswith("server") and not (summary.asked or summary.kept):
        raise InputError(f"{endpoint.url}: {summary.stopped}; check that the server runs and knows {endpoint.model!r}")
    return summary


async def _ask_all(
    pages: Pages,
    endpoint: Endpoint,
    cache: Cache,
    options: Options,
    summary: Summary,
    on_page: Callable[[], None] | None,
) -> None:
    import httpx

    budget = Budget(max_requests=options.max_requests, max_tokens=options.max_tokens)
    waiting = _wanted(pages, endpoint, cache, options, summary)
    failures = 0

    async def work(asker: Asker) -> None:
        nonlocal failures
        for page, key in waiting:  # one iterator for all workers: each page goes to one of them
            if summary.stopped:
                return
            try:
                reply = await asker.ask(page, key)
            except OutOfBudgetError:
                summary.stopped = "the limit of requests or tokens is reached"
                return
            except ConnectionError as error:
                summary.stopped = f"server {error}"
                return
            if _is_final(reply):
                cache.put(reply)
            failures = failures + 1 if reply.failed else 0
            summary.asked += not reply.failed
            if on_page is not None:
                on_page()
            if failures >= MAX_FAILURES:
                summary.stopped = f"server failed on {failures} pages in a row, the last time: {reply.failed}"

    limits = httpx.Limits(max_connections=options.concurrency, max_keepalive_connections=options.concurrency)
    timeout = httpx.Timeout(options.timeout_s, connect=min(30.0, options.timeout_s))
    # A server on this machine is asked directly, whatever proxy the environment names; no redirect is followed, since
    # it would carry the pages, and the key, to another host.
    async with httpx.AsyncClient(
        timeout=timeout, limits=limits, follow_redirects=False, trust_env=not endpoint.is_local
    ) as client:
        asker = Asker(
            client=client, endpoint=endpoint, budget=budget, temperature=options.temperature,
            max_answer_tokens=options.max_answer_tokens, timeout_s=options.timeout_s, attempts=options.attempts,
        )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(options.concurrency):
                    group.create_task(work(asker))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            summary.requests, summary.tokens = budget.requests, budget.tokens


def _wanted(
    pages: Pages, endpoint: Endpoint, cache: Cache, options: Options, summary: Summary
) -> Iterator[tuple[Page, str]]:
    """Yield the pages to ask about with their keys; the same words in two sources are asked once."""
    seen: set[str] = set()
    for page in _first(pages(), options.max_pages):
        key = cache_key(page.sha256, endpoint.model, prompt_sha256())
        if key in seen:
            continue
        seen.add(key)
        if cache.has(key, or_failed=not options.retry_failed):
            summary.kept += 1
        else:
            yield page, key


def _write(pages: Pages, endpoint: Endpoint, cache: Cache, out: Path, options: Options, summary: Summary) -> None:
    """Derive every file from the pages and the replies kept: two runs to the same replies write the same bytes."""
    writer = Writer(out)
    named = {"model": endpoint.model, "prompt_sha256": prompt_sha256()}
    for number, page in enumerate(pages()):
        summary.pages += 1
        reply = cache.get(cache_key(page.sha256, endpoint.model, prompt_sha256()))
        if reply is None:
            summary.left += options.max_pages is None or number < options.max_pages
            continue
        summary.failed += bool(reply.failed)
        if reply.failed and not reply.text:
            continue
        pairs, refused = judge(parse(reply.text, page), page)
        for pair in pairs:
            writer.pair(row_of(pair, page, **named))
            summary.sources[page.source_id] = page.licence
        for one in refused:
            writer.refused(refused_row(one, page, **named))
            summary.rejected[one.reason] = summary.rejected.get(one.reason, 0) + 1
        summary.pairs += len(pairs)
    files, refused_files = writer.publish()
    summary.files, summary.refused_files = [str(path) for path in files], [str(path) for path in refused_files]


def _is_final(reply: Reply) -> bool:
    """Tell whether to keep a reply: a text, or a page that the server refuses; an outage is asked about again."""
    return bool(reply.text) or not reply.failed or reply.finish == REFUSED


def _first(pages: Iterator[Page], limit: int | None) -> Iterator[Page]:
    for number, page in enumerate(pages):
        if limit is not None and number >= limit:
            return
        yield page
