"""Addresses and keys, waits, budgets and the replies on disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from datakit.errors import UsageError
from datakit.synthesize.budget import Budget
from datakit.synthesize.cache import FILE, Reply, cache_key, open_cache
from datakit.synthesize.endpoint import endpoint_of
from datakit.synthesize.retry import MAX_WAIT_S, wait_s

KEY = "sk-secret-0123456789"


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1/chat/completions"),
        ("https://host.example/api/openai/v1", "https://host.example/api/openai/v1/chat/completions"),
        ("https://host.example/v1/chat/completions", "https://host.example/v1/chat/completions"),
    ],
)
def test_addresses(given: str, asked: str) -> None:
    """An address with or without its path leads to the chat completions."""
    assert endpoint_of(given, "m", environment={}).url == asked


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("ftp://host/v1", "", "found no http address"),
        ("host:8080", "", "found no http address"),
        ("http://[::1/v1", "", "Invalid IPv6 URL"),
        (f"https://me:{KEY}@host/v1", "", "found a name, password or query"),
        (f"https://host/v1?key={KEY}", "", "found a name, password or query"),
        ("http://host.example/v1", KEY, "would send the key unencrypted"),
        ("https://host.example/v1", "दोन\nओळी", "characters that no header may hold"),
    ],
)
def test_bad_addresses_never_show_a_key(url: str, key: str, said: str) -> None:
    """An address that is none, or that would give the key away, is refused without showing a secret."""
    with pytest.raises(UsageError) as caught:
        endpoint_of(url, "m", environment={"AURORA_API_KEY": key})
    assert said in str(caught.value)
    assert KEY not in str(caught.value)


def test_the_key_is_not_shown() -> None:
    """The first variable set wins; the key is in no repr and is taken out of a server's words."""
    server = endpoint_of("https://h/v1", "m", environment={"OPENAI_API_KEY": "other", "AURORA_API_KEY": KEY})
    assert server.key == KEY
    assert KEY not in repr(server)
    assert server.clean(f"bad key {KEY}!") == "bad key [key]!"


def test_waits() -> None:
    """Waits double; a server's Retry-After, seconds or a date, comes first; none is longer than the cap."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert [wait_s(n) for n in (1, 2, 3)] == [1, 2, 4]
    assert wait_s(1, "7") == 7
    assert wait_s(1, "Thu, 01 Jan 2026 00:00:30 GMT", now=now) == 30
    assert wait_s(1, "Wed, 31 Dec 2025 00:00:00 GMT", now=now) == 0
    assert wait_s(2, "soon") == 2
    assert wait_s(2, "nan") == 2
    assert wait_s(1, "99999") == wait_s(30) == MAX_WAIT_S


def test_budget_holds_with_many_under_way() -> None:
    """What requests under way may still spend counts as spent until they are done."""
    budget = Budget(max_requests=3, max_tokens=100)
    assert budget.reserve(60)
    assert not budget.reserve(60)
    budget.settle(60, 30)
    assert budget.reserve(60)
    assert budget.reserve(10)
    assert not budget.reserve(0)
    assert (budget.requests, budget.tokens, budget.reserved) == (3, 30, 70)


def test_replies_survive_a_torn_line(tmp_path: Path) -> None:
    """A line cut at any byte is dropped, those before it stay, and what is added after is read."""
    with open_cache(tmp_path) as cache:
        cache.put(Reply(key="a", text="एक"))
        cache.put(Reply(key="b", text="दोन"))
    whole = (tmp_path / FILE).read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole), 7):
        (tmp_path / FILE).write_bytes(whole[:cut])
        with open_cache(tmp_path) as cache:
            assert cache.get("a") == Reply(key="a", text="एक")
            assert cache.get("b") is None
            cache.put(Reply(key="c", failed="नाही"))
        with open_cache(tmp_path) as cache:
            assert cache.has("c")
            assert not cache.has("c", or_failed=False)
            assert cache.get("a") is not None


def test_one_run_a_folder(tmp_path: Path) -> None:
    """A second run on the same folder is refused while the first is at work."""
    with open_cache(tmp_path), pytest.raises(UsageError, match="another synthesize is at work"), open_cache(tmp_path):
        pass


def test_keys_differ_by_text_model_and_prompt() -> None:
    """A reply is known by the page's words, the model and the prompt, each of them."""
    assert (
        len({cache_key(*parts) for parts in (("a", "b", "c"), ("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x"))}) == 4
    )
