"""The plan as TOML declares it: a `[scrape]` table and a `[source.scrape]` table in each source to fetch."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from datakit.errors import InputError, RecipeError, UsageError
from datakit.readers.licences import licence_problem
from datakit.readers.sources import ID
from datakit.scrape.plan import MIB, PUBLIC_DELAY_S, Plan, Site
from datakit.scrape.url import normalize

RUN_KEYS: Final[dict[str, type]] = {
    "contact": str, "retries": int, "backoff_s": float, "max_wait_s": float, "hosts_at_once": int,
}  # fmt: skip
SITE_KEYS: Final[dict[str, type]] = {
    "urls": list, "sitemaps": list, "robots_sitemaps": bool, "prefixes": list, "depth": int, "max_pages": int,
    "delay_s": float, "timeout_s": float, "max_mib": int, "max_site_mib": int, "allow_private": bool,
}  # fmt: skip
LEAST: Final = {
    "depth": 0, "max_pages": 1, "delay_s": 0.0, "timeout_s": 0.1, "max_mib": 1, "max_site_mib": 1, "retries": 0,
    "backoff_s": 0.0, "max_wait_s": 0.0, "hosts_at_once": 1,
}  # fmt: skip
URL_LISTS: Final = ("urls", "sitemaps", "prefixes")
_MAIL: Final = re.compile(r"[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>()]+")


def read_plan(path: Path, *, contact: str | None = None) -> Plan:
    """Return the plan of a source file. `contact` overrides the file's.

    Errors: `InputError` where the file is not there, `RecipeError` with every problem, each by table and key.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: found no readable file ({error.strerror}); expected [[source]] tables with [source.scrape]"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), [f"found no TOML ({error}); expected [[source]] tables in UTF-8"]) from None
    problems: list[str] = [
        f"{key}: unknown table; expected [scrape] and [[source]]" for key in document if key not in ("scrape", "source")
    ]
    run = document.get("scrape", {})
    if not isinstance(run, dict):
        raise RecipeError(str(path), [*problems, "scrape: found no table; write it as [scrape]"])
    problems += key_problems("scrape", run, RUN_KEYS)
    whom = contact or run.get("contact")
    if (problem := contact_problem(whom)) is not None:
        problems.append(f"scrape: contact: {problem}")
    sites, found = _sites(document.get("source", []))
    problems += found
    if not sites and not found:
        problems.append("found no [source.scrape] table; expected one below each [[source]] to fetch, with its urls")
    if problems:
        raise RecipeError(str(path), problems)
    rest = {key: _typed(RUN_KEYS, key, value) for key, value in run.items() if key != "contact"}
    return Plan(contact=str(whom), sites=tuple(sites), **rest)


def contact_in(path: Path) -> str | None:
    """Return the contact that a source file names, None where there is no such file or no contact in it."""
    try:
        run = tomllib.loads(path.read_text("utf-8")).get("scrape", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    found = run.get("contact") if isinstance(run, dict) else None
    return found if isinstance(found, str) else None


def contact_problem(contact: object) -> str | None:
    """Return what is wrong with a contact, None where nothing is: site owners must be able to reach somebody."""
    text = contact if isinstance(contact, str) else ""
    if _MAIL.fullmatch(text) or (normalize(text) is not None and text.isascii() and not re.search(r"[\s()]", text)):
        return None
    found = f"found {contact!r}" if contact else "found none"
    return f"{found}, expected a mail address or a web page where a site's owner reaches you"


def check_site(site: Site, where: str) -> list[str]:
    """Return what does not fit together in a source."""
    problems = []
    if not (site.urls or site.sitemaps):
        problems.append(f"{where}: found no place to begin; expected urls or sitemaps")
    if site.depth and not site.prefixes:
        problems.append(f"{where}: depth {site.depth} follows links; expected prefixes that bound them")
    if site.robots_sitemaps and not site.urls:
        problems.append(f"{where}: robots_sitemaps asks the hosts of urls; found no urls")
    if site.delay_s < PUBLIC_DELAY_S and not site.allow_private:
        problems.append(
            f"{where}: delay_s: found {site.delay_s}, expected {PUBLIC_DELAY_S} or more on hosts that are not your own"
        )
    return problems


def key_problems(where: str, table: Mapping[str, object], known: Mapping[str, type]) -> list[str]:
    """Return what is wrong with the keys and types of a table."""
    problems = []
    for key, value in table.items():
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known)}"
            problems.append(f"{where}: unknown key {key!r}{hint}")
            continue
        kinds: tuple[type, ...] = (int, float) if known[key] is float else (known[key],)
        if not isinstance(value, kinds) or (isinstance(value, bool) and known[key] is not bool):
            problems.append(f"{where}: {key}: found {type(value).__name__}, expected {known[key].__name__}")
        elif key in LEAST and isinstance(value, int | float) and not LEAST[key] <= value < 1e12:
            problems.append(f"{where}: {key}: found {value}, expected {LEAST[key]} or more")
    return problems


def _sites(tables: object) -> tuple[list[Site], list[str]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return [], ["source: found no list of tables; write each as [[source]]"]
    sites: list[Site] = []
    problems: list[str] = []
    for number, table in enumerate(tables, start=1):
        if "scrape" not in table:
            continue  # a source of files that are there already
        where = f"source {number} ({table.get('id', 'no id')})"
        site, found = _site(table, where)
        problems += found
        if site is not None:
            sites.append(site)
    ids = [site.id for site in sites]
    problems += [f"id {name!r}: found in {ids.count(name)} sources, expected one" for name in _doubles(ids)]
    return sites, problems


def _site(table: Mapping[str, Any], where: str) -> tuple[Site | None, list[str]]:
    given = table["scrape"]
    name, licence = table.get("id"), table.get("licence")
    if not isinstance(given, dict):
        return None, [f"{where}: scrape: found {type(given).__name__}, expected a table [source.scrape]"]
    problems = key_problems(f"{where}: scrape", given, SITE_KEYS)
    if not isinstance(name, str) or not ID.fullmatch(name):
        problems.append(f"{where}: id: found {name!r}; expected small Latin letters, digits, dots and hyphens")
    if licence is not None and (fault := licence_problem(str(licence))) is not None:
        problems.append(f"{where}: licence: {fault}")
    lists: dict[str, Any] = {}
    for key in URL_LISTS:
        lists[key], found = url_list(given.get(key, []), f"{where}: scrape: {key}")
        problems += found
    if problems:
        return None, problems
    plain = {key: _typed(SITE_KEYS, key, value) for key, value in given.items() if key not in URL_LISTS}
    sizes = {"max_mib": "max_bytes", "max_site_mib": "max_site_bytes"}
    plain = {sizes.get(key, key): value * MIB if key in sizes else value for key, value in plain.items()}
    site = Site(id=str(name), licence=licence, **lists, **plain)
    return (None, problems) if (problems := check_site(site, where)) else (site, [])


def url_list(values: object, where: str) -> tuple[tuple[str, ...], list[str]]:
    """Return URLs in their one spelling, each once, and what is wrong with the others."""
    urls: list[str] = []
    problems = []
    for value in values if isinstance(values, list | tuple) else ():
        url = normalize(value) if isinstance(value, str) else None
        if url is None:
            problems.append(f"{where}: found {value!r}, expected an http or https URL without user name")
        else:
            urls.append(url)
    return tuple(dict.fromkeys(urls)), problems


def with_private(plan: Plan) -> Plan:
    """Return the plan with private addresses allowed for the hosts that its sources name."""
    return replace(plan, sites=tuple(replace(site, allow_private=True) for site in plan.sites))


def require_sites(plan: Plan) -> None:
    """Errors: `UsageError` with every source that does not fit together."""
    problems = [problem for site in plan.sites for problem in check_site(site, site.id)]
    owners: dict[str, str] = {}
    problems += [
        f"{url}: named by {owners[url]} and {site.id}, expected one source a page"
        for site in plan.sites
        for url in site.urls
        if owners.setdefault(url, site.id) != site.id
    ]
    if (fault := contact_problem(plan.contact)) is not None:
        problems.append(f"contact: {fault}")
    if problems:
        raise UsageError("; ".join(problems))


def _typed(known: Mapping[str, type], key: str, value: Any) -> Any:
    return float(value) if known[key] is float else value


def _doubles(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
