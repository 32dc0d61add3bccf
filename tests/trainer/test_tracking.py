"""Trackers: our ids as tags, our numbers as they are, and a tracker that is not there refused beforehand."""

import importlib.machinery
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from datakit.errors import MissingDependencyError, UsageError
from datakit.lineage import read_manifest
from trainer.metrics import METRICS, read_metrics
from trainer.tracking import TRACKERS, check_tracker, track_run

NUMBERS = {"loss", "learning_rate", "gradient_norm", "tokens_per_s", "peak_bytes", "validation_loss"}


class Told:
    """What a tracker was told, call by call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.open = False

    def named(self, name: str) -> list[Any]:
        return [facts for call, facts in self.calls if call == name]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Stand-ins for both trackers, which are no part of the installation: what is told to them is noted."""
    found = Told()

    @contextmanager
    def start_run(**keys: Any) -> Iterator[None]:
        found.calls.append(("start_run", keys))
        found.open = True
        try:
            yield
        finally:
            found.open = False
            found.calls.append(("end_run", {}))

    def note(name: str) -> Callable[..., None]:
        return lambda *values, **keys: found.calls.append((name, {"values": values, "open": found.open, **keys}))

    offered: dict[str, dict[str, Any]] = {
        "mlflow": {name: note(name) for name in ("set_experiment", "log_params", "log_metrics")},
        "trackio": {name: note(name) for name in ("init", "log", "finish")},
    }
    offered["mlflow"]["start_run"] = start_run
    for name, functions in offered.items():
        module = ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, name, module)
    return found


@pytest.fixture
def done(fake_run: Callable[..., Any]) -> Any:
    return fake_run("max_steps=3", "evaluations=1")


def tags(done: Any) -> dict[str, str]:
    identity = done.manifest.identity
    return {
        "aurora.run_id": done.manifest.id,
        "aurora.version_id": identity["dataset"]["id"],
        "aurora.dataset_name": "plain",
        "aurora.row_root": identity["rows"]["train"]["root"],
        "aurora.base": "random-llama",
        "aurora.base_sha256": identity["base"]["sha256"],
    }


def settings_of(done: Any) -> dict[str, Any]:
    """Return the settings as the manifest's file has them."""
    found: dict[str, Any] = dict(read_manifest(done.path).identity["config"])
    return found


def expected(done: Any) -> list[tuple[int, dict[str, float]]]:
    """Return the numbers of each line of the metrics, read off the file."""
    lines = [json.loads(line) for line in (done.path / METRICS).read_text("utf-8").splitlines()]
    return [(line["step"], {key: value for key, value in line.items() if key in NUMBERS}) for line in lines]


def test_mlflow_gets_ids_settings_and_every_number(done: Any, told: Told) -> None:
    """An experiment of the dataset's name, a run of the folder's, ids as tags, settings, steps in order."""
    track_run(done.path, "mlflow")
    assert told.named("set_experiment")[0]["values"] == ("plain",)
    assert told.named("start_run") == [{"run_name": done.path.name, "tags": tags(done)}]
    (settings,) = told.named("log_params")
    assert settings["values"] == (settings_of(done),)
    logged = told.named("log_metrics")
    assert [(call["step"], call["values"][0]) for call in logged] == expected(done)
    assert all(call["open"] for call in [*logged, settings]), "within the run, not beside it"
    assert told.calls[-1][0] == "end_run"


def test_trackio_gets_the_same(done: Any, told: Told) -> None:
    """A project of the dataset's name, ids beside the settings, the same numbers, and the end."""
    track_run(done.path, "trackio")
    (begun,) = told.named("init")
    assert (begun["project"], begun["name"]) == ("plain", done.path.name)
    assert begun["config"] == {**settings_of(done), **tags(done)}
    assert [(call["step"], call["values"][0]) for call in told.named("log")] == expected(done)
    assert [name for name, _ in told.calls].count("finish") == 1
    assert told.calls[-1][0] == "finish"


@pytest.mark.parametrize("name", TRACKERS)
def test_the_engine_that_computed_is_told_not_the_wish(name: str, fake_run: Callable[..., Any], told: Told) -> None:
    """Where the configuration leaves the engine open, the tracker gets the one that was taken."""
    done = fake_run("engine=auto", "max_steps=1", "evaluations=0", "patience=0", samples=0)
    assert settings_of(done)["engine"] == "auto"
    track_run(done.path, name)
    (call,) = told.named("log_params" if name == "mlflow" else "init")
    assert (call["values"][0] if name == "mlflow" else call["config"])["engine"] == "hf"


def test_what_happened_beside_the_numbers_is_not_logged(done: Any, told: Told) -> None:
    """A shortage of memory has a step and no number: a tracker is told of it nothing, of the rest everything."""
    before = len(read_metrics(done.path))
    with (done.path / METRICS).open("a", encoding="utf-8") as stream:
        stream.write('{"event": "out_of_memory", "step": 3, "token_budget": 100}\n')
        stream.write('{"step": 4, "loss": null, "learning_rate": 0.5, "rows": 8}\n')
    track_run(done.path, "trackio")
    logged = told.named("log")
    assert len(logged) == before + 1
    assert logged[-1]["values"] == ({"learning_rate": 0.5},)


def test_a_loss_of_nothing_is_a_number(done: Any, told: Told) -> None:
    """0 is logged: it is what a run that learnt everything has."""
    (done.path / METRICS).write_text('{"step": 0, "validation_loss": 0.0}\n{"step": 1, "loss": 0.0, "peak_bytes": 0}\n')
    track_run(done.path, "mlflow")
    assert [call["values"][0] for call in told.named("log_metrics")] == [
        {"validation_loss": 0.0},
        {"loss": 0.0, "peak_bytes": 0},
    ]


@pytest.mark.parametrize("name", TRACKERS)
def test_a_tracker_that_is_there_is_accepted(name: str, told: Told) -> None:
    """An installed tracker passes without a word, and nothing of it is called yet."""
    check_tracker(name)
    assert told.calls == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mlfow", "--track mlfow: expected mlflow or trackio (did you mean 'mlflow'?)"),
        ("track", "--track track: expected mlflow or trackio (did you mean 'trackio'?)"),
        ("", "--track : expected mlflow or trackio"),
        ("json", "--track json: expected mlflow or trackio"),
    ],
)
def test_an_unknown_tracker_is_refused_though_a_module_has_its_name(name: str, message: str, done: Any) -> None:
    """Only the two are trackers, whatever else is installed; a run is not touched for another."""
    with pytest.raises(UsageError) as caught:
        track_run(done.path, name)
    assert str(caught.value) == message


def test_a_missing_tracker_is_told_with_its_install_line(tmp_path: Path) -> None:
    """The check comes before the run is read: what is missing is the package, not the folder."""
    for name in TRACKERS:
        with pytest.raises(MissingDependencyError) as caught:
            track_run(tmp_path / "none", name)
        assert str(caught.value) == f"--track {name}: not installed; pip install {name}"
