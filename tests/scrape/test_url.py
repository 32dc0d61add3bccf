"""URLs in one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.scrape.url import MAX_CHARS, host_of, is_below, normalize, origin_of, same_site

SPELLINGS = {
    "HTTP://Example.ORG": "http://example.org/",
    "http://example.org:80/a": "http://example.org/a",
    "https://example.org:443/": "https://example.org/",
    "http://example.org:8080/a": "http://example.org:8080/a",
    "http://example.org/a#b": "http://example.org/a",
    "http://example.org/a/./b/../c": "http://example.org/a/c",
    "http://example.org/../../a": "http://example.org/a",
    "http://example.org/a/..": "http://example.org/",
    "http://example.org/%7euser": "http://example.org/~user",
    "http://example.org/%e0%a4%b6": "http://example.org/%E0%A4%B6",
    "http://example.org/शिवाजी": "http://example.org/%E0%A4%B6%E0%A4%BF%E0%A4%B5%E0%A4%BE%E0%A4%9C%E0%A5%80",
    "http://example.org/a%2Fb": "http://example.org/a%2Fb",
    "http://example.org/a b": "http://example.org/a%20b",
    "http://example.org/?b=2&a=1": "http://example.org/?b=2&a=1",
    " http://example.org/a\n": "http://example.org/a",
    "http://example.org./a": "http://example.org/a",
    "http://[::1]:80/": "http://[::1]/",
    "http://मराठी.भारत/": "http://xn--d2b1ag0dl.xn--h2brj9c/",
}


@pytest.mark.parametrize(("text", "one"), SPELLINGS.items())
def test_spellings_of_one_page_are_one_url(text: str, one: str) -> None:
    """Two spellings of one page are one URL, and the one spelling stays as it is."""
    assert normalize(text) == one
    assert normalize(one) == one


@pytest.mark.parametrize(
    "text",
    [
        "", "page.html", "ftp://example.org/", "javascript:alert(1)", "mailto:a@b.org", "http://", "http:///a",
        "http://user:secret@example.org/", "http://example.org:port/", "http://[::1/", "file:///etc/passwd",
        "http://exa mple.org/", "http://0177.0.0.1/", "http://999.1.1.1/", "http://example.org/" + "a" * MAX_CHARS,
    ],
)  # fmt: skip
def test_what_is_no_page_is_no_url(text: str) -> None:
    """Other schemes, URLs without a host, with a user name, broken or too long, give nothing."""
    assert normalize(text) is None


def test_links_are_resolved() -> None:
    """A link is read against the page that holds it."""
    page = "https://example.org/itihas/shivkal/"
    assert normalize("../peshwai?p=2#x", page) == "https://example.org/itihas/peshwai?p=2"
    assert normalize("//other.org/a", page) == "https://other.org/a"
    assert normalize("?p=3", page) == "https://example.org/itihas/shivkal/?p=3"


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.text(st.characters(codec="utf-8"), max_size=30))
def test_normalizing_twice_changes_nothing(path: str, query: str) -> None:
    """The one spelling of a URL is its own spelling."""
    once = normalize(f"http://example.org/{path}?{query}")
    if once is not None:
        assert once.isascii()
        assert normalize(once) == once


def test_what_is_sent_is_what_was_judged() -> None:
    """The HTTP library sends the path that robots.txt was asked about, letter for letter."""
    import httpx

    for text in (*SPELLINGS, "http://example.org/a'b[c]|^`{x}?q=\"<>'|[]%zz%41"):
        url = normalize(text)
        assert url is not None
        sent = httpx.URL(url)
        assert f"{sent.scheme}://{sent.netloc.decode()}{sent.raw_path.decode()}" == url


def test_a_prefix_ends_at_a_step() -> None:
    """A prefix covers what lies under it, not what begins with the same letters."""
    assert is_below("http://a.org/x", ("http://a.org/x",))
    assert is_below("http://a.org/x/y", ("http://a.org/x",))
    assert is_below("http://a.org/x?p=1", ("http://a.org/x",))
    assert not is_below("http://a.org/xy", ("http://a.org/x",))
    assert is_below("http://a.org/anything", ("http://a.org/",))
    assert not is_below("http://a.org.evil.org/", ("http://a.org/",))
    assert not is_below("http://a.org/x", ())


def test_one_site() -> None:
    """`www.` and the scheme do not make another site; another host or port does."""
    assert same_site("http://example.org/a", "https://www.example.org/b")
    assert not same_site("http://example.org/", "http://example.com/")
    assert not same_site("http://example.org/", "http://a.example.org/")
    assert not same_site("http://127.0.0.1:8000/", "http://127.0.0.1:9000/")
    assert (host_of("http://[::1]:8/"), origin_of("http://[::1]:8/a?b")) == ("::1", "http://[::1]:8")
