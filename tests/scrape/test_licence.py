"""The licence that a page states."""

import pytest

from datakit.readers.html_text import parse
from datakit.readers.licences import licence_problem
from datakit.scrape.licence import marks_of, spdx_of, stated

URL = "https://example.org/lekh"
CC = "https://creativecommons.org"

IDS = {
    f"{CC}/licenses/by/4.0/": "CC-BY-4.0",
    f"{CC}/licenses/by-sa/4.0/deed.mr": "CC-BY-SA-4.0",
    "http://www.creativecommons.org/licenses/by-nc-sa/3.0/legalcode": "CC-BY-NC-SA-3.0",
    f"{CC}/licenses/by-nc-nd/2.0": "CC-BY-NC-ND-2.0",
    f"{CC}/licenses/by/2.5/in/": "CC-BY-2.5-IN",
    f"{CC}/licenses/by-sa/2.5/in/": "LicenseRef-CC-BY-SA-2.5-IN",
    f"{CC}/licenses/by/4.0/?ref=chooser-v1": "CC-BY-4.0",
    f"{CC}/publicdomain/zero/1.0/": "CC0-1.0",
    f"{CC}/publicdomain/mark/1.0/": "LicenseRef-Public-Domain-Mark-1.0",
    "https://data.gov.in/government-open-data-license-india": "LicenseRef-GODL-India",
    "https://opensource.org/license/MIT": "MIT",
    f"{CC}/licenses/": None,
    f"{CC}/licenses/by/": None,
    f"{CC}/licenses/by/9.9/": None,
    "https://example.org/copyright": None,
    "https://creativecommons.org.evil.org/licenses/by/4.0/": None,
}


@pytest.mark.parametrize(("mark", "licence"), IDS.items())
def test_a_licence_has_its_spdx_id(mark: str, licence: str | None) -> None:
    """URLs of licences, whatever their language or form, give ids that sources.toml accepts; others give none."""
    assert spdx_of(mark) == licence
    assert licence is None or licence_problem(licence) is None


def marks(body: str, head: str = "", **headers: str) -> list[str]:
    page = parse(f"<html><head>{head}</head><body>{body}</body></html>".encode())
    return marks_of(page, headers, URL)


BY, SA = f"{CC}/licenses/by/4.0/", f"{CC}/licenses/by-sa/4.0/"

STATED = {
    "rel=license of a link": (f'<a rel="license noopener" href="{BY}">CC</a>', "", "CC-BY-4.0"),
    "link in the head": ("", f'<link rel="license" href="{SA}">', "CC-BY-SA-4.0"),
    "a relative one": ('<a rel=license href="/copyright">©</a>', "", None),
    "Dublin Core": ("", f'<meta name="DCTERMS.license" content="{SA}">', "CC-BY-SA-4.0"),
    "JSON-LD": (f'<script type="application/ld+json">{{"@type": "Page", "license": "{BY}"}}</script>', "", "CC-BY-4.0"),
    "JSON-LD object": (
        f'<script type="application/ld+json">[{{"license": {{"@id": "{BY}"}}}}]</script>', "", "CC-BY-4.0",
    ),
    "broken JSON-LD": ('<script type="application/ld+json">{"license": </script>', "", None),
    "a badge": (f'<a href="{SA}"><img src="https://licensebuttons.net/l/by-sa/4.0/88x31.png"></a>', "", "CC-BY-SA-4.0"),
    "said twice": (f'<a rel=license href="{BY}">a</a><a rel=license href="{BY}deed.mr">b</a>', "", "CC-BY-4.0"),
    "said in two ways": (f'<a rel=license href="{BY}">a</a><a rel=license href="{SA}">b</a>', "", None),
    "one of them unknown": (f'<a rel=license href="{BY}">a</a><a rel=license href="/terms">b</a>', "", None),
    "a link in the text": (f'<p>पाहा: <a href="{BY}">क्रिएटिव्ह कॉमन्स म्हणजे काय?</a></p>', "", None),
    "the licence of a picture": (f'<figure><a rel=license href="{BY}">छायाचित्र</a></figure>', "", None),
    "nothing": ("<p>मजकूर</p>", "", None),
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
def test_only_what_a_page_states_counts(name: str) -> None:
    """A licence is taken where the page states one and only one; a link to a licence in the text states nothing."""
    body, head, licence = STATED[name]
    assert stated(marks(body, head)) == licence


def test_the_header_states_a_licence() -> None:
    """A Link header counts for documents that hold no marks, such as PDF; other relations do not."""
    header = f'<https://example.org/next>; rel="next", <{BY}>; title="x"; rel="license"'
    assert marks_of(None, {"link": header}, URL) == [BY]
    assert marks_of(None, {"link": f"<{BY}>; rel=license"}, URL) == [BY]
    assert marks_of(None, {"link": f"<{BY}>; rel=next"}, URL) == []
