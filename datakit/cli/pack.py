"""`datakit pack`: a version for a trainer, a hub or a catalogue."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer


def pack(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    form: Annotated[
        str, typer.Option("--as", help="messages, alpaca, sharegpt or text; or a folder: hf, croissant, llamafactory.")
    ] = "messages",
    template: Annotated[
        str | None, typer.Option(help="llama-3, gemma, chatml, or a folder with a tokenizer; needed for text.")
    ] = None,
    bos: Annotated[bool, typer.Option("--bos", help="Keep the beginning-of-text token in text.")] = False,
    out: Annotated[Path | None, typer.Option(help="New folder to write to; <name>-<as> by default.")] = None,
    push: Annotated[
        str | None,
        typer.Option(help="Then upload it to this Hugging Face dataset, owner/name; needs HF_TOKEN. hf and croissant."),
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="Let a repository that --push makes be public.")] = False,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Write VERSION's splits for a trainer or a hub; rows that the form or the template cannot hold are named."""
    from datakit.errors import UsageError
    from datakit.pack import HuggingFace, checked_repo, load_template, token_of
    from datakit.pack import pack as write
    from datakit.pack import push as send
    from datakit.store import find, require_rows, verify

    if push is not None and form not in ("hf", "croissant"):
        raise UsageError(f"--push with --as {form}: a hub shows hf or croissant; choose one of the two")
    if public and push is None:
        raise UsageError("--public: says how --push makes a repository; leave it out without --push")
    token = token_of(os.environ) if push is not None and checked_repo(push) else ""
    found = find(curated, version)
    require_rows(found.path)
    if push is not None:
        verify(found.path)  # what others build on must be what its id says
    chosen = load_template(template) if template else None
    packed = write(found.path, out or Path(f"{found.name}-{form}"), form=form, template=chosen, bos=bos)
    address = send(packed.folder, push, HuggingFace(token), version=found.id, public=public) if push else None
    if as_json:
        body = {"version_id": found.id, "path": str(packed.folder), "rows": packed.rows, "rejected": packed.rejected}
        typer.echo(json.dumps({**body, **({"pushed": address} if address else {})}, ensure_ascii=False))
        return
    for split, rows in packed.rows.items():
        line = packed.folder / f"{split}.jsonl"
        typer.echo(f"{line if line.is_file() else packed.folder}: {split} {rows:,} rows")
    if packed.rejected:
        typer.echo(f"{packed.folder / 'rejected.jsonl'}: {packed.rejected:,} rows left out, each with its reason")
    if address:
        typer.echo(f"pushed {address}")
