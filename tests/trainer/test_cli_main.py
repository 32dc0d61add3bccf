"""The command line as people start it: exit codes, one message, and lines that say what was done."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from datakit.errors import InputError, Interrupted, MissingDependencyError
from trainer import cli
from trainer.doctor import Diagnosis, Package

RUNNER = CliRunner()
PROJECT = Path(__file__).parents[2]


def started(*arguments: str, monkeypatch: pytest.MonkeyPatch, fails: BaseException | None = None) -> Any:
    """Start `main` as the program does and return the exit code; `fails` is raised in place of the command."""

    def app(prog_name: str) -> None:
        assert prog_name == "trainer"
        if fails is not None:
            raise fails

    monkeypatch.setattr(cli, "app", app)
    monkeypatch.setattr(sys, "argv", ["trainer", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (InputError("runs/x: none here"), 5, "trainer: runs/x: none here\n"),
        (MissingDependencyError("torch is missing"), 6, "trainer: torch is missing\n"),
        (Interrupted("stopped after step 3"), 130, "trainer: stopped after step 3\n"),
        (KeyboardInterrupt(), 130, "trainer: stopped; what was saved before stays\n"),
        (FileNotFoundError(2, "No such file", "a.toml"), 5, "trainer: a.toml: No such file or directory; expected a"),
        (OSError(28, "full", "runs"), 1, "trainer: runs: No space left on device; the disk is full"),
        (InputError("अ\x1b[31mB"), 5, "trainer: अ"),
    ],
    ids=["input", "missing", "interrupted", "ctrl-c", "no file", "disk full", "control characters"],
)
def test_an_error_is_one_message_and_its_code(
    error: BaseException, code: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What goes wrong on purpose, or at the system's hand, is one message on stderr and nothing else."""
    assert started(monkeypatch=monkeypatch, fails=error) == code
    said = capsys.readouterr()
    assert said.err.startswith(told)
    assert (said.out, "Traceback" in said.err, "\x1b" in said.err) == ("", False, False)


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody raised on purpose keeps its traceback."""
    monkeypatch.setattr(cli, "app", lambda prog_name: (_ for _ in ()).throw(ZeroDivisionError(prog_name)))
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_a_reader_that_left_is_no_error() -> None:
    """`trainer doctor | head -1` ends without a word once the reader is gone."""
    program = """
from trainer import cli
def app(prog_name):
    raise BrokenPipeError
cli.app = app
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_is_quick_and_loads_no_model_library() -> None:
    """`trainer --help` and an unknown command import no torch, no transformers, no polars."""
    program = (
        "import sys; sys.argv = ['trainer', *{words!r}]\n"
        "from trainer.cli import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    code = left.code\n"
        "heavy = {{'torch', 'transformers', 'peft', 'polars', 'numpy', 'jinja2'}}\n"
        "print('|', code, sorted(heavy & set(sys.modules)))\n"
    )
    for words, code in ((["--help"], 0), (["--version"], 0), (["trian"], 2)):
        done = subprocess.run(
            [sys.executable, "-c", program.format(words=words)], cwd=PROJECT, capture_output=True, text=True, check=True
        )
        assert done.stdout.rpartition("|")[2].strip() == f"{code} []"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hold-16bit", "maybe"], "--hold-16bit maybe: expected auto, on or off"),
        (["--compile", "ON"], "--compile ON: expected auto, on or off"),
        (["--checkpointing", ""], "--checkpointing : expected auto, on or off"),
        (["--token-budget", "-5"], "--token-budget -5: expected 0 or more tokens"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_switch_that_is_none_is_refused_whole(command: str, options: list[str], message: str) -> None:
    """Both commands check what they were given before they look at a version."""
    done = RUNNER.invoke(cli.app, [command, "nothing", "--preset", "smoke", *options])
    assert str(done.exception) == message


def test_steps_are_told_once_a_second_and_all_else_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fast run does not fill a log: a step within a second of the last is not drawn, an evaluation always is."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("trainer.cli.time.monotonic", lambda: clock.now)
    tell = cli._progress()
    for number, at in enumerate((100.0, 100.5, 101.1, 101.2, 102.05, 102.2)):
        clock.now = at
        tell("step", {"step": number, "loss": 1.0, "learning_rate": 1e-3, "tokens_per_s": 1.0})
        if number == 3:
            tell("evaluation", {"step": 3, "validation_loss": 2.0})
    said = capsys.readouterr()
    lines = [(line.split()[2], int(line.split()[1])) for line in said.err.splitlines()]
    assert lines == [("loss", 0), ("loss", 2), ("validation", 3), ("loss", 5)]
    assert said.out == ""


@pytest.fixture
def done(fake_run: Callable[..., Any]) -> Any:
    return fake_run("max_steps=20", "learning_rate=0.05", "evaluations=1")


def test_an_evaluation_is_told_line_by_line(done: Any, tmp_path: Path) -> None:
    """All rows, then each kind of question and each source, base → adapter, and where the page lies."""
    shown = ["eval", done.path.name, "--runs", str(done.path.parent), "--out", str(tmp_path / "e"), "--questions", "2"]
    said = RUNNER.invoke(cli.app, [*shown, "--max-new-tokens", "3"], catch_exceptions=False)
    summary = json.loads((tmp_path / "e" / "eval.json").read_text("utf-8"))
    lines = said.stdout.splitlines()
    parts = [summary["all"], *summary["by_question_type"], *summary["by_source"]]
    assert len(lines) == len(parts) + 1
    assert lines[-1] == str(tmp_path / "e" / "eval.html")
    for line, part in zip(lines, parts, strict=False):
        assert line.startswith(f"{part['name']:<24}{part['rows']:>6} rows  ")
        assert f"loss {part['base']['loss']:.4f} → {part['adapter']['loss']:.4f}" in line
        assert ("chrF" in line) is (part["answered"] > 0)
    assert "scoring" in said.stderr
    assert "answering 2 questions with the adapter" in said.stderr


def test_an_evaluation_as_json_is_one_object(done: Any, tmp_path: Path) -> None:
    """The object is the summary with its folder; no question, no chrF."""
    said = RUNNER.invoke(
        cli.app,
        ["eval", str(done.path), "--split", "test", "--out", str(tmp_path / "e"), "--questions", "0", "--json"],
        catch_exceptions=False,
    )
    body = json.loads(said.stdout)
    assert body.pop("folder") == str(tmp_path / "e")
    assert body == json.loads((tmp_path / "e" / "eval.json").read_text("utf-8"))
    assert (body["split"], body["answered"], body["all"]["base"]["chrf"]) == ("test", 0, None)


def test_the_list_says_what_a_run_came_to(done: Any, fake_run: Callable[..., Any]) -> None:
    """A line a run: dataset and the beginning of its id, base, step, the validation loss where there is one."""
    other = fake_run("max_steps=1", "evaluations=0", "patience=0", "seed=2")
    said = RUNNER.invoke(cli.app, ["ls", "--runs", str(done.path.parent)], catch_exceptions=False)
    lines = {line.split()[0]: line for line in said.stdout.splitlines()}
    version = done.manifest.identity["dataset"]["id"][:12]
    loss = done.manifest.counts["validation_loss"]
    assert lines[done.path.name] == (
        f"{done.path.name}  plain/{version}  random-llama  step 20  validation {loss:.4f}  finished"
    )
    assert lines[other.path.name] == f"{other.path.name}  plain/{version}  random-llama  step 1  finished"


def test_no_run_is_told_with_how_to_make_one(tmp_path: Path) -> None:
    """An empty or missing folder of runs is no error."""
    said = RUNNER.invoke(cli.app, ["ls", "--runs", str(tmp_path / "none")], catch_exceptions=False)
    assert said.stdout == f"no runs under {tmp_path / 'none'}; `trainer run VERSION --preset smoke` makes one\n"
    as_json = RUNNER.invoke(cli.app, ["ls", "--runs", str(tmp_path / "none"), "--json"], catch_exceptions=False)
    assert json.loads(as_json.stdout) == {"runs": []}


@pytest.mark.parametrize("as_json", [False, True])
def test_a_doctor_that_finds_nothing_to_train_with_says_so_in_its_code(
    as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is told first, and the exit code is 6, as text and as JSON."""
    package = Package(name="torch", version=None, needed=True, why="every engine", install="pip install it")
    found = Diagnosis(packages=(package,), device="", free_bytes=0, dtype="", engines=(), presets=(), notes=())
    monkeypatch.setattr("trainer.doctor.diagnose", lambda: found)
    said = RUNNER.invoke(cli.app, ["doctor", *["--json"] * as_json])
    assert said.exit_code == 6
    assert (json.loads(said.stdout)["missing"] == ["pip install it"]) if as_json else "nothing trains" in said.stdout


def test_a_tracker_is_told_of_a_new_run_only(
    fake_run: Callable[..., Any], curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same run again is found, not logged twice."""
    tracked: list[Any] = []
    monkeypatch.setattr("trainer.tracking.check_tracker", lambda name: tracked.append(name))
    monkeypatch.setattr("trainer.tracking.track_run", lambda run, name: tracked.append((run, name)))
    words = ["run", "latest", "--preset", "smoke", "--set", "engine=fake", "--set", "max_steps=2", "--samples", "0"]
    words += ["--curated", str(curated), "--out", str(tmp_path), "--track", "mlflow"]
    first = RUNNER.invoke(cli.app, [*words, "--json"], catch_exceptions=False)
    path = Path(json.loads(first.stdout)["path"])
    assert tracked == ["mlflow", (path, "mlflow")]
    again = RUNNER.invoke(cli.app, words, catch_exceptions=False)
    assert again.stdout == f"nothing new: {path} is this run\n"
    assert tracked[2:] == ["mlflow"]
    assert fake_run is not None
