"""`trainer`: fine-tune a small adapter on one dataset version. Not built yet, and the command says so."""

from importlib.metadata import version
from typing import Annotated

import typer

from datakit.errors import MissingDependencyError

app = typer.Typer(add_completion=False, rich_markup_mode=None)

NOT_YET = (
    "trainer: this version of Ancient Aurora curates data and does not train yet; nothing was done.\n"
    "Next: `datakit pack VERSION --as messages` writes a version in the form that any fine-tuning tool reads."
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ancient-aurora {version('ancient-aurora')}")
        raise typer.Exit


@app.command(context_settings={"ignore_unknown_options": True})
def run(
    arguments: Annotated[list[str] | None, typer.Argument(help="Whatever is given: no command works yet.")] = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Train an adapter on a dataset version: NOT BUILT YET, every command ends with exit code 6.

    Planned: trainer run VERSION, plan, resume, ls, show, eval, doctor.
    """
    # 6, not 2: the command line may be right, what it asks for is not installed, and a script must not take that for
    # a spelling mistake.
    del arguments, show_version
    typer.echo(NOT_YET, err=True)
    raise typer.Exit(MissingDependencyError.exit_code)


def main() -> None:
    """Run the command line."""
    app(prog_name="trainer")
