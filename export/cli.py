"""`gguf-export`: turn a run into a verified GGUF that names its rows. Results on stdout, progress on stderr.

The command is not called `export`, since every shell has a builtin of that name.
"""

import contextlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from datakit.errors import DatakitError, Interrupted, UsageError, from_system
from datakit.lineage import legible


class _RunFirst(TyperGroup):
    """`gguf-export RUN` is `gguf-export run RUN`: the word may be left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--version"):
            args.insert(0, "run")
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    name="gguf-export",
    cls=_RunFirst,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ancient-aurora {version('ancient-aurora')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Export a training run as GGUF files that llama.cpp itself has been shown to read rightly.

    gguf-export RUN [--quant f16,q4_k_m] exports; `gguf-export run --help` lists every option.
    gguf-export chat FILE talks to one file. Exit codes: 0 ok, 1 internal, 2 usage, 3 gate failed and nothing
    published, 4 integrity, 5 input, 6 dependency missing, 130 interrupted.
    """


@app.command()
def run(
    subject: Annotated[
        str, typer.Argument(metavar="RUN|MODEL", help="A finished run (path, id, `latest`), or a safetensors folder.")
    ],
    quant: Annotated[str, typer.Option(help="Types, with commas: f16, bf16, q8_0, q6_k, q5_k_m, q4_k_m, ...")] = (
        "f16,q4_k_m"
    ),
    out: Annotated[Path, typer.Option(help="Folder in which the export's own folder is made.")] = Path("models"),
    name: Annotated[str | None, typer.Option(help="Name of the model; default: the dataset's.")] = None,
    base: Annotated[Path | None, typer.Option(help="Where the base lies, if not where the run found it.")] = None,
    dataset: Annotated[Path | None, typer.Option(help="Where the dataset version lies, if it has moved.")] = None,
    runs: Annotated[Path, typer.Option(help="Folder of runs, to look for the run in.")] = Path("runs"),
    curated: Annotated[Path, typer.Option(help="Folder of versions, to look for the dataset in.")] = Path("curated"),
    system: Annotated[str | None, typer.Option(help="System prompt; default: the training rows' own.")] = None,
    template: Annotated[Path | None, typer.Option(help="File with an Ollama TEMPLATE of your own.")] = None,
    licence: Annotated[str | None, typer.Option("--license", help="SPDX name; default: the base's.")] = None,
    adapter_only: Annotated[bool, typer.Option("--adapter-only", help="Write the LoRA alone, for ADAPTER.")] = False,
    ollama: Annotated[bool, typer.Option("--ollama", help="Run `ollama create` where Ollama is installed.")] = False,
    verify: Annotated[bool, typer.Option("--verify/--no-verify", help="Prove every file before publishing.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Merge, write, quantize and prove the files of a run; publish them with Modelfile, card and manifest."""
    from export.export import Options, export
    from export.subject import find_subject, open_subject

    chosen = Options(
        quants=tuple(quant.split(",")),
        name=name,
        system=system,
        template=_read(template) if template else None,
        licence=licence,
        verify=verify,
        adapter_only=adapter_only,
    )
    _say("checking the run, its base and its dataset")
    opened = open_subject(find_subject(subject, runs=runs), base=base, dataset=dataset, curated=curated)
    try:
        done = export(opened, out, options=chosen, say=_say)
    except KeyboardInterrupt:
        raise Interrupted("stopped; nothing was published, and the same command starts anew") from None
    command = ["ollama", "create", done.name, "-f", str(done.folder / "Modelfile")]
    created = _create(command) if ollama else None
    if as_json:
        body: dict[str, Any] = {
            "folder": str(done.folder),
            "id": done.manifest.id,
            "gate": done.manifest.counts["gate"],
            "files": [
                {"file": file.path.name, "type": file.type, "bytes": file.bytes, "sha256": file.sha256}
                for file in done.files
            ],
            "ollama": {"command": command, "created": created},
        }
        typer.echo(json.dumps(body, ensure_ascii=False))
        return
    typer.echo(str(done.folder))
    for file in done.files:
        typer.echo(f"  {file.path.name:<40}{file.bytes / 1e6:>9,.1f} MB  {file.sha256}")
    for report in done.reports:
        for check in report.checks:
            typer.echo(f"  {report.type:<8}{check.name:<16}{check.says}")
    if not verify:
        typer.echo("  not verified (--no-verify): the manifest says so")
    if not created:
        typer.echo(f"next: {' '.join(command)}")


@app.command()
def chat(
    file: Annotated[Path, typer.Argument(help="A GGUF file, or the folder of an export.")],
    system: Annotated[str | None, typer.Option(help="System prompt; default: the Modelfile's beside the file.")] = None,
    temperature: Annotated[float, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.")] = 0.3,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 256,
    question: Annotated[str | None, typer.Option("--ask", help="Ask one question and leave.")] = None,
) -> None:
    """Talk to a GGUF in the terminal, through llama.cpp; Ctrl-D or Ctrl-C leaves."""
    from export.chat import Chat

    with Chat(file, system=system, temperature=temperature, max_tokens=max_tokens) as talk:
        if talk.system:
            _say(f"system: {talk.system}")
        if question is not None:
            _answer(talk, question)
            return
        _say("Ctrl-D or Ctrl-C leaves. What the model says is not thereby true.")
        with contextlib.suppress(KeyboardInterrupt):
            while (line := _line()) is not None:
                if line.strip():
                    _answer(talk, line)


def _answer(talk: Any, question: str) -> None:
    for piece in talk.ask(question):
        typer.echo(piece, nl=False)
    typer.echo("")
    if talk.dropped:
        _say(f"(questions forgotten with their answers, since they fitted no longer: {talk.dropped})")
    if talk.altered:
        _say("(special tokens in your text were taken apart: they are words here, not commands)")


def _line() -> str | None:
    if sys.stdin.isatty():
        sys.stderr.write("> ")
        sys.stderr.flush()
    line = sys.stdin.readline()
    return line if line else None


def _create(command: list[str]) -> bool:
    """Run `ollama create` where Ollama is installed; say so where it is not."""
    import shutil
    import subprocess

    if shutil.which(command[0]) is None:
        _say("ollama is not installed; the command to run where it is stands in the result")
        return False
    done = subprocess.run(command, stdout=sys.stderr, stderr=sys.stderr, check=False)
    if done.returncode != 0:
        _say(f"ollama create ended with exit code {done.returncode}; the export itself is whole")
    return done.returncode == 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); expected a TEMPLATE as UTF-8 text") from error


def _say(text: str) -> None:
    typer.echo(text, err=True)


_QUIET = {
    "TQDM_DISABLE": "1",  # our own lines say how far an export is
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
"""What model libraries read at their import: no bars, no network, no telemetry."""


def main() -> None:
    """Run the command line; a purposeful error becomes one message and its exit code."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        app(prog_name="gguf-export")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        told = error if isinstance(error, DatakitError) else from_system(error)
        if told is None:
            raise
        typer.echo(f"gguf-export: {legible(told)}", err=True)
        sys.exit(told.exit_code)
