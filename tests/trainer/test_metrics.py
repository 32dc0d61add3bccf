"""metrics.jsonl: lines in order, cut back to the checkpoint, and read whatever a kill left at its end."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.errors import InputError
from trainer.metrics import METRICS, Metrics, read_metrics

LINES = st.lists(
    st.fixed_dictionaries({"step": st.integers(0, 10**6), "event": st.text('कख \n\u2028"\\{}', max_size=6)}), max_size=6
)


def written(folder: Path, lines: list[dict[str, Any]]) -> Path:
    metrics = Metrics(folder)
    for line in lines:
        metrics.add(line)
    metrics.sync()
    return folder


@given(LINES)
def test_lines_come_back_as_they_went(tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]]) -> None:
    """Any text in a line, separators of lines and quotes included, is one line and comes back."""
    folder = written(tmp_path_factory.mktemp("m"), lines)
    assert read_metrics(folder) == lines
    assert (folder / METRICS).read_bytes().count(b"\n") == len(lines)


@settings(max_examples=50)
@given(LINES.filter(bool), st.data())
def test_a_cut_anywhere_costs_the_last_line_only(
    tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Wherever in the last line a kill cut the file, inside a letter too, the lines before it are read."""
    folder = written(tmp_path_factory.mktemp("m"), lines)
    whole = (folder / METRICS).read_bytes()
    start = whole.rstrip(b"\n").rfind(b"\n") + 1
    at = data.draw(st.integers(start, len(whole) - 2))
    (folder / METRICS).write_bytes(whole[:at])
    assert read_metrics(folder) == lines[:-1]


@given(LINES, st.integers(0, 8))
def test_a_run_goes_on_behind_its_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]], keep: int
) -> None:
    """As many lines as the checkpoint names stay; what came after them is gone; new lines stand behind."""
    folder = written(tmp_path_factory.mktemp("m"), lines)
    metrics = Metrics(folder, keep_lines=keep)
    metrics.add({"step": -1})
    assert read_metrics(folder) == [*lines[:keep], {"step": -1}]
    assert metrics.lines == keep + 1


def test_only_one_process_writes(tmp_path: Path) -> None:
    """Of several processes the others count lines and leave the file alone, so that checkpoints agree."""
    first = written(tmp_path, [{"step": 1}])
    silent = Metrics(first, keep_lines=1, writes=False)
    silent.add({"step": 2})
    silent.sync()
    assert silent.lines == 2
    assert read_metrics(first) == [{"step": 1}]


@pytest.mark.parametrize("middle", ["{", "", "शिवाजी", '{"step": 1'])
def test_damage_in_the_middle_is_told_with_its_line(tmp_path: Path, middle: str) -> None:
    """A kill damages the end only: what is no JSON before it was changed by somebody."""
    (tmp_path / METRICS).write_text(f'{{"step": 0}}\n{middle}\n{{"step": 2}}\n', "utf-8")
    with pytest.raises(InputError, match=rf"{METRICS}:2: not JSON; expected one object a line"):
        read_metrics(tmp_path)


@pytest.mark.parametrize("line", ["7", "null", '"text"', "[1]"])
def test_a_line_that_is_no_object_is_told(tmp_path: Path, line: str) -> None:
    """JSON that is no object is no line of metrics, wherever it stands."""
    (tmp_path / METRICS).write_text(f'{{"step": 0}}\n{line}\n', "utf-8")
    with pytest.raises(InputError, match=rf"{METRICS}:2: .*expected one object a line"):
        read_metrics(tmp_path)


def test_a_folder_without_metrics_is_told(tmp_path: Path) -> None:
    """No file, or a folder of that name, is an error that names it."""
    with pytest.raises(InputError, match=rf"{METRICS}: cannot be read .*expected the folder of a run"):
        read_metrics(tmp_path)
    (tmp_path / METRICS).mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_metrics(tmp_path)


def test_numbers_that_json_has_not_come_back(tmp_path: Path) -> None:
    """A loss that is no number, which ends a run, can still be read in its metrics."""
    written(tmp_path, [{"loss": float("nan")}, {"loss": float("inf")}])
    text = (tmp_path / METRICS).read_text("utf-8")
    assert text == '{"loss": NaN}\n{"loss": Infinity}\n'
    found = read_metrics(tmp_path)
    assert json.dumps(found) == '[{"loss": NaN}, {"loss": Infinity}]'
