"""Links of a page."""

from datakit.readers.html_text import parse
from datakit.scrape.links import MAX_LINKS, links_of

URL = "http://example.org/itihas/"


def links(html: str, url: str = URL) -> list[str]:
    return links_of(parse(f"<html><head></head><body>{html}</body></html>".encode()), url)


def test_links_come_in_the_order_of_the_page() -> None:
    """Each link once, in one spelling, in the page's order; nothing but http and https."""
    assert links(
        '<a href="b">ब</a> <a href="/a#x">अ</a> <a href="/a">अ</a> <area href="http://other.org"> <a href="#top">वर</a>'
        '<a href="mailto:a@b.org">m</a> <a href="javascript:void(0)">j</a> <a>रिकामा</a> <a href="">स्वतः</a>'
        '<a href="chitra.jpg">चित्र</a> <a href="शिवाजी">शि</a>'
    ) == [
        "http://example.org/itihas/b",
        "http://example.org/a",
        "http://other.org/",
        "http://example.org/itihas/%E0%A4%B6%E0%A4%BF%E0%A4%B5%E0%A4%BE%E0%A4%9C%E0%A5%80",
    ]


def test_the_base_of_a_page_counts() -> None:
    """<base> moves where links begin."""
    page = parse(b'<html><head><base href="/granth/"></head><body><a href="1">x</a></body></html>')
    assert links_of(page, URL) == ["http://example.org/granth/1"]


def test_nofollow_is_obeyed() -> None:
    """A link that says nofollow is not followed, nor any link of a page that says so for robots."""
    assert links('<a rel="nofollow ugc" href="/a">a</a><a rel=next href="/b">b</a>') == ["http://example.org/b"]
    for content in ("noindex, nofollow", "NONE"):
        page = parse(
            f'<html><head><meta name=Robots content="{content}"></head><body><a href=/a>x</a></body></html>'.encode()
        )
        assert links_of(page, URL) == []
    allowed = parse(b'<html><head><meta name=robots content="noindex"></head><body><a href=/a>x</a></body></html>')
    assert links_of(allowed, URL) == ["http://example.org/a"]


def test_a_page_of_endless_links_is_cut() -> None:
    """No more than so many links of one page are taken."""
    found = links("".join(f'<a href="/{number}">x</a>' for number in range(MAX_LINKS + 500)))
    assert len(found) == MAX_LINKS
    assert found[-1] == f"http://example.org/{MAX_LINKS - 1}"
