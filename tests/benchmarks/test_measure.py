"""The rounds: in turn, paired, and a contestant that fails does not stop the others."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import benchmarks.peers.measure as measure
from benchmarks.peers.contests import CONTESTS, OURS, Contest, Contestant
from benchmarks.peers.environments import Environment
from benchmarks.peers.inputs import Input, prepare
from benchmarks.peers.measure import ROOT, Runs, hold, ratios
from benchmarks.process import Run

HERE = Environment(name=OURS, python=Path(sys.executable), versions={})
GONE = Environment(name="gone", python=None, versions={}, problem="ERROR: nowhere")


def contestant(name: str, runner: str, **more: object) -> Contestant:
    return Contestant(name=name, environment=more.pop("environment", OURS), runner=runner, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def inputs(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Input]:
    """A small generated input."""
    return prepare(None, project / "raw", tmp_path_factory.mktemp("in"), max_mb=0.05)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, list[float]]], list[str]]:
    """Replace the watching by stated seconds; returns the list in which the order of the runs is written."""

    def use(seconds: dict[str, list[float]]) -> list[str]:
        order: list[str] = []

        def watched(command: list[str], **_: object) -> Run:
            name = command[2].rpartition(".")[2]
            order.append(name)
            took = seconds[name][order.count(name) - 1]
            line = json.dumps({"rows_in": 9, "rows_kept": 8, "cpu_s": took / 10, "wall_s": took / 20})
            return Run(0, f"noise\n{line}\n", took, 2 * took, 100 * took)

        monkeypatch.setattr(measure, "watch", watched)
        return order

    return use


def contest(*contestants: Contestant, whole_process: bool = True, max_mb: float | None = None) -> Contest:
    return Contest(
        name="c", title="", input="documents", whole_process=whole_process, contestants=contestants, max_mb=max_mb
    )


def test_everybody_runs_in_turn_and_every_other_round_backwards(
    inputs: dict[str, Input], tmp_path: Path, told: Callable[[dict[str, list[float]]], list[str]]
) -> None:
    """Rounds are interleaved, so that a machine that slows down slows everybody; who has fewer rounds is left out."""
    order = told({"a": [1, 1, 1], "b": [2, 2, 2], "c": [3, 3]})
    three = contest(contestant(OURS, "a"), contestant("b", "b"), contestant("c", "c", rounds=2))
    runs = hold(three, inputs, {OURS: HERE}, tmp_path, rounds=3)
    assert order == ["a", "b", "c", "c", "b", "a", "a", "b"]
    assert [len(run.wall_s) for run in runs] == [3, 3, 2]
    assert runs[0].summary()["rows_kept"] == 8


def test_a_ratio_is_the_median_of_pairs(
    inputs: dict[str, Input], tmp_path: Path, told: Callable[[dict[str, list[float]]], list[str]]
) -> None:
    """Each round divides by its own neighbour: three ratios, the middle one counts, not the ratio of the medians."""
    told({"a": [1, 10, 2], "b": [3, 20, 8]})
    pair = contest(contestant(OURS, "a"), contestant("b", "b"))
    runs = hold(pair, inputs, {OURS: HERE}, tmp_path, rounds=3)
    assert ratios(pair, runs) == {"c/b/wall": 3.0, "c/b/cpu": 3.0}


def test_a_slice_counts_by_its_megabytes(
    inputs: dict[str, Input], tmp_path: Path, told: Callable[[dict[str, list[float]]], list[str]]
) -> None:
    """A peer that gets a tenth of the input in the same time has a tenth of the speed."""
    told({"a": [1], "b": [1]})
    whole = inputs["documents"]
    pair = contest(contestant(OURS, "a"), contestant("b", "b", max_mb=whole.mb / 10))
    runs = hold(pair, inputs, {OURS: HERE}, tmp_path, rounds=1)
    assert runs[1].given.mb < whole.mb / 5
    assert ratios(pair, runs)["c/b/wall"] == pytest.approx(whole.mb / runs[1].given.mb, rel=1e-3)


def test_work_alone_is_taken_from_the_runner(
    inputs: dict[str, Input], tmp_path: Path, told: Callable[[dict[str, list[float]]], list[str]]
) -> None:
    """Where the whole process does not count, its own seconds are not used."""
    told({"a": [10]})
    (run,) = hold(contest(contestant(OURS, "a"), whole_process=False), inputs, {OURS: HERE}, tmp_path, rounds=1)
    assert (run.wall_s, run.cpu_s) == ([0.5], [1.0])


def test_who_is_not_there_or_fails_is_told(inputs: dict[str, Input], tmp_path: Path) -> None:
    """A missing environment and a runner that fails have a problem and no ratio; the others are measured."""
    contestants = (
        contestant(OURS, "normalizers", engine="nfc"),
        contestant("absent", "normalizers", engine="nfc", environment="gone"),
        contestant("failing", "normalizers", engine="no-such-engine"),
        contestant("again", "normalizers", engine="nfc"),
    )
    four = contest(*contestants, whole_process=False)
    ours, absent, failing, again = runs = hold(four, inputs, {OURS: HERE, "gone": GONE}, tmp_path, rounds=2)
    assert absent.summary()["problem"] == "ERROR: nowhere"
    assert failing.summary()["problem"] == "exit 1: KeyError: 'no-such-engine'"
    assert ours.told["rows_in"] == again.told["rows_in"] == inputs["documents"].rows
    assert set(ratios(four, runs)) == {"c/again/wall", "c/again/cpu"}


def test_without_ours_there_is_no_ratio(inputs: dict[str, Input]) -> None:
    """Where ours failed nothing is compared."""
    ours = Runs(contestant(OURS, "a"), inputs["documents"], problem="exit 1")
    peer = Runs(contestant("b", "b"), inputs["documents"], wall_s=[1.0], cpu_s=[1.0], told={"rows_in": 1})
    assert ratios(contest(ours.contestant, peer.contestant), [ours, peer]) == {}


def test_no_command_in_the_results_knows_a_folder(inputs: dict[str, Input]) -> None:
    """Commands are told with INPUT and WORK, not with the folders of this machine."""
    run = Runs(contestant("b", "minhash", engine="rensa"), inputs["documents"], problem="x")
    assert run.summary()["command"] == "python -m benchmarks.peers.runners.minhash rensa INPUT WORK"


def test_every_contest_begins_with_ours_and_every_runner_is_there() -> None:
    """Ratios are ours by the others', and no contest names a module that does not exist."""
    for one in CONTESTS:
        assert one.contestants[0].name == OURS
        assert len({other.name for other in one.contestants}) == len(one.contestants)
        for other in one.contestants:
            assert (ROOT / "benchmarks" / "peers" / "runners" / f"{other.runner}.py").is_file()
