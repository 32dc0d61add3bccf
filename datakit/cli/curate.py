"""`datakit curate`: the main job."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datakit.cli.elsewhere import chosen_engine, raw_folder
from datakit.cli.ocr import OCR_HELP, OcrChoice
from datakit.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datakit.pipeline.result import Result

_NAMED = 10  # decisions that are named; the rest are counted


def curate(
    raw: Annotated[str, typer.Argument(help="Folder of raw files, or an address such as s3://bucket/prefix.")],
    curated: Annotated[Path, typer.Argument(help="Folder that holds the versions; on this machine or mounted.")],
    recipe: Annotated[str, typer.Option(help="Name of a built-in recipe, or a TOML file.")] = "marathi-history",
    name: Annotated[str | None, typer.Option(help="Name of the dataset; the recipe's own by default.")] = None,
    engine: Annotated[str, typer.Option(help="Where rows are processed and compared: local or ray.")] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(help="host:port of a Ray cluster, or auto; by default one of this machine, for this run."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one for small input, else one a core.")
    ] = None,
    batch_rows: Annotated[int, typer.Option(min=1, help="Rows in memory at a time, for each worker.")] = 8192,
    sample: Annotated[int | None, typer.Option(min=1, help="Take about this many rows, spread over the files.")] = None,
    gate: Annotated[
        bool | None,
        typer.Option(
            "--gate/--no-gate",
            help="Check the release with Great Expectations first; by default where the recipe says so.",
        ),
    ] = None,
    suite: Annotated[
        Path | None, typer.Option(help="A suite of Great Expectations of your own, as JSON; asks for the gate.")
    ] = None,
    ocr: Annotated[OcrChoice | None, typer.Option(help=OCR_HELP + " By default as the recipe says, else auto.")] = None,
    report: Annotated[
        bool,
        typer.Option("--report/--no-report", help="Write report.html into the version; `datakit report` can later."),
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but publish.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Curate RAW into one immutable version below CURATED."""
    from datakit.cli.progress import Bars
    from datakit.pipeline.curate import curate as run
    from datakit.recipe import load, with_gate, with_ocr

    try:
        with (
            raw_folder(raw, curated) as folder,
            chosen_engine(engine, address=ray_address, workers=workers) as elsewhere,
            Bars() as progress,
        ):
            result = run(
                folder.absolute() if elsewhere else folder,
                curated,
                recipe=with_ocr(with_gate(load(recipe), wanted=gate, suite=suite), ocr),
                name=name,
                workers=workers,
                engine=elsewhere,
                batch_rows=batch_rows,
                sample=sample,
                dry_run=dry_run,
                report=report,
                progress=progress,
            )
    except KeyboardInterrupt:
        raise Interrupted(
            "interrupted; nothing was published. Finished parts are kept: the same command goes on from there"
        ) from None
    if as_json:
        typer.echo(json.dumps(_object(result), ensure_ascii=False))
    else:
        _print(result, dry_run=dry_run)


def _object(result: "Result") -> dict[str, Any]:
    return {
        "version_id": result.version_id,
        "path": None if result.path is None else str(result.path),
        "new": result.new,
        "unchanged": result.unchanged,
        "counts": {"in": result.rows_in, "kept": result.kept, "rejected": dict(result.rejected)},
        "splits": dict(result.splits),
        "seconds": result.seconds,
        "decisions": dict(result.decisions),
        "gate": result.gate
        and {
            "expectations": len(result.gate.checked),
            "warnings": [one.id for one in result.gate.warnings],
            "seconds": round(result.gate.seconds or 0.0, 3),
        },
    }


def _print(result: "Result", *, dry_run: bool) -> None:
    from rich.console import Console

    from datakit.cli.funnel import funnel

    Console(width=None).print(funnel(result))
    splits = ", ".join(f"{name} {rows:,}" for name, rows in result.splits.items())
    lost = sum(result.rejected.values())
    typer.echo(
        f"{result.rows_in:,} rows in, {result.kept:,} kept ({splits}), {lost:,} rejected, {result.seconds:.1f} s"
    )
    if result.gate is not None:
        from datakit.cli.gate import summary

        typer.echo(summary(result.gate))
    _tell_decisions(result.decisions)
    if result.unchanged:
        typer.echo("unchanged: the same inputs, recipe, decisions and program as before; no row was looked at")
    if dry_run:
        typer.echo("dry run: nothing was published")
    elif result.new:
        typer.echo(f"published {result.path}")
    else:
        typer.echo(f"nothing new: {result.path} is there already")
    typer.echo(result.version_id)


def _tell_decisions(decisions: "Mapping[str, Any]") -> None:
    """Tell which of people's decisions were applied, and name those that were not."""
    names = {"accept": "accepted", "reject": "rejected", "edit": "edited"}
    applied = [f"{decisions[action]:,} {name}" for action, name in names.items() if decisions.get(action)]
    if applied:
        typer.echo(f"by people: {', '.join(applied)}")
    told = {
        "stale": "are about rows that are not here any more: their text was changed or taken away in the source",
        "contested": "contradict each other; nobody's is applied until one more decides: datakit review",
    }
    for kind, why in told.items():
        found = decisions.get(kind, ())
        if found:
            typer.echo(f"{len(found):,} {kind} decisions {why}", err=True)
        for one in found[:_NAMED]:
            typer.echo(f"  {one['action']} {one['file'] or 'row'} {one['locator'] or one['row'][:12]}", err=True)
        if len(found) > _NAMED:
            typer.echo(f"  and {len(found) - _NAMED:,} more, all in the manifest's counts.decisions", err=True)
