"""`datakit inspect`: what lies in a folder of raw files, without writing anything."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from datakit.cli.ocr import OCR_HELP, OcrChoice


def inspect(
    raw: Annotated[Path, typer.Argument(help="Folder of raw files.")],
    ocr: Annotated[OcrChoice, typer.Option(help=OCR_HELP)] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Tell formats, encodings, row counts and guesses about every file under RAW."""
    from datakit.readers import discover
    from datakit.readers import inspect as look
    from datakit.readers.ocr import Ocr
    from datakit.readers.sources import load_sources

    sources = load_sources(raw)
    found = [(source.name, sources.of(source.name), look(source, ocr=Ocr(mode=ocr))) for source in discover(raw)]
    if as_json:
        files = [
            {"file": name, "source": declared.id, "licence": declared.licence, **asdict(seen)}
            for name, declared, seen in found
        ]
        typer.echo(json.dumps({"files": files}, ensure_ascii=False, default=str))
        return
    for name, declared, seen in found:
        typer.echo(name)
        typer.echo("  " + ", ".join(part for part in (seen.format, seen.encoding, seen.shape) if part))
        typer.echo(f"  {seen.rows:,} rows, {sum(seen.rejects.values()):,} rejected")
        if seen.columns:
            typer.echo("  " + ", ".join(f"{column} ← {given}" for column, given in seen.columns.items()))
        typer.echo(f"  source {declared.id}, {declared.licence or 'licence not stated'}")
    if any(seen.problems for _, _, seen in found):
        typer.echo("\nproblems")
    for _, _, seen in found:
        for file, locator, reason, detail in seen.problems:
            typer.echo(f"  {file}, {locator}: {reason}: {detail}")
