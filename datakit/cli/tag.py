"""`datakit tag`: names for versions."""

import json
from pathlib import Path
from typing import Annotated

import typer

from datakit.errors import UsageError


def tag(
    version: Annotated[str | None, typer.Argument(help="Path, id prefix, name, tag or `latest`.")] = None,
    name: Annotated[str | None, typer.Argument(help="The tag; without it the version's tags are listed.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Take the tag away; the version stays.")] = False,
    move: Annotated[bool, typer.Option("--move", help="Let a tag that names another version name this one.")] = False,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Name a version, so that it is found by that name and `datakit gc` leaves it alone; without a name list tags."""
    from datakit.store import find, tags, untag, versions
    from datakit.store import tag as put

    if name is None:
        if delete or move:
            raise UsageError(f"{'--delete' if delete else '--move'}: expected VERSION and the name of a tag")
        names = {find(curated, version).name} if version else {one.name for one in versions(curated)}
        found = {dataset: tags(curated, dataset) for dataset in sorted(names)}
        if as_json:
            typer.echo(json.dumps({"tags": found}, ensure_ascii=False))
            return
        for dataset, those in found.items():
            for one, target in those.items():
                typer.echo(f"{dataset}/{one}  {target}")
        return
    assert version is not None  # the first of two positional arguments
    found_version = find(curated, version)
    if delete:
        untag(curated, found_version.name, name)
        before: str | None = found_version.id
    else:
        before = put(found_version, name, move=move)
    if as_json:
        body = {"name": found_version.name, "tag": name, "id": None if delete else found_version.id, "before": before}
        typer.echo(json.dumps(body, ensure_ascii=False))
    elif delete:
        typer.echo(f"{found_version.name}/{name} is gone; the version stays")
    else:
        moved = f", before that {before}" if before else ""
        typer.echo(f"{found_version.name}/{name}  {found_version.id}{moved}")
