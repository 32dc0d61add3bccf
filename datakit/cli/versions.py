"""`datakit ls | show | diff | verify`: looking at versions."""

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
    from datakit.store import latest, versions

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
            }
        )
    if as_json:
        typer.echo(json.dumps({"versions": rows}, ensure_ascii=False))
        return
    if not rows:
        typer.echo(f"no versions under {curated}; `datakit curate raw/ {curated}` makes one")
    for row in rows:
        typer.echo(f"{row['name']}  {row['id']}  {row['kept']:>9,} rows{'  latest' if row['latest'] else ''}")


def show(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    curated: Curated = _HOME,
    as_json: AsJson = False,
) -> None:
    """Show what a version is made of."""
    from datakit.lineage import read_manifest
    from datakit.store import find

    found = find(curated, version)
    manifest = read_manifest(found.path)
    if as_json:
        typer.echo(
            json.dumps(
                {"id": manifest.id, "path": str(found.path), "identity": manifest.identity, "counts": manifest.counts},
                ensure_ascii=False,
            )
        )
        return
    typer.echo(f"{manifest.identity['name']}  {manifest.id}\n{found.path}")
    typer.echo(f"rows    {manifest.counts['in']:,} in, {manifest.counts['kept']:,} kept")
    for split, rows in manifest.counts["splits"].items():
        typer.echo(f"  {split:<12}{rows:>9,}  {manifest.identity['row_roots'][split]}")
    typer.echo("sources")
    for source in manifest.identity["sources"]:
        typer.echo(f"  {source['id']}  {source['licence'] or 'licence not stated'}")
    typer.echo("rejected")
    for reason, count in manifest.counts["rejected"].items():
        typer.echo(f"  {reason:<28}{count:>9,}")
    typer.echo(f"report  {found.path / 'report.html'}")


def verify(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    curated: Curated = _HOME,
    as_json: AsJson = False,
) -> None:
    """Recompute every hash, row id and count of a version; exit 4 names what differs."""
    from datakit.store import find
    from datakit.store import verify as check

    found = find(curated, version)
    manifest = check(found.path)
    if as_json:
        typer.echo(
            json.dumps({"id": manifest.id, "path": str(found.path), "ok": True, "rows": manifest.counts["kept"]})
        )
    else:
        typer.echo(f"ok: {found.path}: {len(manifest.files)} files, {manifest.counts['kept']:,} rows")


def diff(
    a: Annotated[str, typer.Argument(help="The version before.")],
    b: Annotated[str, typer.Argument(help="The version after.")],
    curated: Curated = _HOME,
    rows: Annotated[bool, typer.Option("--rows", help="Print the rows too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what changed from version A to version B."""
    from datakit.store import diff as compare
    from datakit.store import find

    found = compare(find(curated, a).path, find(curated, b).path)
    frames = {"added": found.added, "removed": found.removed, "edited": found.edited, "moved": found.moved}
    if as_json:
        body = {name: frame.to_dicts() if rows else frame.height for name, frame in frames.items()}
        typer.echo(
            json.dumps({**body, "recipe": found.recipe, "sources": found.sources.to_dicts()}, ensure_ascii=False)
        )
        return
    for name, frame in frames.items():
        typer.echo(f"{name:<8}{frame.height:>9,}")
        for row in frame.iter_rows(named=True) if rows else ():
            typer.echo("  " + json.dumps(row, ensure_ascii=False))
    for source in found.sources.iter_rows(named=True):
        if source["before"] != source["after"]:
            typer.echo(f"source  {source['source_id']}: {source['before']:,} rows, now {source['after']:,}")
    for line in found.recipe:
        typer.echo(f"recipe  {line}")
