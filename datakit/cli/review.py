"""`datakit review`: decide rows on a local page."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datakit.review import Session


def review(
    version: Annotated[str, typer.Argument(help="Path, id prefix, name or `latest`.")] = "latest",
    curated: Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")] = Path("curated"),
    raw: Annotated[Path, typer.Option("--raw", help="Folder of raw files, to show rows in their sources.")] = Path(
        "raw"
    ),
    samples: Annotated[int, typer.Option(min=1, help="Rows of each reject reason to look at.")] = 10,
    by: Annotated[str, typer.Option("--by", help="Your name, written beside your decisions; never hashed.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address without opening a browser.")] = False,
) -> None:
    """Open a page for VERSION's doubtful rows: accept, reject or edit them; the next `curate` applies it."""
    from datakit.decisions import DecisionLog, decisions_file
    from datakit.errors import InputError
    from datakit.lineage import read_manifest
    from datakit.review import Session, build_queue
    from datakit.review.serve import serve
    from datakit.store import find, require_rows

    found = find(curated, version)
    require_rows(found.path)
    home = found.path.parent.parent
    log = DecisionLog(decisions_file(home, found.name))
    queue = build_queue(found.path, read_manifest(found.path), log.standing(), samples=samples)
    if not queue.items:
        raise InputError(f"{found.path}: nothing to review: no row was rejected, disputed or flagged")
    session = Session(queue=queue, log=log, by=by)

    def ready(address: str) -> None:
        typer.echo(
            f"{len(queue.items):,} rows of {found.name} {found.id[:12]} to look at; Ctrl-C ends the review", err=True
        )
        typer.echo(address)
        sys.stdout.flush()
        if not no_open:
            _open(address)

    serve(session, raw=raw, port=port, ready=ready)
    _summary(session, raw, home)


def _open(address: str) -> None:
    import webbrowser

    if not webbrowser.open(address):
        typer.echo("no browser could be opened here; open the address by hand", err=True)


def _summary(session: "Session", raw: Path, home: Path) -> None:
    """Tell what was decided and what to do next."""
    done = session.done
    made = ", ".join(f"{done[action]} {action}" for action in ("accept", "reject", "edit", "undo") if done[action])
    standing = session.standing()
    left = sum(not session.settled(place, standing) for place in range(len(session.queue.items)))
    typer.echo(f"\ndecided: {made or 'nothing'}; {left:,} of {len(session.queue.items):,} rows left", err=True)
    if stale := session.stale():
        typer.echo(f"{len(stale)} decisions are about rows that this version does not have", err=True)
    if standing:
        typer.echo(f"decisions are in {session.log.path}; the next version applies them:", err=True)
        command = ["datakit", "curate", str(raw), str(home), "--name", session.queue.name]
        typer.echo("  " + shlex.join(command), err=True)
