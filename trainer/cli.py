"""`trainer`: fine-tune a small adapter on exactly one dataset version. Results on stdout, progress on stderr."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated, Any

import typer

from datakit.errors import DatakitError, MissingDependencyError, UsageError, from_system
from datakit.lineage import legible
from trainer.quiet import silence

app = typer.Typer(
    name="trainer",
    help="Fine-tune a small adapter on exactly one curated dataset version.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

VersionArg = Annotated[str, typer.Argument(metavar="VERSION", help="Path, id prefix, name, tag or `latest`.")]
RunArg = Annotated[str, typer.Argument(metavar="RUN", help="Path, beginning of the id, or `latest`.")]
Preset = Annotated[str, typer.Option("--preset", help="Preset by name, or a TOML file with the same settings.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="key=value; may be given many times.")]
BaseOption = Annotated[
    str | None, typer.Option("--base", help="Base model: folder, .gguf file, smollm2, random, or a cached hub name.")
]
Curated = Annotated[Path, typer.Option("--curated", help="Folder that holds the versions.")]
Out = Annotated[Path, typer.Option("--out", help="Folder that gets the run.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Budget = Annotated[int, typer.Option("--token-budget", help="Tokens of the largest micro-batch; 0: as memory allows.")]
Checkpointing = Annotated[str, typer.Option("--checkpointing", help="auto, on or off: compute activations twice.")]
Hold = Annotated[str, typer.Option("--hold-16bit", help="auto, on or off: unpack NF4 once and hold it in 16 bits.")]
Compile = Annotated[str, typer.Option("--compile", help="auto, on or off: compile each layer.")]
Download = Annotated[bool, typer.Option("--allow-download", help="Fetch a hub name that is not in the local cache.")]
Show = Annotated[int, typer.Option("--show-examples", help="Print this many examples token by token and stop.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
_CURATED, _RUNS = Path("curated"), Path("runs")
_DEFAULT = "cpu-smollm2"
_DRAW_S = 1.0  # a line a second is enough to read, and costs a fast run nothing


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ancient-aurora {package_version('ancient-aurora')}")
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Exit codes: 0 ok, 1 internal, 2 usage, 4 integrity, 5 input, 6 GPU or package missing, 130 interrupted."""


@app.command()
def run(
    version: VersionArg,
    preset: Preset = _DEFAULT,
    base: BaseOption = None,
    sets: Sets = None,
    out: Out = _RUNS,
    curated: Curated = _CURATED,
    device: Device = "auto",
    token_budget: Budget = 0,
    checkpointing: Checkpointing = "auto",
    hold_16bit: Hold = "auto",
    compile_layers: Compile = "auto",
    samples: Annotated[int, typer.Option("--samples", help="Validation questions answered before and after.")] = 8,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="Longest sample answer.")] = 96,
    save_every: Annotated[
        int, typer.Option("--save-every", help="Steps between checkpoints; 0: every two minutes and at evaluations.")
    ] = 0,
    track: Annotated[str | None, typer.Option("--track", help="mlflow or trackio: log the finished run there.")] = None,
    allow_download: Download = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan only, as `trainer plan` does.")] = False,
    show_examples: Show = 0,
    as_json: AsJson = False,
) -> None:
    """Train an adapter on VERSION's train rows; the run folder says which rows, which base and which settings."""
    if dry_run or show_examples:
        plan(
            version, preset, base, sets, curated, device, token_budget, checkpointing, hold_16bit, compile_layers,
            allow_download, show_examples, as_json,
        )  # fmt: skip
        return
    from trainer.preset import load_config
    from trainer.sft import Habits, train
    from trainer.tracking import check_tracker, track_run

    config = load_config(preset, sets=sets or [], base=base)
    check_tracker(track)
    done = train(
        version,
        config,
        out=out,
        curated=curated,
        wishes=_wishes(device, token_budget, checkpointing, hold_16bit, compile_layers),
        habits=Habits(samples=samples, max_new_tokens=max_new_tokens, save_every=save_every),
        allow_download=allow_download,
        notify=_progress(),
    )
    if track and done.new:
        track_run(done.path, track)
    _told(done, as_json)


@app.command()
def plan(
    version: VersionArg,
    preset: Preset = _DEFAULT,
    base: BaseOption = None,
    sets: Sets = None,
    curated: Curated = _CURATED,
    device: Device = "auto",
    token_budget: Budget = 0,
    checkpointing: Checkpointing = "auto",
    hold_16bit: Hold = "auto",
    compile_layers: Compile = "auto",
    allow_download: Download = False,
    show_examples: Show = 0,
    as_json: AsJson = False,
) -> None:
    """Say what a run would do and take: steps, tokens, rows left out, memory, time, and why."""
    from trainer.distributed import open_group
    from trainer.prepare import prepare
    from trainer.preset import load_config
    from trainer.terminal import examples_text, plan_body, plan_text

    config = load_config(preset, sets=sets or [], base=base)
    with tempfile.TemporaryDirectory(prefix="trainer-") as work:
        ready = prepare(
            version,
            config,
            curated=curated,
            work=Path(work),
            device=open_group(device).device,
            wishes=_wishes(device, token_budget, checkpointing, hold_16bit, compile_layers),
            allow_download=allow_download,
        )
    if show_examples:
        shown = [ready.train.used[index] for index in ready.order.step(0)[:show_examples]]
        typer.echo(examples_text(shown, ready.base.tokenizer, colour=sys.stdout.isatty()))
    elif as_json:
        body = {
            "run": ready.run_id,
            "dataset": ready.version.id,
            **plan_body(ready.plan, ready.train, ready.validation),
        }
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        typer.echo(f"run            {ready.run_id}\ndataset        {ready.version.name}  {ready.version.id}")
        typer.echo(plan_text(ready.plan, ready.train, ready.validation))


@app.command()
def resume(
    run_: RunArg,
    runs: Runs = _RUNS,
    version: Annotated[str | None, typer.Option("--version", help="Where the version lies now, if moved.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="Where the base lies now, if moved.")] = None,
    allow_download: Download = False,
    as_json: AsJson = False,
) -> None:
    """Go on with an unfinished RUN from its last checkpoint, to the same result."""
    from datakit.lineage import find_run
    from trainer.sft import resume as go_on

    done = go_on(
        find_run(run_, runs=runs), version=version, base=base, allow_download=allow_download, notify=_progress()
    )
    _told(done, as_json)


@app.command()
def ls(runs: Runs = _RUNS, as_json: AsJson = False) -> None:
    """List the runs, the oldest first."""
    from datakit.lineage import list_runs
    from trainer.terminal import run_line

    lines = [run_line(path) for path in list_runs(runs)]
    if as_json:
        typer.echo(json.dumps({"runs": lines}, ensure_ascii=False))
        return
    if not lines:
        typer.echo(f"no runs under {runs}; `trainer run VERSION --preset smoke` makes one")
    for line in lines:
        state = "finished" if line["finished"] else f"unfinished, `trainer resume {line['run']}`"
        loss = f"  validation {line['validation_loss']:.4f}" if line.get("validation_loss") is not None else ""
        typer.echo(
            f"{line['run']}  {line['dataset']}/{line['version'][:12]}  {line['base']}  step {line['step']:,}"
            f"{loss}  {state}"
        )


@app.command()
def show(run_: RunArg, runs: Runs = _RUNS, as_json: AsJson = False) -> None:
    """Show what a finished RUN was trained on, with what, and how it went; every file is checked first."""
    from datakit.lineage import find_run
    from trainer.run_folder import check_run
    from trainer.terminal import run_text

    path = find_run(run_, runs=runs)
    manifest = check_run(path)
    if as_json:
        body = {"id": manifest.id, "path": str(path), "identity": manifest.identity, "counts": manifest.counts}
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        typer.echo(run_text(path, manifest))


@app.command("eval")
def evaluate(
    run_: RunArg,
    split: Annotated[str, typer.Option("--split", help="validation or test.")] = "validation",
    runs: Runs = _RUNS,
    version: Annotated[str | None, typer.Option("--version", help="Where the version lies now, if moved.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="Where the base lies now, if moved.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="New folder; <run>-eval/<split> by default.")] = None,
    device: Device = "auto",
    questions: Annotated[int, typer.Option("--questions", help="Rows that are answered; losses are of all.")] = 64,
    max_new_tokens: Annotated[int, typer.Option("--max-new-tokens", help="Longest answer.")] = 96,
    allow_download: Download = False,
    as_json: AsJson = False,
) -> None:
    """Score RUN's adapter against its base: loss, perplexity, exact match, chrF, by question type and source."""
    from datakit.lineage import find_run
    from trainer.evaluate import evaluate as measure

    found = measure(
        find_run(run_, runs=runs),
        split=split,
        version=version,
        base=base,
        out=out,
        device=device,
        questions=questions,
        max_new_tokens=max_new_tokens,
        allow_download=allow_download,
        notify=lambda text: typer.echo(text, err=True),
    )
    if as_json:
        typer.echo(json.dumps({"folder": str(found.folder), **found.summary}, ensure_ascii=False))
        return
    for line in (found.summary["all"], *found.summary["by_question_type"], *found.summary["by_source"]):
        sides = [line["base"], line["adapter"]]
        chrf = "" if sides[0]["chrf"] is None else f"  chrF {sides[0]['chrf']:.1f} → {sides[1]['chrf']:.1f}"
        typer.echo(
            f"{line['name']:<24}{line['rows']:>6} rows  loss {sides[0]['loss']:.4f} → {sides[1]['loss']:.4f}{chrf}"
        )
    typer.echo(found.folder / "eval.html")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, what fits on this device, and how to install what is missing; exit 6 if nothing trains."""
    from trainer.doctor import diagnose
    from trainer.terminal import doctor_body, doctor_text

    found = diagnose()
    typer.echo(json.dumps(doctor_body(found), ensure_ascii=False) if as_json else doctor_text(found))
    if found.missing:
        raise typer.Exit(MissingDependencyError.exit_code)


def _wishes(device: str, token_budget: int, checkpointing: str, hold_16bit: str, compile_layers: str) -> Any:
    from trainer.planner import Wishes

    switches = {"--checkpointing": checkpointing, "--hold-16bit": hold_16bit, "--compile": compile_layers}
    for name, value in switches.items():
        if value not in ("auto", "on", "off"):
            raise UsageError(f"{name} {value}: expected auto, on or off")
    if token_budget < 0:
        raise UsageError(f"--token-budget {token_budget}: expected 0 or more tokens")
    return Wishes(
        device=device,
        token_budget=token_budget,
        checkpointing=checkpointing,
        hold_16bit=hold_16bit,
        compile=compile_layers,
    )


def _progress() -> Callable[[str, Mapping[str, Any]], None]:
    """Return what prints events to stderr: steps at most once a second, everything else at once."""
    from trainer.terminal import event_text

    drawn = 0.0

    def tell(event: str, facts: Mapping[str, Any]) -> None:
        nonlocal drawn
        if event == "step" and time.monotonic() - drawn < _DRAW_S:
            return
        drawn = time.monotonic() if event == "step" else drawn
        typer.echo(event_text(event, facts), err=True)

    return tell


def _told(done: Any, as_json: bool) -> None:
    from trainer.terminal import run_text

    if as_json:
        body = {
            "id": done.manifest.id,
            "path": str(done.path),
            "new": done.new,
            "identity": done.manifest.identity,
            "counts": done.manifest.counts,
        }
        typer.echo(json.dumps(body, ensure_ascii=False))
    elif done.manifest.identity:  # a process of several that does not write has nothing to say
        typer.echo(run_text(done.path, done.manifest) if done.new else f"nothing new: {done.path} is this run")


def main() -> None:
    """Run the command line; a purposeful error becomes one message and its exit code."""
    silence()  # before torch, which brings tqdm: it reads at import whether it may draw bars
    try:
        app(prog_name="trainer")
    except KeyboardInterrupt:
        typer.echo("trainer: stopped; what was saved before stays", err=True)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        told = error if isinstance(error, DatakitError) else from_system(error)
        if told is None:
            raise
        typer.echo(f"trainer: {legible(told)}", err=True)
        sys.exit(told.exit_code)
