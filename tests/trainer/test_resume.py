"""Resume: killed at any step, the run goes on to the same bits; something else than it began with is refused."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import InputError, Interrupted, UsageError
from trainer.errors import ResumeError
from trainer.metrics import read_metrics
from trainer.preset import load_config
from trainer.sft import Habits, differences, resume, train

KILLER = """
import os, signal, sys
from pathlib import Path
from trainer.preset import load_config
from trainer.sft import Habits, resume, train

out, curated, engine, at, *runs = sys.argv[1:]

def kill(event, facts):
    if event == "step" and facts["step"] == int(at):
        os.kill(os.getpid(), signal.SIGKILL)

if runs:
    resume(Path(runs[0]), notify=kill)
else:
    config = load_config("smoke", sets=[f"engine={engine}", "max_steps=6", "evaluations=3"])
    train("latest", config, out=Path(out), curated=Path(curated),
          habits=Habits(samples=2, max_new_tokens=4, save_every=1), notify=kill)
"""


def killed(out: Path, curated: Path, engine: str, at: int, *runs: str) -> None:
    """Train in a process of its own and kill it without warning after a step, before that step is saved."""
    command = [sys.executable, "-c", KILLER, str(out), str(curated), engine, str(at), *runs]
    project = Path(__file__).parents[2]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=False, env=env)
    assert done.returncode == -signal.SIGKILL, done.stderr


def whole(out: Path, curated: Path, engine: str) -> Any:
    config = load_config("smoke", sets=[f"engine={engine}", "max_steps=6", "evaluations=3"])
    return train("latest", config, out=out, curated=curated, habits=Habits(samples=2, max_new_tokens=4, save_every=1))


def course(run: Path) -> list[tuple[Any, ...]]:
    return [
        (line["step"], line.get("loss"), line.get("gradient_norm"), line.get("validation_loss"))
        for line in read_metrics(run)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "kills"), [("hf", (3,)), ("fake", (2, 5))], ids=["hf", "fake, killed twice"])
def test_a_killed_run_goes_on_to_the_same_bits(
    engine: str, kills: tuple[int, ...], curated: Path, tmp_path: Path
) -> None:
    """Killed by SIGKILL, once or twice: adapter and whole course equal the uninterrupted run's to the bit."""
    straight = whole(tmp_path / "a", curated, engine)
    killed(tmp_path / "b", curated, engine, kills[0])
    (run,) = (path for path in (tmp_path / "b").iterdir() if path.is_dir())
    assert not (run / "manifest.json").exists()
    for at in kills[1:]:
        killed(tmp_path / "b", curated, engine, at, str(run))
    done = resume(run)
    assert done.manifest.id == straight.manifest.id
    assert course(done.path) == course(straight.path)
    name = "adapter/adapter_model.safetensors"
    assert (done.path / name).read_bytes() == (straight.path / name).read_bytes()
    assert (done.path / "samples.jsonl").read_bytes() == (straight.path / "samples.jsonl").read_bytes()
    assert sorted(done.manifest.files) == sorted(straight.manifest.files)


@pytest.fixture
def stopped(fake_run: Callable[..., Any], tmp_path: Path) -> Path:
    """A run that was stopped after its second step."""

    def interrupt(event: str, facts: Any) -> None:
        if event == "step" and facts["step"] == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        fake_run(notify=interrupt)
    (run,) = (tmp_path / "runs").iterdir()
    return run


def test_another_configuration_is_refused_with_each_difference(stopped: Path) -> None:
    """A setting changed in the folder is named with what the run began with."""
    path = stopped / "begun.json"
    body = json.loads(path.read_text())
    body["config"]["learning_rate"] = 0.25
    body["config"]["rank"] = 4
    path.write_text(json.dumps(body))
    with pytest.raises(ResumeError) as caught:
        resume(stopped)
    assert caught.value.exit_code == 4
    assert "config.learning_rate: began with 0.005, now 0.25" in str(caught.value)
    assert "config.rank: began with 8, now 4" in str(caught.value)


def test_another_dataset_is_refused(stopped: Path, version: Path) -> None:
    """The version that is there now must be the one it began with, whatever its folder is called."""
    with pytest.raises(ResumeError, match=r"dataset\.id: began with \w{64}, now \w{64}"):
        resume(stopped, version=str(version))


def test_another_base_is_refused(stopped: Path, tiny: Any) -> None:
    """The base is told by its weights."""
    with pytest.raises(ResumeError, match=r"base\.sha256: began with"):
        resume(stopped, base=str(tiny.path))


def test_a_finished_run_and_no_run_are_told_apart(fake_run: Callable[..., Any], tmp_path: Path) -> None:
    """Resuming what is finished, or what is no run, says so."""
    done = fake_run()
    with pytest.raises(UsageError, match="this run is finished"):
        resume(done.path)
    with pytest.raises(InputError, match="expected the folder of an unfinished run"):
        resume(tmp_path)


def test_a_run_killed_before_its_first_checkpoint_begins_again(stopped: Path) -> None:
    """Without a checkpoint the run starts at its first step, and its metrics hold no line twice."""
    import shutil

    shutil.rmtree(stopped / "checkpoints")
    done = resume(stopped)
    assert [line["step"] for line in read_metrics(done.path) if "loss" in line] == [1, 2, 3, 4, 5, 6]


def test_differences_name_the_place() -> None:
    """Nested values are compared one by one; lists and tuples are the same thing."""
    before = {"a": {"b": 1, "c": [1, 2]}, "d": "x"}
    assert differences(before, {"a": {"b": 1, "c": (1, 2)}, "d": "x"}) == []
    assert differences(before, {"a": {"b": 2, "c": [1]}, "e": 1}) == [
        "a.b: began with 1, now 2",
        "a.c: began with [1, 2], now [1]",
        "d: began with x, now None",
        "e: began with None, now 1",
    ]
