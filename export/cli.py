"""`gguf-export`: turn a training run into a GGUF that names its rows. Not built yet, and the command says so.

The command is not called `export`, since every shell has a builtin of that name.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from datakit.errors import MissingDependencyError

app = typer.Typer(add_completion=False, rich_markup_mode=None)

NOT_YET = (
    "gguf-export: this version of Ancient Aurora curates data and does not export models yet; nothing was done.\n"
    "Next: there is no run to export before `trainer` is built; see CHANGELOG.md for what each version brings."
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ancient-aurora {version('ancient-aurora')}")
        raise typer.Exit


@app.command(context_settings={"ignore_unknown_options": True})
def run(
    arguments: Annotated[list[str] | None, typer.Argument(help="Whatever is given: nothing works yet.")] = None,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Export a training run as GGUF: NOT BUILT YET, every call ends with exit code 6.

    Planned: gguf-export RUN [--quant f16,q8_0,q4_k_m] [--ollama].
    """
    # 6, not 2: the command line may be right, what it asks for is not installed, and a script must not take that for
    # a spelling mistake.
    del arguments, show_version
    typer.echo(NOT_YET, err=True)
    raise typer.Exit(MissingDependencyError.exit_code)


def main() -> None:
    """Run the command line."""
    app(prog_name="gguf-export")
