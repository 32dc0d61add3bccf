"""Who may talk to the page."""

import re

import pytest

from datakit.review.guard import Guard
from tests.review.conftest import HOME, PORT

testclient = pytest.importorskip("starlette.testclient", reason="starlette's test client needs httpx")


@pytest.fixture
def guard() -> Guard:
    """A guard before an application that answers everything."""
    from starlette.responses import PlainTextResponse

    return Guard(PlainTextResponse("inside"), port=PORT)


@pytest.fixture
def stranger(guard: Guard) -> "testclient.TestClient":
    """A browser without the cookie."""
    return testclient.TestClient(guard, base_url=HOME, follow_redirects=False)


@pytest.fixture
def known(stranger: "testclient.TestClient", guard: Guard) -> "testclient.TestClient":
    """A browser that opened the printed address."""
    stranger.get("/", params={"token": guard.token})
    return stranger


@pytest.mark.parametrize("path", ["/", "/?at=0", "/static/style.css", "/original?at=1", "/?token=", "/?token=guess"])
def test_without_the_cookie_nothing_is_shown(stranger: "testclient.TestClient", path: str) -> None:
    """Every page, the static files included, asks for the cookie, and the answer says how to get one."""
    answer = stranger.get(path)
    assert answer.status_code == 403
    assert "open the address that `datakit review` printed" in answer.text
    assert "inside" not in answer.text


def test_the_address_gives_a_cookie_once(stranger: "testclient.TestClient", guard: Guard) -> None:
    """The token is exchanged for a cookie that no script can read and no other site can send, and works no second
    time, in this browser or in another."""
    token = guard.token
    answer = stranger.get("/", params={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert token not in cookie
    assert stranger.get("/").text == "inside"
    assert guard.token == ""
    other = testclient.TestClient(guard, base_url=HOME, follow_redirects=False)
    assert other.get("/", params={"token": token}).status_code == 403
    assert other.get("/", params={"token": ""}).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["example.org", f"example.org:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", "", f"127.0.0.1.example.org:{PORT}"],
)
def test_a_foreign_host_is_400(known: "testclient.TestClient", host: str) -> None:
    """A name that an attacker made to point here gets nothing, not even with the cookie."""
    answer = known.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "inside" not in answer.text


def test_localhost_is_this_machine(known: "testclient.TestClient") -> None:
    """The other name of loopback is ours."""
    cookie = "; ".join(f"{name}={value}" for name, value in known.cookies.items())
    assert known.get("/", headers={"host": f"localhost:{PORT}", "cookie": cookie}).text == "inside"


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://example.org", f"https://127.0.0.1:{PORT}", "http://127.0.0.1", f"http://localhost:{PORT}"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_foreign_origin_is_403(known: "testclient.TestClient", origin: str | None, method: str) -> None:
    """What could change anything must come from this very page."""
    answer = known.request(method, "/decide", headers={} if origin is None else {"origin": origin})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text


def test_our_own_origin_passes(known: "testclient.TestClient") -> None:
    """The page itself may post."""
    assert known.post("/decide", headers={"origin": HOME}).text == "inside"


@pytest.mark.parametrize(
    "cookie", ["", "x=y", f"aurora-review-{PORT}=", f"aurora-review-{PORT}=guess", "\x00=;;=", "ü=ü"]
)
def test_no_other_cookie_opens(stranger: "testclient.TestClient", cookie: str) -> None:
    """A guessed, empty or broken cookie is none."""
    assert stranger.get("/", headers={"cookie": cookie.encode("latin-1")}).status_code == 403


def test_a_cookie_of_another_review_is_none_of_ours(guard: Guard) -> None:
    """Two reviews on one machine have cookies of their own."""
    other = Guard(guard, port=PORT)
    first = testclient.TestClient(guard, base_url=HOME, follow_redirects=False)
    first.get("/", params={"token": guard.token})
    second = testclient.TestClient(other, base_url=HOME, cookies=dict(first.cookies))
    assert second.get("/").status_code == 403


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_the_policy_allows_no_inline_script_and_no_other_host(known: "testclient.TestClient", path: str) -> None:
    """Every answer carries a policy without 'unsafe-' of any kind, without wildcards, and without framing."""
    for answer in (known.get(path), testclient.TestClient(known.app, base_url=HOME).get(path)):
        policy = answer.headers["content-security-policy"]
        assert not re.search(r"unsafe|\*|https?:|data:|blob:", policy)
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_it_listens_on_loopback_only() -> None:
    """The socket is bound to 127.0.0.1, and a taken port is told."""
    from datakit.errors import UsageError
    from datakit.review.serve import listen

    with listen(0) as listening:
        address, port = listening.getsockname()
        assert address == "127.0.0.1"
        with pytest.raises(UsageError, match=f"--port {port}: cannot be used"):
            listen(port)
