"""The doctor names what is missing with its install line, and trackers get our ids."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from datakit.errors import MissingDependencyError, UsageError
from trainer.cli import app
from trainer.doctor import Diagnosis, Package, diagnose
from trainer.terminal import doctor_body, doctor_text
from trainer.tracking import check_tracker, track_run


def test_a_working_installation_is_told() -> None:
    """Device, memory, engines and what fits are all in the answer, as text and as JSON."""
    found = diagnose()
    assert found.missing == []
    assert "hf" in found.engines
    fits = {name: fits for name, _, fits in found.presets}
    assert fits["smoke"]
    text, body = doctor_text(found), doctor_body(found)
    assert all(package.name in text for package in found.packages)
    assert body["ok"] is True
    assert body["packages"]["torch"]
    done = CliRunner().invoke(app, ["doctor"])
    assert (done.exit_code, "engines" in done.stdout) == (0, True)


def test_what_is_missing_comes_with_its_install_line() -> None:
    """Without torch nothing trains: the line that installs it is printed, and the exit code is 6."""
    torch = Package(name="torch", version=None, needed=True, why="every engine", install="pip install 'x[train]'")
    found = Diagnosis(packages=(torch,), device="", free_bytes=0, dtype="", engines=(), presets=(), notes=())
    assert found.missing == [torch]
    assert "missing: pip install 'x[train]'" in doctor_text(found)
    assert doctor_body(found)["missing"] == ["pip install 'x[train]'"]
    assert MissingDependencyError.exit_code == 6


def test_an_unknown_or_missing_tracker_is_refused_before_training() -> None:
    """Hours of training do not end in a missing package."""
    check_tracker(None)
    with pytest.raises(UsageError, match=r"--track wandb: expected mlflow or trackio"):
        check_tracker("wandb")
    with pytest.raises(MissingDependencyError, match="--track mlflow: not installed; pip install mlflow"):
        check_tracker("mlflow")


def test_a_tracker_gets_our_ids_and_every_step(
    fake_run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trackio is told the version id and row root of the manifest, and the numbers of metrics.jsonl in order."""
    done = fake_run("max_steps=3", "evaluations=1")
    told: list[tuple[str, Any]] = []
    fake = ModuleType("trackio")
    fake.init = lambda **keys: told.append(("init", keys))  # type: ignore[attr-defined]
    fake.log = lambda numbers, step: told.append(("log", (step, numbers)))  # type: ignore[attr-defined]
    fake.finish = lambda: told.append(("finish", None))  # type: ignore[attr-defined]
    fake.__spec__ = __import__("importlib.machinery").machinery.ModuleSpec("trackio", None)
    monkeypatch.setitem(sys.modules, "trackio", fake)
    track_run(done.path, "trackio")
    assert [name for name, _ in told] == ["init", *["log"] * 5, "finish"]
    assert told[0][1]["config"]["aurora.version_id"] == done.manifest.identity["dataset"]["id"]
    assert told[0][1]["config"]["aurora.row_root"] == done.manifest.identity["rows"]["train"]["root"]
    assert [step for _, (step, _) in told[1:-1]] == [0, 1, 2, 3, 3]
    assert all("loss" in numbers or "validation_loss" in numbers for _, (_, numbers) in told[1:-1])
    del tmp_path
