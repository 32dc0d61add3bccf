"""`datakit sign`: OpenSSF signatures with a local key."""

import json
from pathlib import Path
from typing import Annotated

import typer

from datakit.errors import UsageError


def sign(
    target: Annotated[
        str | None,
        typer.Argument(help="A version (path, id prefix, name, tag); a run, export or file by path."),
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Private key, PEM.")] = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", help="Write a new private key here, and FILE.pub beside it.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write a new signature in the old one's place.")] = False,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Sign TARGET: the signature lies beside it and covers every byte. `datakit verify --key` checks it."""
    from datakit.sign import create_key
    from datakit.sign import sign as write
    from datakit.store import find, verify

    if new_key is not None:
        if target is not None or key is not None:
            raise UsageError("--new-key: makes a key and nothing else; sign in a second command")
        public = create_key(new_key)
        body = {"private": str(new_key), "public": str(public)}
        typer.echo(json.dumps(body) if as_json else f"private {new_key}\npublic  {public}")
        return
    if target is None or key is None:
        raise UsageError("expected TARGET and --key PRIVATE.pem, or --new-key FILE to make a key first")
    path = Path(target) if Path(target).exists() else find(curated, target).path
    if (path / "manifest.json").is_file():
        verify(path)  # nobody should put a name to what is damaged
    signature = write(path, key=key, replace=replace)
    typer.echo(json.dumps({"signed": str(path), "signature": str(signature)}) if as_json else str(signature))
