"""`datakit synthesize`: documents to question and answer pairs through any OpenAI-compatible server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datakit.errors import InputError, Interrupted

if TYPE_CHECKING:
    from datakit.synthesize import Page, Summary


def synthesize(
    target: Annotated[str, typer.Argument(metavar="VERSION|RAW", help="A folder of raw files, or a version.")],
    endpoint: Annotated[str, typer.Option(help="Server's address, such as http://127.0.0.1:11434/v1.")],
    model: Annotated[str, typer.Option(help="Name under which the server knows its model.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the pairs; by default `synthetic` in the raw folder.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Requests under way at once.")] = 4,
    max_requests: Annotated[int | None, typer.Option(min=0, help="Stop after this many requests.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=0, help="Stop before this many tokens are spent.")] = None,
    max_pages: Annotated[int | None, typer.Option(min=1, help="Take only the first pages.")] = None,
    answer_tokens: Annotated[int, typer.Option(min=64, help="Tokens a reply may have.")] = 4_096,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="Of the model's sampling.")] = 0.2,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that one request may take.")] = 300.0,
    attempts: Annotated[int, typer.Option(min=1, max=20, help="How often a page is asked where the server fails.")] = 5,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again about pages whose reply could not be used.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count pages and ask nothing.")] = False,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Make question and answer pairs from documents; the key comes from AURORA_API_KEY or OPENAI_API_KEY."""
    from datakit.cli.progress import Bars
    from datakit.synthesize import Options, endpoint_of
    from datakit.synthesize import synthesize as run

    server = endpoint_of(endpoint, model)
    pages, folder = _pages(target, curated)
    folder = out or folder
    if dry_run:
        _count(pages, max_pages, as_json=as_json)
        return
    options = Options(
        concurrency=concurrency, max_requests=max_requests, max_tokens=max_tokens, max_pages=max_pages,
        temperature=temperature, max_answer_tokens=answer_tokens, timeout_s=timeout, attempts=attempts,
        retry_failed=retry_failed,
    )  # fmt: skip
    try:
        with Bars(unit="pages") as progress:
            progress.start("pages", None)
            summary = run(pages, server, folder, options=options, on_page=lambda: progress.advance("pages", 1))
            progress.finish("pages", f"{summary.pages:,} pages")
    except KeyboardInterrupt:
        raise Interrupted("interrupted; the replies so far are kept: the same command goes on from there") from None
    if as_json:
        typer.echo(json.dumps(asdict(summary), ensure_ascii=False))
    else:
        _print(summary, folder)
    if summary.stopped.startswith("server"):
        raise InputError(
            f"{server.url}: {summary.stopped}; the same command goes on with the {summary.left:,} pages left"
        )


def _pages(target: str, curated: Path) -> "tuple[Callable[[], Iterator[Page]], Path]":
    """Return the pages of a raw folder or a version, to be read as often as needed, and where their pairs go."""
    from datakit.lineage import MANIFEST
    from datakit.store import find
    from datakit.synthesize import pages_of_raw, pages_of_version

    folder = Path(target)
    if folder.is_dir() and not (folder / MANIFEST).is_file():
        return lambda: pages_of_raw(folder, curated), folder / "synthetic"
    try:
        version = find(curated, target)
    except InputError as error:
        raise InputError(f"{target}: found no folder of raw files of this name, and as a version: {error}") from None
    return lambda: pages_of_version(version.path), Path("raw") / "synthetic"


def _count(pages: "Callable[[], Iterator[Page]]", max_pages: int | None, *, as_json: bool) -> None:
    from itertools import islice

    count, chars, fewest, most = 0, 0, 0, 0
    for page in islice(pages(), max_pages):
        count, chars = count + 1, chars + len(page.text)
        fewest, most = fewest + page.bounds[0], most + page.bounds[1]
    if as_json:
        typer.echo(json.dumps({"pages": count, "chars": chars, "fewest": fewest, "most": most}))
    else:
        typer.echo(f"{count:,} pages, {chars:,} characters: {fewest:,} to {most:,} pairs to ask for; nothing was sent")


def _print(summary: "Summary", out: Path) -> None:
    typer.echo(
        f"{summary.pages:,} pages: {summary.asked:,} asked, {summary.kept:,} known, {summary.failed:,} failed,"
        f" {summary.left:,} left; {summary.requests:,} requests, {summary.tokens:,} tokens"
    )
    typer.echo(f"{summary.pairs:,} pairs in {len(summary.files):,} files below {out}")
    for reason, count in sorted(summary.rejected.items()):
        typer.echo(f"  rejected {reason}: {count:,}")
    if summary.rejected:
        typer.echo(f"  every one is in {Path(summary.refused_files[0]).parent}; curate counts them as rejected rows")
    for source, licence in sorted(summary.sources.items()):
        typer.echo(f"  made from {source} ({licence or 'no licence declared'}): declare the same in sources.toml")
    if summary.stopped:
        typer.echo(f"stopped: {summary.stopped}; the same command goes on from there")
