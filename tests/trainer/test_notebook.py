"""The notebook: valid, without stored output, and its cells run from the first to the last as far as a CPU goes."""

import io
import re
import shutil
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "notebooks" / "colab.ipynb"
SKIPPED = {"install", "export"}
"""Installing has been done here, and a tiny random model is no model to export: tests/export does that."""


def cells() -> list[Any]:
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def programs() -> dict[str, Any]:
    """Return the applications behind the commands, in this process: each `!` line would import torch anew."""
    from datakit.cli import app as datakit
    from export.cli import app as export
    from trainer.cli import app as trainer

    return {"datakit": datakit, "trainer": trainer, "gguf-export": export}


def test_the_notebook_is_valid_and_holds_no_output() -> None:
    """Only source is committed: no output, no counts, nothing of the machine it was written on."""
    assert cells()
    assert all(not cell.outputs and cell.execution_count is None for cell in cells())


def test_every_command_of_the_notebook_exists() -> None:
    """A command line in it names a command and options that the programs have."""
    import typer.main

    known = programs()
    lines = [line[1:] for cell in cells() for line in cell.source.splitlines() if line.startswith("!")]
    assert len(lines) >= 8
    for line in lines:
        program, *words = line.split()
        group: Any = typer.main.get_command(known[program])
        name = words[0] if words[0] in group.commands else "run"
        options = {text for parameter in group.commands[name].params for text in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.slow
def test_the_cells_run_in_order_on_a_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Curate, plan, train, show and measure, each as the notebook says, from a fresh folder."""
    shutil.copytree(PROJECT / "raw", tmp_path / "raw")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    told = []
    for cell in cells():
        if SKIPPED & set(cell.metadata.get("tags", [])):
            continue
        lines = cell.source.splitlines()
        if not lines[0].startswith("!"):
            with redirect_stdout(io.StringIO()) as out:
                exec(cell.source, names)
            told.append(out.getvalue())
            continue
        for line in lines:
            command = re.sub(r"\{(\w+)\}", lambda found: str(names[found[1]]), line[1:])
            program, *words = command.split()
            done = CliRunner().invoke(programs()[program], words, catch_exceptions=False)
            assert done.exit_code == 0, f"{command}\n{done.output}"
            told.append(done.output)
    text = "\n".join(told)
    assert "preset smoke" in text
    assert "published" in text or "nothing new" in text
    assert len([path for path in (tmp_path / "runs").iterdir() if (path / "manifest.json").is_file()]) == 1
    assert "eval.html" in text
