"""Connections go to checked addresses, and to no others."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpcore
import httpx
import pytest

from datakit.scrape.connect import PRIVATE_OK, Refused, guarded_transport, on_this_machine, permitted

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class FakeResolver:
    """Answers each name in turn with what its list holds next; the last answer stays."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.calls = 0

    async def resolve(self, host: str, port: int) -> Sequence[str]:  # noqa: ARG002 - the Protocol has it
        self.calls += 1
        found = self.answers.get(host)
        if found is None:
            raise OSError(-2, "Name or service not known")
        return found.pop(0) if len(found) > 1 else found[0]


class FakeStream(httpcore.AsyncMockStream):
    """A stream that remembers what was sent and to whom TLS was spoken."""

    def __init__(self, log: list[Any]) -> None:
        super().__init__([ANSWER])
        self._log = log

    async def write(self, buffer: bytes, *_: Any, **__: Any) -> None:
        self._log.append(buffer)

    async def start_tls(self, *_: Any, server_hostname: str | None = None, **__: Any) -> httpcore.AsyncNetworkStream:
        self._log.append(("tls", server_hostname))
        return self


class FakeSockets(httpcore.AsyncNetworkBackend):
    """Opens nothing and remembers every address asked for; addresses in `dead` do not answer."""

    def __init__(self, *dead: str) -> None:
        self.connected: list[str] = []
        self.log: list[Any] = []
        self._dead = dead

    async def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        self.connected.append(host)
        if host in self._dead:
            raise httpcore.ConnectError("connection refused")
        return FakeStream(self.log)


def ask(resolver: FakeResolver, sockets: FakeSockets, *urls: str, private_ok: bool = False) -> list[bytes]:
    """Ask URLs one after the other over one transport."""

    async def main() -> list[bytes]:
        transport = guarded_transport(resolver, connections=4, backend=sockets)
        bodies = []
        try:
            for url in urls:
                request = httpx.Request("GET", url, extensions={PRIVATE_OK: private_ok})
                response = await transport.handle_async_request(request)
                bodies.append(await response.aread())
                await response.aclose()
        finally:
            await transport.aclose()
        return bodies

    return asyncio.run(main())


def test_the_checked_address_is_the_one_connected_to() -> None:
    """The name is resolved once a connection, and the socket is opened to that very address."""
    resolver, sockets = FakeResolver(example_org=[["93.184.216.34"], ["127.0.0.1"]]), FakeSockets()
    assert ask(resolver, sockets, "http://example.org/") == [b"ok"]
    assert (sockets.connected, resolver.calls) == (["93.184.216.34"], 1)


def test_a_name_that_turns_private_is_refused() -> None:
    """DNS rebinding: an answer that is public once and private the next time opens no private connection."""
    resolver, sockets = FakeResolver(evil_org=[["93.184.216.34"], ["169.254.169.254"]]), FakeSockets()
    ask(resolver, sockets, "http://evil.org/")
    with pytest.raises(
        Refused, match=r"evil\.org leads to 169\.254\.169\.254, a link-local address; expected a public one"
    ):
        ask(resolver, sockets, "http://evil.org/")
    assert sockets.connected == ["93.184.216.34"]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.0.0.8", "::ffff:10.0.0.8", "64:ff9b::a00:8", "fe80::1%eth0"]
)
def test_no_private_address_is_connected_to(address: str) -> None:
    """A name that leads to no public address opens no socket at all."""
    sockets = FakeSockets()
    with pytest.raises(Refused):
        ask(FakeResolver(inner_org=[[address]]), sockets, "http://inner.org/")
    assert sockets.connected == []


def test_of_mixed_answers_only_public_ones_are_used() -> None:
    """A private address among public ones is passed over, and a dead public one is followed by the next."""
    sockets = FakeSockets("93.184.216.34")
    answers = ["10.0.0.1", "93.184.216.34", "::1", "93.184.216.35"]
    assert ask(FakeResolver(example_org=[answers]), sockets, "http://example.org/") == [b"ok"]
    assert sockets.connected == ["93.184.216.34", "93.184.216.35"]


def test_the_name_stays_for_tls_and_host() -> None:
    """Certificate and Host belong to the name, though the socket goes to the address."""
    sockets = FakeSockets()
    ask(FakeResolver(example_org=[["93.184.216.34"]]), sockets, "https://example.org/a")
    assert ("tls", "example.org") in sockets.log
    assert b"Host: example.org\r\n" in b"".join(part for part in sockets.log if isinstance(part, bytes))


def test_a_permitted_connection_serves_no_other() -> None:
    """A connection that was opened under a permission is not used for a request that has none."""
    resolver, sockets = FakeResolver(inner_org=[["10.0.0.8"]]), FakeSockets()

    async def main() -> None:
        transport = guarded_transport(resolver, connections=4, backend=sockets)
        for allowed in (True, False):
            request = httpx.Request("GET", "http://inner.org/", extensions={PRIVATE_OK: allowed})
            response = await transport.handle_async_request(request)
            await response.aread()
            await response.aclose()

    with pytest.raises(Refused):
        asyncio.run(main())
    assert sockets.connected == ["10.0.0.8"]


def test_spellings_of_an_address_are_resolved_before_they_are_judged() -> None:
    """An address written as one number, in octal or short is what the operating system makes of it."""
    for host in ("2130706433", "0x7f.1", "127.1", "017700000001"):
        with pytest.raises(Refused, match=r"leads to 127\.0\.0\.1, a loopback address"):
            asyncio.run(real(host))


async def real(host: str) -> None:
    from datakit.scrape.connect import SystemResolver

    permitted(await SystemResolver().resolve(host, 80), host, private_ok=False)


def test_names_that_lead_nowhere() -> None:
    """An unknown name, or one that no address answers for, is an error of the network."""
    with pytest.raises(httpcore.ConnectError, match=r"the name nowhere\.org leads nowhere"):
        ask(FakeResolver(), FakeSockets(), "http://nowhere.org/")
    with pytest.raises(httpcore.ConnectError, match="connection refused"):
        ask(FakeResolver(down_org=[["93.184.216.34"]]), FakeSockets("93.184.216.34"), "http://down.org/")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy the checked address would not be the one connected to."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    sockets = FakeSockets()
    ask(FakeResolver(example_org=[["93.184.216.34"]]), sockets, "http://example.org/")
    assert sockets.connected == ["93.184.216.34"]


def test_this_machine() -> None:
    """A host is this machine where every address of it is a loopback one."""
    resolver = FakeResolver(local_org=[["127.0.0.1", "::1"]], mixed_org=[["127.0.0.1", "8.8.8.8"]])
    found = [asyncio.run(on_this_machine(resolver, host, 80)) for host in ("local.org", "mixed.org", "nowhere.org")]
    assert found == [True, False, False]
