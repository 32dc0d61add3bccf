"""The command line. Results go to stdout, progress and messages to stderr; only this package prints or exits."""

import os
import sys
from gc import freeze, set_threshold
from importlib.metadata import version as package_version
from typing import Annotated

import typer

from datakit.cli.curate import curate
from datakit.cli.diff import diff
from datakit.cli.gate import gate
from datakit.cli.gc import gc
from datakit.cli.inspect import inspect
from datakit.cli.langid import langid
from datakit.cli.normalize import normalize
from datakit.cli.pack import pack
from datakit.cli.report import report
from datakit.cli.review import review
from datakit.cli.scrape import scrape
from datakit.cli.sign import sign
from datakit.cli.synthesize import synthesize
from datakit.cli.tag import tag
from datakit.cli.trace import trace
from datakit.cli.verify import verify
from datakit.cli.versions import ls, show
from datakit.cli.withdraw import withdraw
from datakit.errors import DatakitError, from_system
from datakit.lineage import legible

app = typer.Typer(
    name="datakit",
    help="Turn raw Marathi-history sources into curated, hashed dataset versions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (scrape, synthesize, curate, inspect, ls, show, diff, verify, gate, pack, report):
    app.command()(command)
app.command("review")(review)
for lineage_command in (trace, withdraw, tag, gc, sign):
    app.command()(lineage_command)
app.command("normalize")(normalize)
app.command("langid")(langid)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"datakit (ancient-aurora) {package_version('ancient-aurora')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Exit codes: 0 ok, 1 internal, 2 usage, 3 gate, 4 integrity, 5 input, 6 dependency missing, 130 interrupted."""


def main() -> None:
    """Run the command line; a purposeful error becomes one message and its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy is not imported yet; nothing here multiplies matrices
    set_threshold(50_000, 20, 50)  # reading makes many objects and no cycles
    try:
        app()
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        told = error if isinstance(error, DatakitError) else from_system(error)
        if told is None:
            raise
        typer.echo(f"datakit: {legible(told)}", err=True)
        sys.exit(told.exit_code)
    finally:
        freeze()  # the interpreter would look through every object for cycles before it ends: .09 s
