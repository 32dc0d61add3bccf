"""`datakit withdraw`: taking a source back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datakit.withdraw import Withdrawn

Curated = Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
Models = Annotated[Path, typer.Option("--models", help="Folder that holds the exported models.")]


def withdraw(
    source: Annotated[str, typer.Argument(help="Id of the source, as `datakit show` lists it.")],
    curated: Curated = Path("curated"),
    runs: Runs = Path("runs"),
    models: Models = Path("models"),
    recipe: Annotated[
        str | None, typer.Option(help="Recipe for the new version; by default the one in the old one's manifest.")
    ] = None,
    note: Annotated[str, typer.Option(help="Why; kept with the tombstone.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Publish versions without SOURCE, delete its rows, keep it out from now on, and say what each model must do."""
    from datakit.cli.progress import Bars
    from datakit.recipe import load
    from datakit.trace import Folders, Places
    from datakit.withdraw import withdraw as take_back

    places = Places(Folders(curated=curated, runs=runs, models=models))
    with Bars() as progress:
        done = take_back(
            source, places, recipe=load(recipe) if recipe else None, note=note, dry_run=dry_run, progress=progress
        )
    body = _object(done, places.problems, dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        _print(body)


def _object(done: "Withdrawn", problems: list[str], *, dry_run: bool) -> dict[str, Any]:
    found = done.plan
    return {
        "source": found.source,
        "dry_run": dry_run,
        "rows": {"lost": found.lost, "re_attributed": found.shared},
        "derived_records": len(found.tombstone.derived),
        "versions": [
            {"name": version.name, "id": version.id, "files_gone": list(done.files_gone.get(version.id, ()))}
            for version in (*found.affected, *found.unfinished)
        ],
        "children": {
            name: None if result is None else {"id": result.version_id, "kept": result.kept, "new": result.new}
            for name, result in done.children.items()
        },
        "models": [
            {
                "kind": label.kind,
                "path": str(label.path),
                "run": label.id,
                "label": label.label,
                "why": label.why,
                "rows": {"trained": label.trained, "measured": label.measured, "shared": label.shared},
            }
            for label in found.labels
        ],
        "problems": problems,
    }


def _print(body: dict[str, Any]) -> None:
    would = "would be " if body["dry_run"] else ""
    rows = body["rows"]
    typer.echo(f"{body['source']}: {rows['lost']:,} rows lost, {rows['re_attributed']:,} stay under another source")
    if body["derived_records"]:
        typer.echo(f"{body['derived_records']:,} records of other sources were made from it and go too")
    for version in body["versions"]:
        typer.echo(f"version  {version['name']}/{version['id']}: its rows {would or 'are '}deleted, its manifest stays")
    if not body["versions"]:
        typer.echo("no version holds its rows (any more)")
    for name, child in body["children"].items():
        if child is None:
            typer.echo(f"child    {name}: no row {would or 'is '}left, so there is none")
        else:
            typer.echo(f"child    {name}/{child['id']}: {child['kept']:,} rows {would or 'are '}kept")
    for model in body["models"]:
        typer.echo(f"{model['kind']:<9}{model['path']}: {model['label']}: {model['why']}")
    for problem in body["problems"]:
        typer.echo(f"problem  {problem}", err=True)
    if body["dry_run"]:
        typer.echo("dry run: nothing was changed")
