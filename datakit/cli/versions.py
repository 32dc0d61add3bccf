"""`datakit ls | show`: looking at versions."""

import json
from pathlib import Path
from typing import Annotated

import typer

Curated = Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
_HOME = Path("curated")


def ls(curated: Curated = _HOME, as_json: AsJson = False) -> None:
    """List the versions, the latest of each name marked."""
    from datakit.lineage import read_manifest
    from datakit.store import latest, read_withdrawal, tags, versions

    rows = []
    for version in versions(curated):
        counts = read_manifest(version.path).counts
        newest = latest(curated, version.name)
        rows.append(
            {
                "name": version.name,
                "id": version.id,
                "kept": counts["kept"],
                "splits": counts["splits"],
                "latest": newest is not None and newest.id == version.id,
                "tags": [name for name, target in tags(curated, version.name).items() if target == version.id],
                "withdrawn": read_withdrawal(version.path) is not None,
            }
        )
    if as_json:
        typer.echo(json.dumps({"versions": rows}, ensure_ascii=False))
        return
    if not rows:
        typer.echo(f"no versions under {curated}; `datakit curate raw/ {curated}` makes one")
    for row in rows:
        marks = [*(["latest"] if row["latest"] else []), *row["tags"], *(["withdrawn"] if row["withdrawn"] else [])]
        typer.echo("  ".join([row["name"], row["id"], f"{row['kept']:>9,} rows", *marks]))


def show(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    curated: Curated = _HOME,
    as_json: AsJson = False,
) -> None:
    """Show what a version is made of."""
    from datakit.lineage import read_manifest
    from datakit.store import find, read_withdrawal, tags

    found = find(curated, version)
    manifest = read_manifest(found.path)
    said = read_withdrawal(found.path)
    named = [tag for tag, target in tags(found.path.parent.parent, found.name).items() if target == found.id]
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "id": manifest.id,
                    "path": str(found.path),
                    "tags": named,
                    "withdrawn": list(said.sources) if said else [],
                    "identity": manifest.identity,
                    "counts": manifest.counts,
                },
                ensure_ascii=False,
            )
        )
        return
    typer.echo(f"{manifest.identity['name']}  {manifest.id}\n{found.path}")
    if named:
        typer.echo(f"tags    {', '.join(named)}")
    typer.echo(f"rows    {manifest.counts['in']:,} in, {manifest.counts['kept']:,} kept")
    for split, rows in manifest.counts["splits"].items():
        typer.echo(f"  {split:<12}{rows:>9,}  {manifest.identity['row_roots'][split]}")
    typer.echo("sources")
    for source in manifest.identity["sources"]:
        typer.echo(f"  {source['id']}  {source['licence'] or 'licence not stated'}")
    typer.echo("rejected")
    for reason, count in manifest.counts["rejected"].items():
        typer.echo(f"  {reason:<28}{count:>9,}")
    if said is not None:
        instead = f"; {said.child} stands in its place" if said.child else ""
        typer.echo(f"withdrawn with {', '.join(said.sources)}: its rows are gone{instead}")
        return
    if "report.html" in manifest.files:
        typer.echo(f"report  {found.path / 'report.html'}")
