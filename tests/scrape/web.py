"""A small web on this machine's loopback addresses: one host an address, each path answered as a test says."""

import asyncio
import gzip
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Writer = asyncio.StreamWriter


@dataclass(frozen=True)
class Asked:
    """One request as it came: host address, target, headers in small letters, and when."""

    host: str
    target: str
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True)
class Reply:
    """One answer; `raw` writes the body itself, after the head was sent, and the connection closes."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[Writer], Awaitable[None]] | None = None


Answering = Callable[[Asked], Reply]


class Web:
    """What the hosts answer, and what they were asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Asked] = []
        self._pages: dict[tuple[str, str], Reply | Answering] = {}
        self._any: dict[str, Answering] = {}

    def url(self, target: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{target}"

    def page(self, target: str, reply: Reply | Answering | str, host: str = "127.0.0.1") -> str:
        """Set what a path answers; text becomes an HTML page. Returns the URL."""
        self._pages[host, target] = html(reply) if isinstance(reply, str) else reply
        return self.url(target, host)

    def every(self, answering: Answering, host: str = "127.0.0.1") -> None:
        """Answer every path that has no answer of its own."""
        self._any[host] = answering

    def robots(self, text: str, host: str = "127.0.0.1") -> None:
        self.page("/robots.txt", Reply(text.encode(), headers={"Content-Type": "text/plain"}), host)

    def counts(self, host: str | None = None) -> Counter[str]:
        """How often each path was asked, robots.txt left out."""
        return Counter(
            asked.target for asked in self.asked if asked.target != "/robots.txt" and host in (None, asked.host)
        )

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        found = self._pages.get((asked.host, asked.target)) or self._any.get(asked.host)
        if found is None:
            return Reply(b"nothing here", status=404, headers={"Content-Type": "text/plain"})
        return found if isinstance(found, Reply) else found(asked)


def html(body: str, **headers: str) -> Reply:
    """An HTML page in UTF-8."""
    kinds = {"Content-Type": "text/html; charset=utf-8"} | {name.replace("_", "-"): v for name, v in headers.items()}
    return Reply(f"<!doctype html><html lang=mr><body>{body}</body></html>".encode(), headers=kinds)


def redirect(location: str, status: int = 301) -> Reply:
    return Reply(status=status, headers={"Location": location})


def packed(data: bytes, kind: str = "text/html") -> Reply:
    return Reply(gzip.compress(data), headers={"Content-Type": kind, "Content-Encoding": "gzip"})


async def _converse(web: Web, host: str, reader: asyncio.StreamReader, writer: Writer) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            reply = web.answer(Asked(host, head[0].split(" ")[1], headers, time.monotonic()))
            lines = [f"HTTP/1.1 {reply.status} X"]
            lines += [f"{name}: {value}" for name, value in reply.headers.items()]
            if reply.raw is None:
                lines.append(f"Content-Length: {len(reply.body)}")
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body)
                await writer.drain()
                continue
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
            await reply.raw(writer)
            break
    with suppress(ConnectionError):
        writer.close()


async def _serve(web: Web, hosts: tuple[str, ...], ready: threading.Event, stop: asyncio.Event) -> None:
    servers = []
    for host in hosts:
        server = await asyncio.start_server(
            lambda r, w, host=host: _converse(web, host, r, w), host, web.port, limit=1 << 16
        )
        web.port = server.sockets[0].getsockname()[1]
        servers.append(server)
    ready.set()
    await stop.wait()
    for server in servers:
        server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


@contextmanager
def running(web: Web, *hosts: str) -> Iterator[Web]:
    """Serve a web from a thread, all hosts on one port."""
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_serve(web, hosts, ready, stop))
        loop.run_until_complete(loop.shutdown_asyncgens())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield web
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
