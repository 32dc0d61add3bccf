"""`datakit gate`: the release gate over a version that is published already."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datakit.lineage import one_line

if TYPE_CHECKING:
    from datakit.gate import Outcome


def gate(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")],
    recipe: Annotated[
        str | None, typer.Option(help="Take the [gate] options of this recipe: a built-in name or a TOML file.")
    ] = None,
    suite: Annotated[Path | None, typer.Option(help="A suite of Great Expectations of your own, as JSON.")] = None,
    against: Annotated[str | None, typer.Option(help="Another version, for what may not be lost or drift.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write suite and result into this folder.")] = None,
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Check VERSION with Great Expectations; exit 3 names what is not as expected, and the rows."""
    from dataclasses import replace

    from datakit.errors import UsageError
    from datakit.gate import check_release, raise_for_failures
    from datakit.lineage import read_manifest
    from datakit.recipe import GateOptions, load
    from datakit.store import find, require_rows

    found = find(curated, version)
    require_rows(found.path)
    options = (load(recipe).gate if recipe else None) or GateOptions()
    if suite is not None:
        options = replace(options, suite=suite)
    if out is not None:
        if out.exists() and not out.is_dir():
            raise UsageError(f"{out}: a file; expected a folder for --out, which need not be there yet")
        out.mkdir(parents=True, exist_ok=True)
    previous = find(curated, against).path if against else None
    if previous is not None:
        require_rows(previous)
    outcome = check_release(found.path, read_manifest(found.path), options=options, previous=previous, write_to=out)
    if as_json:
        typer.echo(json.dumps({"id": found.id, "ok": not outcome.failures, **asdict(outcome)}, ensure_ascii=False))
    raise_for_failures(outcome, consequence="do not train on this version")
    if not as_json:
        typer.echo(summary(outcome))


def summary(outcome: "Outcome") -> str:
    """Return what the gate found on a line, and a line for each warning."""
    head = f"gate: {len(outcome.checked) - len(outcome.warnings):,} of {len(outcome.checked):,} expectations met"
    if outcome.seconds is not None and outcome.import_seconds is not None:
        head += f" in {outcome.seconds:.1f} s ({outcome.import_seconds:.1f} s of them to load Great Expectations)"
    warnings = [f"  warning: expected that {one_line(one.says)}; {one_line(one.found)}" for one in outcome.warnings]
    return "\n".join([head, *warnings])
