"""`datakit report`: the quality report of a version."""

from pathlib import Path
from typing import Annotated, Any

import typer

from datakit.errors import InputError, UsageError

_FORMATS = ("html", "json", "md")


def report(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    form: Annotated[str, typer.Option("--format", help="html, json or md.")] = "html",
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in a browser; html only.")] = False,
    against: Annotated[
        str | None, typer.Option(help="Another version to compare with; by default the one before it, as published.")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Count tokens with this tokenizer.json, or a folder that holds one.")
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="What a row may have before it counts as too long.")] = 2048,
    runs: Annotated[Path, typer.Option(help="Folder of runs, for the lineage of a page written anew.")] = Path("runs"),
    models: Annotated[Path, typer.Option(help="Folder of exported models, likewise.")] = Path("models"),
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
) -> None:
    """Show VERSION's quality report: the path of its page, or its facts as JSON or Markdown."""
    if form not in _FORMATS:
        raise UsageError(f"--format {form}: expected one of {', '.join(_FORMATS)}")
    if open_it and form != "html":
        raise UsageError(f"--open with --format {form}: only html opens in a browser; leave one of the two out")
    from datakit.lineage import read_manifest
    from datakit.store import find, require_rows

    found = find(curated, version)
    require_rows(found.path)
    previous = find(curated, against).path if against else None
    if previous is not None:
        require_rows(previous)
    written = "report.html" in read_manifest(found.path).files  # not in a version curated with --no-report
    if form == "html" and out is None and previous is None and tokenizer is None and written:
        page = found.path / "report.html"
        if not page.is_file():
            raise InputError(
                f"{page}: missing; `datakit verify {version}` tells what else is, --out FILE writes a new one"
            )
    else:
        from datakit.lineage import write_whole
        from datakit.trace.places import Folders, Places

        places = Places(Folders(curated=curated, runs=runs, models=models))
        text = _text(found.path, form, previous=previous, tokenizer=tokenizer, max_tokens=max_tokens, places=places)
        if form != "html" and out is None:
            typer.echo(text)
            return
        page = out or Path(f"{found.name}-report.html")
        page.parent.mkdir(parents=True, exist_ok=True)
        write_whole(page, text.encode("utf-8", errors="backslashreplace"))
    typer.echo(str(page))
    if open_it:
        _open(page)


def _text(folder: Path, form: str, **asked: Any) -> str:
    from datakit.lineage import read_manifest
    from datakit.report import as_html, as_json, as_markdown, gather

    facts = gather(folder, read_manifest(folder), **asked)
    return {"html": as_html, "json": as_json, "md": as_markdown}[form](facts)


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        raise InputError(f"{page}: no browser could be opened here; open the file by hand")
