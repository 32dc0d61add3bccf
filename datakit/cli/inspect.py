"""`datakit inspect`: what lies in a folder of raw files, without writing anything."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def inspect(
    raw: Annotated[Path, typer.Argument(help="Folder of raw files.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Tell formats, encodings, row counts and guesses about every file under RAW."""
    from datakit.readers import discover
    from datakit.readers import inspect as look
    from datakit.readers.sources import load_sources

    sources = load_sources(raw)
    found = [(source.name, sources.of(source.name), look(source)) for source in discover(raw)]
    if as_json:
        files = [
            {"file": name, "source": declared.id, "licence": declared.licence, **asdict(seen)}
            for name, declared, seen in found
        ]
        typer.echo(json.dumps({"files": files}, ensure_ascii=False, default=str))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("file", "format", "encoding", "shape"):
        table.add_column(heading, overflow="fold")
    for heading in ("rows", "rejected"):
        table.add_column(heading, justify="right")
    table.add_column("columns", overflow="fold")
    table.add_column("source, licence", overflow="fold")
    for name, declared, seen in found:
        guesses = ", ".join(f"{column} ← {given}" for column, given in seen.columns.items())
        licence = declared.licence or "licence not stated"
        table.add_row(
            name,
            seen.format,
            seen.encoding or "",
            seen.shape or "",
            f"{seen.rows:,}",
            f"{sum(seen.rejects.values()):,}",
            guesses,
            f"{declared.id}, {licence}",
        )
    Console().print(table)
    for _, _, seen in found:
        for file, locator, reason, detail in seen.problems:
            typer.echo(f"{file}, {locator}: {reason}: {detail}")
