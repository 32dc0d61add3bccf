"""Floors: they hold, they sink only with a reason, and nobody changes them by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.floors import FLOORS, FloorError, adopt, load_floors, main, pin, problems, set_floor
from tests.benchmarks.results import results

NAME = "documents/slow/cpu"


@pytest.fixture
def pinned() -> dict[str, Any]:
    """Floors under the small results: pinned inputs, one floor."""
    floors: dict[str, Any] = {"corpus": {}, "floors": {}, "history": []}
    pin(floors, results(), reason="")
    set_floor(floors, NAME, 15.0)
    return floors


@pytest.fixture
def files(tmp_path: Path, pinned: dict[str, Any]) -> tuple[Path, Path]:
    """The floors and the results as files."""
    floors, found = tmp_path / "floors.json", tmp_path / "peers.json"
    floors.write_text(json.dumps(pinned))
    found.write_text(json.dumps(results()))
    return floors, found


def test_figures_on_their_floors_pass(pinned: dict[str, Any]) -> None:
    """A figure at or above its floor, on the pinned input, is no problem."""
    assert problems(pinned, results()) == []
    set_floor(pinned, NAME, 15.1)
    assert problems(pinned, results()) == []


def test_a_figure_below_its_floor_is_named_with_both_values_and_the_distance(pinned: dict[str, Any]) -> None:
    """A sunken figure is told by name, found, floor and by how much."""
    found = results()
    found["ratios"][NAME] = 12.0
    assert problems(pinned, found) == [f"{NAME}: found 12, floor 15: 20.0 % below"]


def test_a_figure_that_was_not_measured_does_not_pass(pinned: dict[str, Any]) -> None:
    """Leaving a peer out is no way around its floor."""
    found = results()
    del found["ratios"][NAME]
    assert problems(pinned, found) == [f"{NAME}: not measured, floor 15"]


def test_no_floor_is_no_gate() -> None:
    """A file without floors does not pass for one whose floors hold."""
    assert problems({"corpus": {}, "floors": {}, "history": []}, results()) == [
        "no floor is set; next: `python -m benchmarks.floors adopt`"
    ]


def test_memory_has_a_floor_too(pinned: dict[str, Any]) -> None:
    """The worst peak over the rounds is compared with the limit, so that more is better as everywhere."""
    set_floor(pinned, "documents/rss_headroom", 1.5)
    assert problems(pinned, results()) == []
    found = results()
    found["contests"]["documents"]["runs"]["ours"]["peak_rss_mb"] = [900, 2000, 950]
    assert problems(pinned, found) == ["documents/rss_headroom: found 0.75, floor 1.5: 50.0 % below"]


def test_another_input_is_refused_until_it_is_pinned(pinned: dict[str, Any]) -> None:
    """Figures of another corpus say nothing about the floors; pinning it anew needs a reason."""
    found = results()
    found["inputs"]["documents"]["sha256"] = "ef" * 32
    (line,) = problems(pinned, found)
    assert line.startswith("corpus documents: measured on efefefefefefefef, the floors are pinned to abababababababab")
    with pytest.raises(FloorError, match="another digest than the pinned one; say why"):
        pin(pinned, found, reason="  ")
    pin(pinned, found, reason="three sources more")
    assert problems(pinned, found) == []
    assert pinned["history"][-1]["reason"] == "three sources more"


def test_raising_is_free_and_lowering_needs_the_flag_and_a_reason(pinned: dict[str, Any]) -> None:
    """Neither the flag alone nor the reason alone lowers a floor, and a refused change changes nothing."""
    set_floor(pinned, NAME, 16.0)
    before = json.dumps(pinned)
    for lower, reason in ((False, ""), (True, ""), (True, "   "), (False, "the peer became faster")):
        with pytest.raises(FloorError, match=r"15 is below 16; to lower a floor say --lower and --reason"):
            set_floor(pinned, NAME, 15.0, lower=lower, reason=reason)
    assert json.dumps(pinned) == before
    set_floor(pinned, NAME, 15.0, lower=True, reason="the peer became faster")
    assert pinned["floors"][NAME]["value"] == 15.0
    assert pinned["history"][-1] == {"name": NAME, "from": 16.0, "to": 15.0, "reason": "the peer became faster"}


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_floor_is_a_positive_number(pinned: dict[str, Any], value: float) -> None:
    """A floor of nothing would be no floor, and `nan` compares false with everything."""
    with pytest.raises(FloorError, match="expected a positive number"):
        set_floor(pinned, NAME, value, lower=True, reason="x")


def test_adopt_raises_and_never_lowers(pinned: dict[str, Any]) -> None:
    """Every ratio of CPU seconds and of memory gets a floor at its share; one that is higher stays."""
    raised = adopt(pinned, results(), share=0.8)
    assert NAME not in raised
    assert pinned["floors"][NAME]["value"] == 15.0
    assert pinned["floors"]["documents/rss_headroom"]["value"] == 1.2
    assert set(pinned["floors"]) == {NAME, "documents/rss_headroom", "qa/rss_headroom"}
    assert problems(pinned, results()) == []


def test_a_value_changed_by_hand_is_refused(files: tuple[Path, Path]) -> None:
    """The last line of the history is what a floor must be; an edit of the value alone is seen."""
    floors, _ = files
    body = json.loads(floors.read_text())
    body["floors"][NAME]["value"] = 3.0
    floors.write_text(json.dumps(body))
    with pytest.raises(FloorError, match=rf"{NAME} is 3.0, its history ends with 15.0"):
        load_floors(floors)


def test_a_floor_taken_out_by_hand_is_refused(files: tuple[Path, Path]) -> None:
    """A floor that is gone while its history stands is seen."""
    floors, _ = files
    body = json.loads(floors.read_text())
    del body["floors"][NAME]
    floors.write_text(json.dumps(body))
    with pytest.raises(FloorError, match=rf"{NAME} is None, its history ends with 15.0"):
        load_floors(floors)


def test_a_history_that_sinks_without_a_reason_is_refused(files: tuple[Path, Path]) -> None:
    """Value and history changed together by hand still owe a reason, and lines that do not join are seen."""
    floors, _ = files
    body = json.loads(floors.read_text())
    body["floors"][NAME]["value"] = 3.0
    body["history"].append({"name": NAME, "from": 15.0, "to": 3.0, "reason": ""})
    floors.write_text(json.dumps(body))
    with pytest.raises(FloorError, match=rf"{NAME} was lowered without a reason"):
        load_floors(floors)
    body["history"][-1] = {"name": NAME, "from": 2.0, "to": 3.0, "reason": ""}
    floors.write_text(json.dumps(body))
    with pytest.raises(FloorError, match=rf"{NAME} begins at 2.0, was 15.0"):
        load_floors(floors)


def test_check_ends_with_1_and_says_which(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The gate's exit code and its lines are what CI reads."""
    floors, found = files
    assert main(["check", str(found)], floors_file=floors) == 0
    assert capsys.readouterr().out == "1 floors hold\n"
    body = results()
    body["ratios"][NAME] = 14.9
    found.write_text(json.dumps(body))
    assert main(["check", str(found)], floors_file=floors) == 1
    assert capsys.readouterr().out == f"{NAME}: found 14.9, floor 15: 0.7 % below\n"


def test_set_writes_or_refuses(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """A refused `set` ends with 2 and leaves the file as it was, byte for byte."""
    floors, _ = files
    before = floors.read_bytes()
    assert main(["set", NAME, "9"], floors_file=floors) == 2
    assert "9 is below 15; to lower a floor say --lower" in capsys.readouterr().err
    assert floors.read_bytes() == before
    assert main(["set", NAME, "9", "--lower", "--reason", "a slower default"], floors_file=floors) == 0
    assert load_floors(floors)["floors"][NAME]["value"] == 9.0
    assert main(["set", NAME, "17"], floors_file=floors) == 0
    assert load_floors(floors)["floors"][NAME]["value"] == 17.0


def test_adopt_and_pin_write_the_file(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Both commands leave a file that loads."""
    floors, found = files
    assert main(["adopt", str(found), "--share", "0.5"], floors_file=floors) == 0
    assert "documents/rss_headroom: 0.75\n" in capsys.readouterr().out
    body = results()
    body["inputs"]["qa"]["sha256"] = "01" * 32
    found.write_text(json.dumps(body))
    assert main(["check", str(found)], floors_file=floors) == 1
    assert main(["pin", str(found), "--reason", "cleaned"], floors_file=floors) == 0
    assert main(["check", str(found)], floors_file=floors) == 0


def test_results_that_are_not_there(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Without results the answer is what makes them, not a traceback."""
    floors, found = files
    assert main(["check", str(found.with_name("none.json"))], floors_file=floors) == 2
    assert "expected results of `make bench`" in capsys.readouterr().err


def test_the_floors_of_the_project_are_whole() -> None:
    """The committed file agrees with its own history."""
    body = load_floors(FLOORS)
    assert all(floor["value"] > 0 for floor in body["floors"].values())
