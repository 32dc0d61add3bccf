"""`datakit scrape`: web pages into raw/, politely and accounted for."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datakit.errors import InputError, Interrupted, UsageError

if TYPE_CHECKING:
    from datakit.scrape import Plan, Summary

GOOD = ("stored", "unchanged")


def scrape(
    urls: Annotated[list[str] | None, typer.Argument(metavar="URL", help="Pages to fetch.")] = None,
    sources: Annotated[
        Path | None, typer.Option(help="TOML with [source.scrape] tables; by default the folder's sources.toml.")
    ] = None,
    into: Annotated[Path, typer.Option(help="Folder of raw files; pages go below `scraped` in it.")] = Path("raw"),
    contact: Annotated[
        str | None, typer.Option(help="Mail address or page where a site's owner reaches you; servers are told it.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Id of the source for URLs; by default their host.")] = None,
    licence: Annotated[str | None, typer.Option(help="SPDX id for URLs; by default what each page states.")] = None,
    prefix: Annotated[list[str] | None, typer.Option(help="Follow links below this URL only; may be repeated.")] = None,
    depth: Annotated[int, typer.Option(min=0, help="How many links away from the URLs to go.")] = 0,
    sitemap: Annotated[list[str] | None, typer.Option(help="Fetch the pages this sitemap lists.")] = None,
    max_pages: Annotated[int, typer.Option(min=1, help="Pages of a source, for URLs.")] = 1_000,
    delay: Annotated[float, typer.Option(min=0.0, help="Seconds between requests to one host, for URLs.")] = 1.0,
    max_minutes: Annotated[float | None, typer.Option(min=0.0, help="Stop then; the same command goes on.")] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow private and loopback addresses for the hosts named.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Fetch web pages into a folder of raw files, as robots.txt allows; again, only what changed."""
    from datakit.cli.progress import Bars
    from datakit.scrape import scrape as run
    from datakit.scrape import with_private
    from datakit.scrape.declared import contact_in

    if urls or sitemap:
        if sources is not None:
            raise UsageError("found URLs and --sources; expected one of them: a source file names its own URLs")
        plan = _plan_of_urls(
            urls or [], contact=contact or contact_in(into / "sources.toml"),
            source=source, licence=licence, prefixes=prefix or [], depth=depth,
            sitemaps=sitemap or [], max_pages=max_pages, delay=delay,
        )  # fmt: skip
    else:
        plan = _plan_of_file(sources, into, contact=contact, prefix=prefix, source=source, licence=licence, depth=depth)
    if allow_private:
        plan = with_private(plan)
    try:
        with Bars(unit="pages") as progress:
            summary = run(plan, into, max_seconds=None if max_minutes is None else max_minutes * 60, progress=progress)
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; the pages fetched so far are kept: the same command goes on from there"
        ) from None
    if as_json:
        typer.echo(json.dumps(_object(summary, into), ensure_ascii=False))
    else:
        _print(summary, into)
    if summary.finished and not summary.pages:
        raise InputError(_why_nothing(summary, into))


def _plan_of_file(sources: Path | None, into: Path, *, contact: str | None, **for_urls: Any) -> "Plan":
    from datakit.scrape import read_plan

    useless = [f"--{name}" for name, value in for_urls.items() if value]
    if useless:
        raise UsageError(f"{', '.join(useless)}: for URLs only; a source file says these in its [source.scrape] tables")
    path = sources or into / "sources.toml"
    if sources is None and not path.is_file():
        raise UsageError(
            f"found neither URLs nor {path}; expected `datakit scrape URL --contact …`, or a file with [source.scrape] "
            "tables (--sources FILE)"
        )
    return read_plan(path, contact=contact)


def _plan_of_urls(
    urls: list[str], *, contact: str | None, source: str | None, licence: str | None, prefixes: list[str], depth: int,
    sitemaps: list[str], max_pages: int, delay: float,
) -> "Plan":  # fmt: skip
    """One source a host, or one for all where --source names it."""
    from datakit.readers.licences import licence_problem
    from datakit.readers.sources import ID
    from datakit.scrape.declared import contact_problem, url_list
    from datakit.scrape.plan import Plan, Site
    from datakit.scrape.url import host_of

    lists: list[tuple[str, ...]] = []
    problems: list[str] = []
    for name, values in (("URL", urls), ("--prefix", prefixes), ("--sitemap", sitemaps)):
        good, found = url_list(values, name)
        lists.append(good)
        problems += found
    if source is not None and not ID.fullmatch(source):
        problems.append(f"--source: found {source!r}; expected small Latin letters, digits, dots and hyphens")
    if licence is not None and (fault := licence_problem(licence)) is not None:
        problems.append(f"--licence: {fault}")
    if (fault := contact_problem(contact)) is not None:
        problems.append(f"--contact: {fault}")
    if problems:
        raise UsageError("; ".join(problems))
    starts, below, maps = lists
    groups = {source: starts} if source else _by_host(starts, maps)
    sites = []
    for name, mine in groups.items():
        own = [maps if source else tuple(url for url in maps if _source_id(url) == name)]
        bounds = below if source else tuple(url for url in below if _source_id(url) == name)
        if below and not bounds:
            raise UsageError(
                f"--prefix: found none on {host_of(mine[0]) if mine else name}; expected one for each host"
            )
        sites.append(
            Site(
                id=str(name), licence=licence, urls=mine, sitemaps=own[0], prefixes=bounds, depth=depth,
                max_pages=max_pages, delay_s=delay,
            )
        )  # fmt: skip
    return Plan(contact=str(contact), sites=tuple(sites))


def _by_host(urls: tuple[str, ...], sitemaps: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(_source_id(url) for url in (*urls, *sitemaps))
    return {name: tuple(url for url in urls if _source_id(url) == name) for name in names}


def _source_id(url: str) -> str:
    from datakit.scrape.url import host_of

    return "-".join(part for part in host_of(url).split(":") if part)  # an IPv6 address holds colons


def _object(summary: "Summary", into: Path) -> dict[str, Any]:
    return {**asdict(summary), "pages": summary.pages, "ledger": str(_ledger(into))}


def _ledger(into: Path) -> Path:
    from datakit.readers.scraped import FOLDER, LEDGER

    return into / FOLDER / LEDGER


def _print(summary: "Summary", into: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("source", "stored", "unchanged", "not fetched", "MB", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, counts in summary.outcomes.items():
        others = {outcome: count for outcome, count in sorted(counts.items()) if outcome not in GOOD}
        told = ", ".join(f"{outcome} {count:,}" for outcome, count in others.items())
        size = summary.stored_bytes[name] / 1e6
        table.add_row(
            name, f"{counts.get('stored', 0):,}", f"{counts.get('unchanged', 0):,}", told or "0", f"{size:.2f}"
        )
    Console(width=None).print(table)
    for name in summary.full:
        typer.echo(f"{name}: stopped at its max_site_mib; raise it to go on")
    if summary.superseded:
        typer.echo(f"{summary.superseded:,} older pages moved to .superseded: their URLs give other bytes now")
    if not summary.finished:
        typer.echo("time is up; the same command goes on from there")
    typer.echo(f"{summary.pages:,} pages, {summary.requests:,} requests; every one is in {_ledger(into)}")


def _why_nothing(summary: "Summary", into: Path) -> str:
    counts: dict[str, int] = {}
    for outcomes in summary.outcomes.values():
        for outcome, count in outcomes.items():
            counts[outcome] = counts.get(outcome, 0) + count
    found = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(counts.items())) or "no page at all"
    return f"no page was fetched: found {found}; expected at least one; the ledger tells why for each: {_ledger(into)}"
