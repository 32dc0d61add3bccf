"""`datakit pack`: a version as JSON Lines for a trainer."""

import json
from pathlib import Path
from typing import Annotated

import typer


def pack(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    form: Annotated[str, typer.Option("--as", help="messages, alpaca, sharegpt or text.")] = "messages",
    template: Annotated[
        str | None, typer.Option(help="llama-3, gemma, chatml, or a folder with a tokenizer; needed for text.")
    ] = None,
    bos: Annotated[bool, typer.Option("--bos", help="Keep the beginning-of-text token in text.")] = False,
    out: Annotated[Path | None, typer.Option(help="New folder to write to; <name>-<as> by default.")] = None,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Write VERSION's splits as JSON Lines; rows that hold a control token of the template are left out and named."""
    from datakit.pack import load_template
    from datakit.pack import pack as write
    from datakit.store import find

    found = find(curated, version)
    chosen = load_template(template) if template else None
    packed = write(found.path, out or Path(f"{found.name}-{form}"), form=form, template=chosen, bos=bos)
    if as_json:
        typer.echo(
            json.dumps(
                {"version_id": found.id, "path": str(packed.folder), "rows": packed.rows, "rejected": packed.rejected}
            )
        )
        return
    for split, rows in packed.rows.items():
        typer.echo(f"{packed.folder / f'{split}.jsonl'}: {rows:,} rows")
    if packed.rejected:
        typer.echo(f"{packed.folder / 'rejected.jsonl'}: {packed.rejected:,} rows hold control tokens of the template")
