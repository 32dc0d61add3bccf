"""Runs of which nothing has changed: found again at once, and never where anything is otherwise."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.errors import IntegrityError
from datakit.pipeline.curate import curate
from datakit.pipeline.result import Result
from datakit.pipeline.unchanged import recall
from datakit.recipe import Recipe, parse
from datakit.store import Tombstone, add_tombstone, clear, work_folder
from tests.rows import numbered_rows, write_rows

PLAIN = 'name = "plain"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "split"\ntrain = 60\nvalidation = 20\ntest = 20'


class Place:
    """Raw files, versions, and a run that looks at no row where nothing has changed."""

    def __init__(self, folder: Path) -> None:
        self.raw, self.curated = folder / "raw", folder / "curated"
        self.recipe = parse(PLAIN)
        write_rows(self.raw / "a.jsonl", numbered_rows(40))
        write_rows(self.raw / "b.jsonl", numbered_rows(30, start=100))

    @property
    def note(self) -> Path:
        return self.curated / ".work" / "plain.outcome.json"

    def run(self, **options: object) -> Result:
        return curate(self.raw, self.curated, recipe=self.recipe, **options)  # type: ignore[arg-type]

    def folder(self, result: Result) -> Path:
        return self.curated / "plain" / result.version_id


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two files, curated once."""
    made = Place(tmp_path)
    made.run()
    return made


def test_an_unchanged_run_says_so_and_tells_the_same(tmp_path: Path) -> None:
    """The second run gives the result of the first, marked as unchanged, without a part of any row to stand on."""
    place = Place(tmp_path)
    first = place.run()
    clear(work_folder(place.curated, "plain"))
    again = place.run()
    assert (first.new, first.unchanged) == (True, False)
    assert (again.new, again.unchanged) == (False, True)
    assert not work_folder(place.curated, "plain").exists(), "the unchanged run read rows"
    assert replace(again, seconds=0.0, new=True, unchanged=False) == replace(first, seconds=0.0)


def test_a_dry_run_is_found_again_without_a_path(place: Place) -> None:
    """A dry run over unchanged input names the version and publishes as little as any other."""
    found = place.run(dry_run=True)
    assert found.unchanged
    assert found.path is None


def test_a_dry_run_leaves_no_note(tmp_path: Path) -> None:
    """What was published nowhere cannot be found again."""
    place = Place(tmp_path)
    assert place.run(dry_run=True).path is None
    assert not place.note.exists()
    assert place.run().new


def test_time_stamps_say_nothing(place: Place) -> None:
    """A file written anew with the same bytes is unchanged; one changed under its old time and size is not."""
    file = place.raw / "a.jsonl"
    os.utime(file, (1, 1))
    assert place.run().unchanged
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("1000", "1999", 1), encoding="utf-8")
    os.utime(file, (1, 1))
    assert not place.run().unchanged


def _more(place: Place) -> None:
    write_rows(place.raw / "c.jsonl", numbered_rows(3, start=500))


def _fewer(place: Place) -> None:
    (place.raw / "b.jsonl").unlink()


def _renamed(place: Place) -> None:
    (place.raw / "b.jsonl").rename(place.raw / "d.jsonl")


def _licensed(place: Place) -> None:
    (place.raw / "sources.toml").write_text(
        '[[source]]\nid = "a"\ntitle = "अ"\nfiles = ["a.jsonl"]\nlicence = "CC0-1.0"\n', encoding="utf-8"
    )


def _other_recipe(place: Place) -> None:
    place.recipe = parse(PLAIN.replace("train = 60", "train = 50").replace("test = 20", "test = 30"))


def _withdrawn(place: Place) -> None:
    add_tombstone(place.curated, Tombstone(source="somewhere else"))


@pytest.mark.parametrize("change", [_more, _fewer, _renamed, _licensed, _other_recipe, _withdrawn])
def test_whatever_decides_about_a_version_is_looked_at(place: Place, change: Callable[[Place], None]) -> None:
    """Files, names, licences, recipe and tombstones: after a change of any, the whole run is done, and the next one is
    unchanged again."""
    change(place)
    assert not place.run().unchanged
    assert place.run().unchanged


def test_a_decision_is_looked_at(place: Place) -> None:
    """A line added to the log of decisions, even one about a row that is not there, is no unchanged run."""
    from datakit.decisions import Decision, DecisionLog, decisions_file

    DecisionLog(decisions_file(place.curated, "plain")).append(Decision(action="reject", row="0" * 64, note="चूक"))
    again = place.run()
    assert not again.unchanged
    assert len(again.decisions["stale"]) == 1
    assert place.run().decisions == again.decisions


def test_another_program_does_not_take_over_a_result(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change of this package's code, or of the packages below it, the whole run is done."""
    monkeypatch.setattr("datakit.pipeline.unchanged.code_digest", lambda: "another")
    assert not place.run().unchanged
    assert place.run().unchanged
    monkeypatch.setattr("datakit.pipeline.unchanged.tools", lambda: {"polars": "0.0.1"})
    assert not place.run().unchanged


def _gone(folder: Path) -> None:
    (folder / "train.parquet").unlink()


def _shorter(folder: Path) -> None:
    file = folder / "lineage.parquet"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1])


def _edited(folder: Path) -> None:
    file = folder / "manifest.json"
    file.chmod(0o644)
    file.write_text(file.read_text().replace('"kept"', '"kepT"'))


def _added(folder: Path) -> None:
    (folder / "extra.txt").write_text("x")


@pytest.mark.parametrize("damage", [_gone, _shorter, _edited, _added])
def test_a_damaged_version_is_not_taken_for_whole(place: Place, damage: Callable[[Path], None]) -> None:
    """A version with a file lost, cut, edited or added is reported as by any run, not passed on as unchanged."""
    damage(place.folder(place.run()))
    with pytest.raises(IntegrityError):
        place.run()


def test_a_version_that_is_gone_is_made_again(place: Place) -> None:
    """Where the folder was deleted, the run publishes it anew."""
    first = place.run()
    clear(place.folder(first))
    again = place.run()
    assert (again.version_id, again.new, again.unchanged) == (first.version_id, True, False)


def test_only_the_latest_version_is_found_again(place: Place) -> None:
    """A run over other files in between changes what placed rows are compared with, so nothing is taken over."""
    first = place.run()
    other = place.curated.parent / "other"
    write_rows(other / "a.jsonl", numbered_rows(12, start=900))
    curate(other, place.curated, recipe=place.recipe)
    again = place.run()
    assert (again.version_id, again.unchanged) == (first.version_id, False)
    assert place.run().unchanged


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_note_is_worth_nothing(place: Place, at: int, value: int, cut: bool) -> None:
    """Whatever byte of the note is changed, or wherever it is cut: the true result comes out of it, or none."""
    digest = json.loads(place.note.read_text())["of"]
    work = work_folder(place.curated, "plain")
    truth = recall(place.curated, "plain", work, digest)
    assert truth is not None
    whole = place.note.read_bytes()
    at %= len(whole)
    place.note.write_bytes(whole[:at] if cut else whole[:at] + bytes([value]) + whole[at + 1 :])
    try:
        assert recall(place.curated, "plain", work, digest) in (None, truth)
    finally:
        place.note.write_bytes(whole)


def test_the_gate_s_findings_are_told_again(tmp_path: Path) -> None:
    """A gate that wrote its findings into the version is told again; one that wrote none is run again."""
    pytest.importorskip("great_expectations")
    place = Place(tmp_path)
    place.run()
    place.recipe = parse(PLAIN + "\n[gate]\nrequire_licence = false")
    gated = place.run()
    assert gated.gate is not None
    assert not gated.unchanged
    assert not place.run().unchanged, "the version holds no findings of this gate"
    clear(place.folder(gated))
    first, again = place.run(), place.run()
    assert first.new
    assert again.unchanged
    assert again.gate is not None
    assert first.gate is not None
    assert again.gate.checked == first.gate.checked


def test_the_command_tells_that_it_was_recognised(place: Place, tmp_path: Path) -> None:
    """On the screen a line names the version and why nothing was done; in JSON a field does."""
    (tmp_path / "plain.toml").write_text(PLAIN)
    command = [sys.executable, "-m", "datakit", "curate", str(place.raw), str(place.curated)]
    command += ["--recipe", str(tmp_path / "plain.toml")]
    subprocess.run(command, capture_output=True, check=True)
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "unchanged: the same inputs, recipe, decisions and program as before" in shown
    assert "nothing new" in shown
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout)
    assert told["unchanged"] is True
    assert told["counts"] == {"in": 70, "kept": 70, "rejected": {}}


def test_the_same_recipe_under_another_option_of_batches_is_another_run(place: Place) -> None:
    """Batches cut otherwise give the same version, found by the whole run."""
    again = place.run(batch_rows=7)
    assert not again.unchanged
    assert again.version_id == place.run(batch_rows=7).version_id


def test_recipes_are_compared_by_what_they_do(place: Place) -> None:
    """The same stages parsed anew are the same recipe."""
    place.recipe = Recipe(name="plain", row_stages=parse(PLAIN).row_stages, corpus_stages=place.recipe.corpus_stages)
    assert place.run().unchanged
