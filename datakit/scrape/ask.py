"""One URL asked of its server: in its host's lane, with retries, limits and the answer's body on disk."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from datakit.scrape.body import BadBody, Stored, TooLarge, store
from datakit.scrape.connect import PRIVATE_OK, Refused, Resolver, guarded_transport, on_this_machine
from datakit.scrape.content import is_wanted, media_type
from datakit.scrape.lane import Lane
from datakit.scrape.plan import PUBLIC_DELAY_S, Plan, Site
from datakit.scrape.shelf import Shelf
from datakit.scrape.url import host_of
from datakit.scrape.wait import TRANSIENT, backoff_s, retry_after_s

if TYPE_CHECKING:
    import httpx

CONNECT_S: Final = 15.0
DROPPED_HEADERS: Final = ("set-cookie", "set-cookie2")
"""Cookies are neither kept nor sent back: they mark visitors."""
HEADERS_CHARS: Final = 8_000
"""Of one answer, in the ledger; a server may send 100 KiB of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said to one request. `fault` is why there is no whole answer, with `detail` for people."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: Stored | None = None
    fault: str | None = None
    detail: str | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """What is asked for: further request headers, the limit in bytes, whether any media type will do."""

    headers: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int
    any_type: bool = False
    cut: bool = False
    """Read up to the limit and be content."""


class Asker:
    """Asks servers on behalf of a plan; use as an async context manager."""

    def __init__(
        self, plan: Plan, shelf: Shelf, resolver: Resolver, *, transport: "httpx.AsyncBaseTransport | None" = None
    ) -> None:
        self._plan = plan
        self._shelf = shelf
        self._resolver = resolver
        self._transport = transport or guarded_transport(resolver, connections=2 * plan.hosts_at_once)
        self._lanes: dict[str, Lane] = {}
        self._paced: set[tuple[str, str]] = set()
        self._open = asyncio.Semaphore(plan.hosts_at_once)
        self._chance = random.Random()
        self._headers = {
            "User-Agent": plan.user_agent,
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": "mr, en;q=0.5",
            "Accept": "text/html, application/xhtml+xml, text/plain;q=0.9, application/pdf;q=0.9, */*;q=0.5",
        }
        if "@" in plan.contact and "://" not in plan.contact:
            self._headers["From"] = plan.contact
        self.requests = 0
        self.received_bytes = 0

    async def __aenter__(self) -> "Asker":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.aclose()

    def private_ok(self, site: Site, host: str) -> bool:
        """Tell whether a source allows a host of its own to be at a private address."""
        return site.allow_private and host in site.hosts

    async def lane(self, url: str, site: Site) -> Lane:
        """Return the lane of a URL's host, at the pace that the source asks for."""
        host = host_of(url)
        lane = self._lanes.setdefault(host, Lane())
        if (host, site.id) in self._paced:
            return lane
        delay = site.delay_s
        if delay < PUBLIC_DELAY_S and not (
            self.private_ok(site, host) and await on_this_machine(self._resolver, host, 80)
        ):
            delay = PUBLIC_DELAY_S
        lane.delay_s = max(lane.delay_s, delay)
        self._paced.add((host, site.id))
        return lane

    async def ask(self, url: str, site: Site, want: Want) -> Answer:
        """Return the answer to a GET, after as many retries as the plan allows."""
        lane = await self.lane(url, site)
        answer = Answer(fault="host_given_up", detail="the host failed too often in a row; the next run asks again")
        for attempt in range(self._plan.retries + 1):
            if lane.given_up:
                return answer
            async with lane, self._open:  # the turn first: who waits for a host must not hold up the others
                answer = await self._once(url, site, want, attempt + 1)
                asked = retry_after_s(answer.headers.get("retry-after"))
                again = answer.status in TRANSIENT or answer.fault in ("network_error", "too_slow")
                if not again:
                    lane.succeeded()
                    return answer
                if asked is not None and asked > self._plan.max_wait_s:
                    lane.failed()
                    detail = f"status {answer.status}, asked to come back in {asked:,.0f} s; the next run asks again"
                    return Answer(
                        status=answer.status, headers=answer.headers, fault="retry_later", detail=detail,
                        attempts=answer.attempts,
                    )  # fmt: skip
                if attempt < self._plan.retries:
                    wait = backoff_s(
                        attempt, base_s=self._plan.backoff_s, max_s=self._plan.max_wait_s, chance=self._chance
                    )
                    lane.pause(max(wait, asked or 0.0))
        lane.failed()
        return answer

    async def _once(self, url: str, site: Site, want: Want, attempt: int) -> Answer:
        import httpcore
        import httpx

        self.requests += 1
        path = self._shelf.scratch()
        answer: Answer | None = None
        try:
            async with asyncio.timeout(site.timeout_s):
                answer = await self._exchange(url, site, want, attempt, path)
                return answer
        except (TimeoutError, httpcore.TimeoutException) as error:
            detail = str(error) or f"no whole answer within {site.timeout_s:g} s"
            answer = Answer(fault="too_slow", detail=detail, attempts=attempt)
        except Refused as error:
            answer = Answer(fault="refused_address", detail=str(error), attempts=attempt)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpx.InvalidURL, OSError) as error:
            answer = Answer(fault="network_error", detail=_first_line(error), attempts=attempt)
        finally:
            if answer is None or answer.stored is None:
                with suppress(OSError):
                    path.unlink()
        return answer

    async def _exchange(self, url: str, site: Site, want: Want, attempt: int, path: Path) -> Answer:
        import httpx

        times = {
            "connect": min(CONNECT_S, site.timeout_s),
            "read": site.timeout_s,
            "write": site.timeout_s,
            "pool": None,
        }
        allowed = self.private_ok(site, host_of(url))
        request = httpx.Request(
            "GET", url, headers={**self._headers, **want.headers}, extensions={"timeout": times, PRIVATE_OK: allowed}
        )
        response = await self._transport.handle_async_request(request)
        status, headers = response.status_code, _kept(response.headers)
        stored = None
        fault = detail = None
        try:
            if 200 <= status < 300 and status != 204:
                kind, length = headers.get("content-type", ""), headers.get("content-length", "")
                if not (want.any_type or is_wanted(kind)):
                    fault, detail = "unwanted_type", f"found {media_type(kind)[:80]}, which no reader takes"
                elif length.isdigit() and int(length) > want.max_bytes and not want.cut:
                    fault, detail = "too_large", f"found {int(length):,} bytes announced, limit {want.max_bytes:,}"
                else:
                    stored = await self._body(response, headers, want, path)
        except TooLarge:
            fault, detail = "too_large", f"found more than {want.max_bytes:,} bytes when unpacked"
        except BadBody as error:
            fault, detail = "bad_body", str(error)
        finally:
            await response.aclose()
        return Answer(status=status, headers=headers, stored=stored, fault=fault, detail=detail, attempts=attempt)

    async def _body(self, response: "httpx.Response", headers: Mapping[str, str], want: Want, path: Path) -> Stored:
        import httpx

        assert isinstance(response.stream, httpx.AsyncByteStream)
        coding = headers.get("content-encoding", "")
        stored = await store(response.stream, coding, path, max_bytes=want.max_bytes, cut=want.cut)
        self.received_bytes += stored.size
        return stored


def _kept(headers: "httpx.Headers") -> dict[str, str]:
    kept: dict[str, str] = {}
    size = 0
    for name, value in headers.items():
        size += len(name) + len(value)
        if name not in DROPPED_HEADERS and size <= HEADERS_CHARS:
            kept[name] = value
    return kept


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300] or type(error).__name__
