"""Connections to checked addresses only: a name is resolved once, each address is checked, and that address is used.

Checking a name first and letting a library resolve it again would leave a gap in which the answer may change (DNS
rebinding). Here the checked address itself is connected to; the name stays for TLS (SNI and certificate) and `Host`.
httpx and httpcore are imported when the first connection is prepared: they cost a quarter of a second.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from datakit.scrape.address import is_loopback, refusal

if TYPE_CHECKING:
    import httpx

PRIVATE_OK = "aurora_private_ok"
"""The request extension that lets a request reach an address that is not public."""


class Refused(Exception):  # noqa: N818 - an outcome of one URL, recorded in the ledger, never shown as an error
    """A name that leads to no address that may be connected to."""


class Resolver(Protocol):
    """Turns a host name into addresses; the fake of the tests changes its answer between calls."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host as text. Errors: `OSError` where it has none."""
        ...


class SystemResolver:
    """The resolver of the operating system."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def permitted(addresses: Sequence[str], host: str, *, private_ok: bool) -> list[str]:
    """Return the addresses that may be connected to. Errors: `Refused` where none is left; the message names one."""
    if private_ok:
        return list(addresses)
    reasons = {address: refusal(address) for address in addresses}
    public = [address for address, why in reasons.items() if why is None]
    if not public:
        address, why = next(iter(reasons.items()), ("", "no address"))
        raise Refused(
            f"{host} leads to {address}, a {why}; expected a public one; where it is meant, name the host in a source "
            "with allow_private = true, or add --allow-private"
        )
    return public


def guarded_transport(resolver: Resolver, *, connections: int, backend: Any = None) -> "httpx.AsyncBaseTransport":
    """Return a transport whose requests reach public addresses only, unless they carry `PRIVATE_OK`.

    Two pools, so that a connection opened under a permission never serves a request without it. Proxies of the
    environment are not used: behind one, the checked address would not be the one connected to.
    `backend` opens the sockets; httpcore's own by default.
    """
    import httpcore
    import httpx

    class Backend(httpcore.AsyncNetworkBackend):
        """Resolves, checks, and hands the address itself to the backend that opens sockets."""

        def __init__(self, *, private_ok: bool) -> None:
            self._sockets = backend or httpcore.AnyIOBackend()
            self._private_ok = private_ok

        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Any = None,
        ) -> httpcore.AsyncNetworkStream:
            try:
                async with asyncio.timeout(timeout):
                    found = await resolver.resolve(host, port)
            except TimeoutError:
                raise httpcore.ConnectTimeout(f"no answer to the name {host} within {timeout} s") from None
            except (OSError, UnicodeError) as error:
                raise httpcore.ConnectError(f"the name {host} leads nowhere ({error})") from None
            last: Exception | None = None
            for address in permitted(found, host, private_ok=self._private_ok):
                try:
                    stream: httpcore.AsyncNetworkStream = await self._sockets.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                    return stream
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    last = error
            raise last or httpcore.ConnectError(f"the name {host} leads nowhere")

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(seconds)

    def pool(*, private_ok: bool) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15.0,
            network_backend=Backend(private_ok=private_ok),
        )

    class Body(httpx.AsyncByteStream):
        """The body of an answer as it comes."""

        def __init__(self, source: Any) -> None:
            self._source = source

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for part in self._source:
                yield part

        async def aclose(self) -> None:
            await self._source.aclose()

    class Transport(httpx.AsyncBaseTransport):
        """Hands a request to the pool that its permission opens."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            url = request.url
            target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
            asked = httpcore.Request(
                request.method,
                target,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
            chosen = private if request.extensions.get(PRIVATE_OK) else public
            answer = await chosen.handle_async_request(asked)
            return httpx.Response(
                answer.status, headers=answer.headers, stream=Body(answer.stream), extensions=answer.extensions
            )

        async def aclose(self) -> None:
            await public.aclose()
            await private.aclose()

    context = httpx.create_ssl_context()
    public, private = pool(private_ok=False), pool(private_ok=True)
    return Transport()


async def on_this_machine(resolver: Resolver, host: str, port: int) -> bool:
    """Tell whether a host is this machine itself: all its addresses are loopback ones."""
    try:
        found = await resolver.resolve(host, port)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(is_loopback(address) for address in found)
