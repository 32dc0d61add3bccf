"""`gguf-export`'s command line: its words, its exit codes, and Ollama where it is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from datakit.errors import InputError
from export.cli import app
from export.subject import find_subject

RUNNER = CliRunner()


def shell(*arguments: str, path: str | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the real command."""
    environment = {**os.environ, **({"PATH": path} if path is not None else {})}
    return subprocess.run(
        [sys.executable, "-m", "export", *arguments], capture_output=True, text=True, env=environment, check=False
    )


def test_help_names_both_uses_and_the_exit_codes() -> None:
    """`gguf-export --help` says how to export, how to chat, and what each exit code means."""
    result = RUNNER.invoke(app, ["--help"])
    assert result.exit_code == 0
    for words in ("gguf-export RUN", "gguf-export chat FILE", "3 gate failed and nothing"):
        assert words in " ".join(result.stdout.split())


def test_version_is_the_one_of_the_distribution() -> None:
    """`gguf-export --version` names the distribution, which the three commands share."""
    result = RUNNER.invoke(app, ["--version"])
    assert (result.exit_code, result.stdout.split()[0]) == (0, "ancient-aurora")


@pytest.mark.parametrize("words", [["absent"], ["run", "absent"]], ids=" ".join)
def test_a_missing_run_exits_5_with_one_message(words: list[str], tmp_path: Path) -> None:
    """The word `run` may be left out; a path that is not there ends with exit code 5, on stderr alone."""
    done = shell(*[str(tmp_path / word) if word == "absent" else word for word in words])
    assert (done.returncode, done.stdout) == (5, "")
    assert "no such folder; expected a finished run" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gguf_is_no_run(tmp_path: Path) -> None:
    """A file that is a GGUF already is refused as a wrong use: exit code 2."""
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    done = shell(str(tmp_path / "m.gguf"))
    assert done.returncode == 2
    assert "is a GGUF already" in done.stderr


@pytest.mark.parametrize(("code", "created"), [(0, True), (1, False)])
def test_ollama_is_run_where_it_is_installed(tiny_run: Path, tmp_path: Path, code: int, created: bool) -> None:
    """With `--ollama` the printed command is the one that is run; its failure does not undo the export."""
    programs = tmp_path / "bin"
    programs.mkdir()
    ollama = programs / "ollama"
    ollama.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\necho noise\nexit {code}\n')
    ollama.chmod(0o755)
    done = shell(
        str(tiny_run), "--quant", "f16", "--no-verify", "--ollama", "--json", "--out", str(tmp_path / "models"),
        path=f"{programs}:{os.environ['PATH']}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)  # one object: what Ollama prints went to stderr
    assert body["ollama"]["created"] is created
    assert (tmp_path / "called").read_text().split() == body["ollama"]["command"][1:]
    assert ("exit code 1; the export itself is whole" in done.stderr) is not created


def test_where_ollama_is_missing_the_command_is_printed(tiny_run: Path, tmp_path: Path) -> None:
    """Without Ollama the exact command is printed, and the export succeeds all the same."""
    done = shell(
        str(tiny_run), "--quant", "f16", "--no-verify", "--ollama", "--out", str(tmp_path), path="/nonexistent"
    )
    assert done.returncode == 0, done.stderr
    assert "ollama is not installed" in done.stderr
    (folder,) = tmp_path.iterdir()
    assert f"next: ollama create marathi-history -f {folder / 'Modelfile'}" in done.stdout


def test_a_run_may_be_named_as_the_trainer_names_it(tmp_path: Path) -> None:
    """`latest` and the beginning of an id mean a run under --runs; a path means itself, also where it is missing."""
    run = tmp_path / "runs" / "abcd0123"
    (run / "adapter").mkdir(parents=True)
    (run / "begun.json").write_text("{}")
    assert find_subject("latest", runs=tmp_path / "runs") == run
    assert find_subject("abcd", runs=tmp_path / "runs") == run
    assert find_subject(str(run), runs=tmp_path) == run
    assert find_subject("models/none", runs=tmp_path / "runs") == Path("models/none")
    with pytest.raises(InputError, match="not found under"):
        find_subject("ffff", runs=tmp_path / "runs")
