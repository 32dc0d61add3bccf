"""Links of a page, in its order: what a crawler may follow from it."""

from typing import Any, Final

from datakit.scrape.content import leads_nowhere
from datakit.scrape.url import normalize

MAX_LINKS: Final = 5_000
"""Of one page. A page with more is a trap or a dump; the longest index among 118 real pages has some 700."""

REFUSING: Final = frozenset({"nofollow", "none"})


def links_of(root: Any, url: str) -> list[str]:
    """Return the links of a parsed page in one spelling, each once, at most 5,000.

    Left out: `rel=nofollow`, pages whose `<meta name=robots>` says nofollow, links to pictures, films and programs.
    """
    if _page_refuses(root):
        return []
    base = next((element.get("href") for element in root.iter("base") if element.get("href")), None)
    start = (normalize(base, url) if base else None) or url
    found: dict[str, None] = {}
    for element in root.iter("a", "area"):
        target = element.get("href")
        if not target or target.lstrip().startswith("#") or REFUSING & set(_words(element.get("rel"))):
            continue
        link = normalize(target, start)
        if link is not None and link != url and not leads_nowhere(link):
            found[link] = None
            if len(found) >= MAX_LINKS:
                break
    return list(found)


def _page_refuses(root: Any) -> bool:
    return any(
        REFUSING & set(_words((element.get("content") or "").replace(",", " ")))
        for element in root.iter("meta")
        if (element.get("name") or "").strip().lower() in ("robots", "ancientaurora")
    )


def _words(text: str | None) -> list[str]:
    return (text or "").lower().split()
