"""Who may talk to the page: this machine, this browser, this page.

The server listens on loopback, but any page in the same browser may send requests there, and a name that an attacker
owns may be made to point there (DNS rebinding). So the Host must be ours, what changes anything must come from our own
page (Origin), and a cookie that only the printed address hands out must be there. The address works once.
"""

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_SAFE: Final = ("GET", "HEAD")
_NOT_HERE: Final = (
    "open the address that `datakit review` printed; it works once, so start the review again for another"
)


class Guard:
    """Let a request through to the app, or answer it: 400 foreign Host, 403 foreign Origin or no cookie."""

    def __init__(self, app: "ASGIApp", *, port: int) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._cookie = f"aurora-review-{port}"  # cookies know no port: two reviews at once must not log each other out
        self._token: str | None = secrets.token_urlsafe(32)
        self._secret = secrets.token_urlsafe(32)

    @property
    def token(self) -> str:
        """The token of the printed address; empty once it was used."""
        return self._token or ""

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer an ASGI request."""
        if scope["type"] != "http":
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if host not in self._hosts:
            await _answer(send, 400, f"Host {host!r}: expected {' or '.join(sorted(self._hosts))}")
        elif scope["method"] not in _SAFE and headers.get(b"origin") != f"http://{host}":
            await _answer(send, 403, f"Origin {headers.get(b'origin')!r}: expected http://{host}; nothing was changed")
        elif self._known(headers.get(b"cookie", "")):
            await self._app(scope, receive, _with_headers(send))
        elif scope["method"] == "GET" and scope["path"] == "/" and self._redeem(scope["query_string"].decode()):
            cookie = f"{self._cookie}={self._secret}; HttpOnly; SameSite=Strict; Path=/"
            await _answer(send, 303, "", ("location", "/"), ("set-cookie", cookie))
        else:
            await _answer(send, 403, f"This page is not for everybody: {_NOT_HERE}")

    def _known(self, header: str) -> bool:
        try:
            found = SimpleCookie(header).get(self._cookie)
        except CookieError:
            return False
        return found is not None and secrets.compare_digest(found.value.encode(), self._secret.encode())

    def _redeem(self, query: str) -> bool:
        given = parse_qs(query).get("token", [""])[0]
        if self._token is None or not secrets.compare_digest(given.encode(), self._token.encode()):
            return False
        self._token = None
        return True


def _with_headers(send: "Send") -> "Send":
    async def sent(message: "Message") -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sent


async def _answer(send: "Send", status: int, text: str, *headers: tuple[str, str]) -> None:
    more = [(name.encode(), value.encode()) for name, value in headers]
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*plain, *_HEADERS, *more]})
    await send({"type": "http.response.body", "body": text.encode("utf-8", "backslashreplace")})
