"""The plan as a source file declares it."""

from pathlib import Path

import pytest

from datakit.errors import InputError, RecipeError, UsageError
from datakit.scrape import Plan, Site, read_plan, with_private
from datakit.scrape.declared import contact_in, contact_problem, require_sites

GOOD = """
[scrape]
contact = "itihas@example.org"
retries = 2
max_wait_s = 60

[[source]]
id = "files"
title = "here already"
files = ["a.csv"]
licence = "CC0-1.0"

[[source]]
id = "gazetteer"
title = "गॅझेटियर"
licence = "CC-BY-SA-4.0"
[source.scrape]
urls = ["HTTPS://Example.org/itihas/", "https://example.org/itihas/"]
sitemaps = ["https://example.org/sitemap.xml"]
prefixes = ["https://example.org/itihas/"]
depth = 3
max_pages = 200
delay_s = 2
max_mib = 8

[[source]]
id = "shala"
title = "शाळा"
[source.scrape]
urls = ["http://shala.example.org/"]
robots_sitemaps = true
"""


def plan_of(folder: Path, text: str, **options: str) -> Plan:
    path = folder / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path, **options)


def test_a_source_file(tmp_path: Path) -> None:
    """Sources with a scrape table are taken, each with its limits; the others are left alone."""
    plan = plan_of(tmp_path, GOOD)
    assert (plan.contact, plan.retries, plan.max_wait_s) == ("itihas@example.org", 2, 60.0)
    assert [site.id for site in plan.sites] == ["gazetteer", "shala"]
    first, second = plan.sites
    assert first.urls == ("https://example.org/itihas/",)
    assert (first.licence, first.depth, first.max_pages, first.delay_s, first.max_bytes) == (
        "CC-BY-SA-4.0",
        3,
        200,
        2.0,
        8 << 20,
    )
    assert (second.licence, second.robots_sitemaps, second.allow_private) == (None, True, False)
    assert first.hosts == {"example.org"}


def test_the_user_agent_says_whom_to_write_to(tmp_path: Path) -> None:
    """Program, version and contact stand in the user agent, a mail address as a link."""
    assert plan_of(tmp_path, GOOD).user_agent.startswith("AncientAurora/")
    assert plan_of(tmp_path, GOOD).user_agent.endswith(" (+mailto:itihas@example.org)")
    assert plan_of(tmp_path, GOOD, contact="https://example.org/bot").user_agent.endswith(" (+https://example.org/bot)")


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Every problem is told, with its table, its key and the nearest right name."""
    text = """
colour = 1
[scrape]
retrys = 2
backoff_s = -1
[[source]]
id = "A B"
title = "x"
licence = "cc-by-4.0"
[source.scrape]
urls = ["ftp://example.org", 7]
depht = 1
max_pages = 0
robots_sitemaps = 1
[[source]]
id = "b"
title = "x"
[source.scrape]
depth = 2
robots_sitemaps = true
delay_s = 0
[[source]]
id = "c"
title = "x"
scrape = 1
"""
    with pytest.raises(RecipeError) as error:
        plan_of(tmp_path, text)
    assert list(error.value.problems) == [
        "colour: unknown table; expected [scrape] and [[source]]",
        "scrape: unknown key 'retrys'; did you mean retries?",
        "scrape: backoff_s: found -1, expected 0.0 or more",
        "scrape: contact: found none, expected a mail address or a web page where a site's owner reaches you",
        "source 1 (A B): scrape: unknown key 'depht'; did you mean depth?",
        "source 1 (A B): scrape: max_pages: found 0, expected 1 or more",
        "source 1 (A B): scrape: robots_sitemaps: found int, expected bool",
        "source 1 (A B): id: found 'A B'; expected small Latin letters, digits, dots and hyphens",
        "source 1 (A B): licence: found 'cc-by-4.0', expected an SPDX licence id; did you mean CC-BY-4.0?",
        "source 1 (A B): scrape: urls: found 'ftp://example.org', expected an http or https URL without user name",
        "source 1 (A B): scrape: urls: found 7, expected an http or https URL without user name",
        "source 2 (b): found no place to begin; expected urls or sitemaps",
        "source 2 (b): depth 2 follows links; expected prefixes that bound them",
        "source 2 (b): robots_sitemaps asks the hosts of urls; found no urls",
        "source 2 (b): delay_s: found 0.0, expected 0.5 or more on hosts that are not your own",
        "source 3 (c): scrape: found int, expected a table [source.scrape]",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[scrape", "found no TOML"),
        ("scrape = 1", "found no table; write it as [scrape]"),
        ('[scrape]\ncontact = "a@b.org"', "found no [source.scrape] table"),
        ('[scrape]\ncontact = "a@b.org"\n[source]\nid = "x"', "found no list of tables"),
        (GOOD.replace('id = "shala"', 'id = "gazetteer"'), "id 'gazetteer': found in 2 sources"),
    ],
)  # fmt: skip
def test_a_file_that_declares_nothing(tmp_path: Path, text: str, problem: str) -> None:
    """A file without anything to fetch, or not in the right form, is refused with what was expected."""
    with pytest.raises(RecipeError) as error:
        plan_of(tmp_path, text)
    assert problem in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is an error of the input, with its path."""
    with pytest.raises(InputError, match=r"nowhere\.toml: found no readable file"):
        read_plan(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("contact", ["a@b.org", "https://example.org/robot", "http://example.org"])
def test_a_contact(contact: str) -> None:
    """A mail address or a web page will do."""
    assert contact_problem(contact) is None


@pytest.mark.parametrize(
    "contact", ["", None, "me", "a@b", "a@b.org (x)", "ftp://x", "https://x.org/a b", "a@b.org\r\nX: y"]
)
def test_no_contact(contact: str | None) -> None:
    """Anything else is refused; nothing can break out of the header."""
    assert contact_problem(contact) is not None


def test_the_contact_of_a_file(tmp_path: Path) -> None:
    """The contact of a folder's own source file serves for URLs as well; a broken file gives none."""
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.toml").write_text("scrape = 1")
    assert [contact_in(tmp_path / name) for name in ("a.toml", "b.toml", "c.toml")] == [
        "itihas@example.org",
        None,
        None,
    ]


def test_plans_made_by_hand_are_checked_too() -> None:
    """The library refuses what the file's reader refuses."""
    plan = Plan(contact="x", sites=(Site(id="a", urls=("http://example.org/",), depth=1),))
    with pytest.raises(UsageError, match=r"expected prefixes that bound them; contact: found 'x'"):
        require_sites(plan)
    assert with_private(plan).sites[0].allow_private


def test_a_page_belongs_to_one_source() -> None:
    """Two sources that name one URL are refused: its rows could have one licence only."""
    sites = tuple(Site(id=name, urls=("http://example.org/",)) for name in ("a", "b"))
    with pytest.raises(UsageError, match=r"http://example\.org/: named by a and b, expected one source a page"):
        require_sites(Plan(contact="a@b.org", sites=sites))
