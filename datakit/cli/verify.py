"""`datakit verify`: every hash of a version, a run or an export."""

import json
from pathlib import Path
from typing import Annotated

import typer


def verify(
    target: Annotated[
        str,
        typer.Argument(help="A version (path, id prefix, name, tag, `latest`); a run, export or .gguf by path."),
    ],
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    key: Annotated[Path | None, typer.Option("--key", help="Check the signature too, against this public key.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Recompute every hash, row id, root and count; exit 4 names the file, and the row, that differs."""
    from datakit.sign import check_signature
    from datakit.store import read_withdrawal
    from datakit.store import verify as check

    named = Path(target)
    folder = _folder(named, target, curated)
    manifest = check(folder)
    said = read_withdrawal(folder)
    signature = check_signature(named if named.is_file() else folder, key=key) if key else None
    body = {"id": manifest.id, "kind": manifest.kind, "path": str(folder), "ok": True, "files": len(manifest.files)}
    if as_json:
        more = {"withdrawn": list(said.sources) if said else [], "signature": str(signature) if signature else None}
        rows = {"rows": manifest.counts["kept"]} if manifest.kind == "dataset" else {}
        typer.echo(json.dumps({**body, **rows, **more}, ensure_ascii=False))
        return
    if said is not None:
        typer.echo(f"ok: {folder}: withdrawn with {', '.join(said.sources)}; what stays of it is whole")
    else:
        rows_told = f", {manifest.counts['kept']:,} rows" if manifest.kind == "dataset" else ""
        typer.echo(f"ok: {folder}: {len(manifest.files)} files{rows_told}")
    if signature is not None:
        typer.echo(f"ok: {signature}: signed with {key}")


def _folder(named: Path, target: str, curated: Path) -> Path:
    from datakit.errors import InputError
    from datakit.lineage import MANIFEST, read_gguf_keys
    from datakit.store import find

    if named.is_file():
        if not (named.parent / MANIFEST).is_file():
            keys = read_gguf_keys(named)
            raise InputError(
                f"{named}: a bare file with {len(keys)} keys and no {MANIFEST} beside it to check it against;"
                f" `datakit trace {named}` tells where it comes from"
            )
        return named.parent
    return named if (named / MANIFEST).exists() else find(curated, target).path
