"""`datakit gc`: taking away what nothing needs."""

import json
from pathlib import Path
from typing import Annotated

import typer


def gc(
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    runs: Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")] = Path("runs"),
    models: Annotated[Path, typer.Option("--models", help="Folder that holds the exported models.")] = Path("models"),
    delete: Annotated[bool, typer.Option("--delete", help="Do it; without this option it is only told.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Find versions that no tag, run or model names, and work of runs that are over; --delete takes them away.

    The latest version of each name, tagged ones, those that a run or model names, and withdrawn ones stay.
    """
    from datakit.store import collect, refuse_unknown_runs
    from datakit.trace import Folders, Places, needed_versions

    refuse_unknown_runs(runs)
    needed = needed_versions(Places(Folders(curated=curated, runs=runs, models=models)))
    found = collect(curated, needed=needed, delete=delete)
    freed = sum(entry.bytes for entry in found.gone)
    if as_json:
        gone, kept = (
            [{"path": str(entry.path), "why": entry.why, "bytes": entry.bytes} for entry in entries]
            for entries in (found.gone, found.kept)
        )
        typer.echo(json.dumps({"deleted": delete, "bytes": freed, "gone": gone, "kept": kept}, ensure_ascii=False))
        return
    for entry in found.kept:
        typer.echo(f"stays  {entry.path}  ({entry.why})")
    for entry in found.gone:
        typer.echo(f"{'gone' if delete else 'goes'}   {entry.path}  {entry.bytes:,} bytes  ({entry.why})")
    typer.echo(f"{freed:,} bytes {'freed' if delete else 'would be freed; nothing was deleted, --delete does it'}")
