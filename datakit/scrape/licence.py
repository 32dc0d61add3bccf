"""The licence of a page, as the page itself states it. A link to a licence somewhere in the text states nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from datakit.readers.licences import IDS
from datakit.scrape.url import normalize

CC: Final = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licen[cs]es/(by(?:-nc)?(?:-nd|-sa)?)/(\d\.\d)(?:/([a-z]{2,3})(?=/|$))?",
    re.I,
)
CC0: Final = re.compile(r"https?://(?:www\.)?creativecommons\.org/publicdomain/zero/1\.0", re.I)
PUBLIC_DOMAIN: Final = re.compile(r"https?://(?:www\.)?creativecommons\.org/publicdomain/mark/1\.0", re.I)
BADGE: Final = re.compile(r"(?:licensebuttons\.net|i\.creativecommons\.org|mirrors\.creativecommons\.org)/", re.I)
OTHERS: Final = (
    (re.compile(r"https?://data\.gov\.in/(?:government-)?open-data-license-india", re.I), "LicenseRef-GODL-India"),
    (re.compile(r"https?://(?:www\.)?opensource\.org/licenses?/mit\b", re.I), "MIT"),
    (re.compile(r"https?://(?:www\.)?apache\.org/licenses/LICENSE-2\.0", re.I), "Apache-2.0"),
)
META: Final = ("dc.rights", "dcterms.license", "dcterms.rights", "dc.rights.license", "license", "licence")
LINK: Final = re.compile(r"<([^>]*)>((?:\s*;\s*[^,;]+)*)")
MAX_MARKS: Final = 20


def spdx_of(mark: str) -> str | None:
    """Return the SPDX id of a licence's URL, None where it names none or no version."""
    if CC0.match(mark):
        return "CC0-1.0"
    if PUBLIC_DOMAIN.match(mark):
        return "LicenseRef-Public-Domain-Mark-1.0"
    if (found := CC.match(mark)) is not None:
        kind, version, port = found[1].upper(), found[2], (found[3] or "").upper()
        name = f"CC-{kind}-{version}" + (f"-{port}" if port else "")
        if name in IDS:
            return name
        return f"LicenseRef-{name}" if port else None
    return next((name for pattern, name in OTHERS if pattern.match(mark)), None)


def stated(marks: list[str]) -> str | None:
    """Return the one licence that a page's marks state; None where they state none, or more than one."""
    named = {spdx_of(mark) for mark in marks}
    return next(iter(named)) if len(named) == 1 else None


def marks_of(root: Any | None, headers: Mapping[str, str], url: str) -> list[str]:
    """Return the URLs by which an answer states its licence: each once, at most 20.

    Taken: `Link: rel=license` of the header; `rel=license` of a, area and link; `<meta>` of Dublin Core; `license` of
    JSON-LD's outermost objects; a Creative Commons badge that links its deed.
    A mark inside <figure> speaks of the picture and is not taken.
    """
    found = [
        target for target, rest in LINK.findall(headers.get("link", "")) if re.search(r"\brel=\"?licen[cs]e", rest)
    ]
    if root is not None:
        found += _of_page(root)
    named = [normalize(mark, url) for mark in found]
    return [mark for mark in dict.fromkeys(named) if mark is not None][:MAX_MARKS]


def _of_page(root: Any) -> Iterator[str]:
    for element in root.iter("a", "area", "link"):
        target = element.get("href") or ""
        if not target or any(above.tag in ("figure", "figcaption") for above in element.iterancestors()):
            continue
        relations = (element.get("rel") or "").lower().split()
        badge = any(BADGE.search(image.get("src") or "") for image in element.iter("img"))
        if "license" in relations or "licence" in relations or (badge and CC.match(target)):
            yield target
    for element in root.iter("meta"):
        name = (element.get("name") or element.get("property") or "").strip().lower()
        content = (element.get("content") or "").strip()
        if name in META and content.startswith(("http://", "https://")):
            yield content
    for script in root.iter("script"):
        if (script.get("type") or "").strip().lower() == "application/ld+json":
            yield from _of_json(script.text or "")


def _of_json(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    for item in value if isinstance(value, list) else [value]:
        licence = item.get("license") if isinstance(item, dict) else None
        if isinstance(licence, dict):
            licence = licence.get("url") or licence.get("@id")
        if isinstance(licence, str):
            yield licence
