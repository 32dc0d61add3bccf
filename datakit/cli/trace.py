"""`datakit trace`: lineage, both ways."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datakit.errors import InputError, IntegrityError

if TYPE_CHECKING:
    from datakit.trace import Trace

_SHOWN = 20
_LINKS = ("exported_from", "trained_on", "based_on", "child_of")  # the rows by source stand in lines of their own
_HASH = re.compile(r"[0-9a-f]{64}")


def trace(
    target: Annotated[
        str,
        typer.Argument(
            help="A .gguf file, a run, a version, the id of a row or of a source; KIND:NAME, such as source:peshwai,"
            " where a name fits several kinds."
        ),
    ],
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    runs: Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")] = Path("runs"),
    models: Annotated[Path, typer.Option("--models", help="Folder that holds the exported models.")] = Path("models"),
    rows: Annotated[bool, typer.Option("--rows", help="Print every row with each place it was found in.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Tell what TARGET was made of, down to file and line, and what was made of it, up to the models.

    Exit 4 where hashes differ, 5 where a link is missing; what can be told is told all the same.
    """
    from datakit.trace import Folders, Places
    from datakit.trace import trace as walk

    found = walk(target, Places(Folders(curated=curated, runs=runs, models=models)))
    if as_json:
        typer.echo(json.dumps(_object(found, rows=rows), ensure_ascii=False))
    else:
        _print(found, rows=rows)
    listed = "\n".join(f"  - {problem.kind}: {problem.message}" for problem in found.problems)
    if any(problem.kind == "differs" for problem in found.problems):
        raise IntegrityError(f"{target}: the trace is shown as far as it leads; not everything agrees:\n{listed}")
    if found.problems:
        raise InputError(f"{target}: the trace is shown as far as it leads; links are missing:\n{listed}")


def _object(found: "Trace", *, rows: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": found.kind, "id": found.id, "facts": dict(found.facts)}
    body["sources"] = found.sources.to_dicts()
    body["places"] = found.rows.to_dicts() if rows else found.rows.height
    body["graph"] = found.graph.as_json()
    body["problems"] = [{"kind": problem.kind, "message": problem.message} for problem in found.problems]
    return body


def _print(found: "Trace", *, rows: bool) -> None:
    from datakit.lineage import one_line

    typer.echo(f"{found.kind}  {one_line(found.id)}")
    for name, value in found.facts.items():
        for line in value or ["none"] if isinstance(value, list) else [value]:
            typer.echo(f"  {name:<14}{_told(line)}")
    for edge in found.graph.edges:
        if edge.kind in _LINKS:
            count = f"  {edge.rows:,} rows" if edge.rows is not None else ""
            typer.echo(f"link    {_short(edge.start)}  {edge.kind}  {_short(edge.end)}{count}")
    for source in found.sources.head(_SHOWN).iter_rows(named=True):
        licence = source["licence"] or "licence not stated"
        places = f"{source['rows']:,} places in {source['files']:,} files"
        typer.echo(f"source  {one_line(source['source_id'])}  {places}  {licence}")
    if found.sources.height > _SHOWN:
        typer.echo(f"source  and {found.sources.height - _SHOWN:,} more; --json lists all")
    for row in found.rows.iter_rows(named=True) if rows else ():
        typer.echo(_row(row))
    if found.rows.height and not rows:
        typer.echo(f"{found.rows.height:,} places of rows; --rows prints each with its file and line")


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    plain = {name: ", ".join(map(str, one)) if isinstance(one, list) else _told(one) for name, one in value.items()}
    return "  ".join(f"{name} {one}" for name, one in plain.items())


def _short(node: str) -> str:
    """Return a node's id with sixteen digits of its hash: enough to be given to any command."""
    kind, _, name = node.partition(":")
    return f"{kind} {name[:16] if _HASH.fullmatch(name) else name}"


def _row(row: dict[str, Any]) -> str:
    from datakit.lineage import one_line

    changed = f"  changed by {', '.join(row['changes'])}" if row["changes"] else ""
    because = f"  {row['stage']}: {row['reason']}" if row["reason"] else ""
    name = row["row_id"][:16] if row["row_id"] else "-" * 16
    place = f"{one_line(row['file'])}: {row['locator']}  [{one_line(row['source_id'])}]"
    return f"row     {name}  {row['split'] or '-'}  {row['role']}  {place}{because}{changed}"
