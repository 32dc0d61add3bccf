"""A scripted OpenAI-compatible server on loopback: each request is answered by a function of the test."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PAGE = re.compile(r"<पान (?P<mark>[0-9a-f]{16})>\n(?P<text>.*)\n</पान (?P=mark)>", re.DOTALL)


@dataclass(kw_only=True)
class Answer:
    """What the server sends: `text` becomes a completion, unless `body` says the bytes."""

    text: str = ""
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: bool = False
    """Close the connection in the middle of the body."""


@dataclass(kw_only=True)
class Fake:
    """A running server: its address, and every request it has had."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def pages(self) -> list[str]:
        """Return the page texts that were asked about, in order."""
        return [page_in(request) for request in self.requests]


def page_in(request: dict[str, Any]) -> str:
    """Return the text between the page marks of a request."""
    found = _PAGE.search(request["messages"][1]["content"])
    assert found is not None
    return found["text"]


@contextmanager
def serve(script: Callable[[dict[str, Any], int], Answer]) -> Iterator[Fake]:
    """Run a server; `script` gets the request's JSON and its number from 0."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                number = len(fake.requests)
                fake.requests.append(request)
                fake.headers.append({name.lower(): value for name, value in self.headers.items()})
                fake.times.append(time.monotonic())
            answer = script(request, number)
            time.sleep(answer.delay_s)
            body = completion(answer.text) if answer.body is None else answer.body
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if answer.cut else body)
            self.close_connection = answer.cut

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            return  # a client that was killed is no fault of the server

    server = Server(("127.0.0.1", 0), Handler)
    fake = Fake(url=f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(text: str, tokens: int = 100) -> bytes:
    """Return the body of a chat completion."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return json.dumps({"choices": [choice], "usage": {"total_tokens": tokens}}).encode()


def pairs(*found: dict[str, str]) -> str:
    """Return the JSON of a reply with these pairs; `kind` is factual where it is not said."""
    return json.dumps({"pairs": [{"kind": "factual", **one} for one in found]}, ensure_ascii=False)


def honest(request: dict[str, Any], _: int = 0) -> Answer:
    """Answer as a good model would: each sentence of the page is asked about once, word for word."""
    sentences = [part.strip() for part in re.split(r"(?<=[.।])\s+", page_in(request)) if len(part.strip()) > 30]
    made = [
        {"question": f"{' '.join(one.split()[:3])} याबद्दल काय सांगितले आहे?", "answer": one, "span": one}
        for one in sentences[:8]
    ]
    return Answer(text=pairs(*made))
