"""Pairs that the run before found apart: never compared again, and no version ever depends on that."""

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.matching import near_slice, question_form
from datakit.pipeline import apart
from datakit.pipeline.apart import Apart, apart_file, rules_of
from datakit.pipeline.curate import curate
from datakit.recipe import Recipe, load
from datakit.store import clear, work_folder
from tests.rows import write_rows

PAIRS = st.dictionaries(
    st.sampled_from(["near_dedup", "conflicts"]), st.lists(st.integers(0, 2**64 - 1), max_size=20), max_size=2
)
FORTS = ("शिवनेरी", "सिंहगड", "प्रतापगड", "पन्हाळा", "तोरणा", "पुरंदर", "विशाळगड", "जंजिरा")
ASKED = ("कोणत्या वर्षी बांधला", "कोणी जिंकला", "कोणत्या जिल्ह्यात आहे", "कोणत्या वर्षी जिंकला")
BY = ("", "मराठ्यांनी ", "मोगलांनी ", "शिवाजी महाराजांनी ", "पेशव्यांनी ", "डोंगरावरचा ")
SAID = ("प्रश्न उद्भवत नाही.", "इतिहासकारांच्या मते हे नक्की सांगता येत नाही.")


def some_rows(dice: Random, count: int) -> list[dict[str, Any]]:
    """Questions that resemble each other, with few answers: many meet, some are duplicates, some are at odds."""
    return [
        {
            "question": f"{dice.choice(BY)}{dice.choice(FORTS)} हा किल्ला {dice.choice(ASKED)}?",
            "answer": dice.choice(SAID),
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load("marathi-history")


@given(PAIRS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_noted_is_held_by_the_next_run_and_nothing_else(tmp_path: Path, pairs: dict[str, list[int]]) -> None:
    """Each stage holds its own pairs after they were saved, no other stage's, and no other pair."""
    file = tmp_path / "a.apart"
    noted = Apart(file, "rules")
    for stage, some in pairs.items():
        noted.note(stage, np.array(some, dtype=np.uint64))
    noted.save()
    held = Apart(file, "rules")
    for stage in ("near_dedup", "conflicts", "holdout"):
        asked = [0, 1, 2**64 - 1, *(pair for some in pairs.values() for pair in some)]
        expected = [pair in pairs.get(stage, ()) for pair in asked]
        assert held.holds(stage, np.array(asked, dtype=np.uint64)).tolist() == expected


def test_what_is_not_noted_again_goes(tmp_path: Path) -> None:
    """The file holds the pairs of the last run only, so that it does not grow for ever."""
    file = tmp_path / "a.apart"
    for pair in (1, 2):
        run = Apart(file, "rules")
        run.note("near_dedup", np.array([pair], dtype=np.uint64))
        run.save()
    assert Apart(file, "rules").holds("near_dedup", np.array([1, 2], dtype=np.uint64)).tolist() == [False, True]


@pytest.mark.parametrize("damage", ["rules", "byte", "short", "long", "head", "empty", "gone", "counts"])
def test_a_file_that_is_not_as_it_was_written_counts_as_none(tmp_path: Path, damage: str) -> None:
    """Other rules, a byte flipped, cut short, longer, without its head, with other counts: nothing is held."""
    file = tmp_path / "a.apart"
    run = Apart(file, "rules")
    run.note("near_dedup", np.arange(50, dtype=np.uint64))
    run.save()
    whole = file.read_bytes()
    head, _, pairs = whole.partition(b"\n")
    made = {
        "rules": whole,
        "byte": whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:],
        "short": whole[:-8],
        "long": whole + bytes(8),
        "head": whole[5:],
        "empty": b"",
        "gone": None,
        "counts": json.dumps({**json.loads(head), "pairs": {"near_dedup": 49}}).encode() + b"\n" + pairs,
    }[damage]
    if made is None:
        file.unlink()
    else:
        file.write_bytes(made)
    held = Apart(file, "others" if damage == "rules" else "rules")
    assert not held.holds("near_dedup", np.arange(60, dtype=np.uint64)).any()


def test_torn_files_of_killed_runs_go(tmp_path: Path) -> None:
    """What a killed run left half written is gone after the next save, and was never read."""
    torn = tmp_path / "a.apart.123.new"
    torn.write_bytes(b"half")
    Apart(tmp_path / "a.apart", "rules").save()
    assert [path.name for path in tmp_path.iterdir()] == ["a.apart"]


def test_so_many_pairs_are_held_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the cap pairs are compared again: the file stays small."""
    monkeypatch.setattr(apart, "MOST_PAIRS", 10)
    run = Apart(tmp_path / "a.apart", "rules")
    run.note("near_dedup", np.arange(100, dtype=np.uint64))
    run.save()
    assert Apart(tmp_path / "a.apart", "rules").holds("near_dedup", np.arange(100, dtype=np.uint64)).sum() == 10


def test_the_rules_are_those_of_the_recipe(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another recipe or another program has other rules."""
    rules = rules_of(recipe)
    assert rules_of(load("marathi-history")) == rules
    monkeypatch.setattr(apart, "code_digest", lambda: "other")
    assert rules_of(recipe) != rules


class Watched:
    """A folder to curate in, and how often two questions were held against each other."""

    def __init__(self, folder: Path, recipe: Recipe, patch: pytest.MonkeyPatch) -> None:
        self.raw, self.curated, self.recipe = folder / "raw", folder / "curated", recipe
        self.near = self.meeting = 0
        match, comparable = near_slice.question_match, question_form.comparable

        def matched(*given: Any, **options: Any) -> float | None:
            self.near += 1
            return match(*given, **options)

        def compared(*given: Any) -> bool:
            self.meeting += 1
            return comparable(*given)

        patch.setattr(near_slice, "question_match", matched)
        patch.setattr("datakit.matching.meetings.comparable", compared)

    def run(self) -> tuple[str, int, int]:
        """Curate; return the version and how often either comparison was made."""
        self.near = self.meeting = 0
        return curate(self.raw, self.curated, recipe=self.recipe, report=False).version_id, self.near, self.meeting

    def run_afresh(self) -> str:
        """Curate without anything that is remembered, into another folder."""
        other = self.curated.with_name("afresh")
        clear(other)
        return curate(self.raw, other, recipe=self.recipe, report=False).version_id


def test_only_pairs_with_a_new_row_are_compared_again(
    tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one row was added few comparisons are made, and the version is the one of a run from nothing."""
    place = Watched(tmp_path, recipe, monkeypatch)
    dice = Random(7)
    for name in "abc":
        write_rows(place.raw / f"{name}.jsonl", some_rows(dice, 40))
    _, near, meeting = place.run()
    assert near > 20
    assert meeting > 20
    write_rows(place.raw / "d.jsonl", [{"question": "रायगड हा किल्ला कोणी जिंकला?", "answer": SAID[0]}])
    version, near_again, meeting_again = place.run()
    assert near_again < near / 2
    assert 0 < meeting_again < meeting / 2
    assert version == place.run_afresh()
    clear(work_folder(place.curated, recipe.name))  # all rows are read again, and all that is known still counts
    (place.raw / "d.jsonl").unlink()
    _, near_then, meeting_then = place.run()
    assert near_then <= near_again
    assert meeting_then <= meeting_again


@pytest.mark.parametrize("seed", range(6))
def test_no_version_depends_on_what_is_remembered(
    tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Rows changed, moved, doubled, taken away: each version is that of a run that remembers nothing."""
    dice = Random(seed)
    place = Watched(tmp_path, recipe, monkeypatch)
    files = {name: some_rows(dice, 25) for name in "ab"}
    for _ in range(4):
        for name, rows in files.items():
            write_rows(place.raw / f"{name}.jsonl", rows)
        assert place.run()[0] == place.run_afresh()
        rows = files[dice.choice("ab")]
        what = dice.choice(["change", "move", "double", "slip", "go"])
        at = dice.randrange(len(rows))
        if what == "change":
            rows[at] = some_rows(dice, 1)[0]
        elif what == "move":
            rows.insert(0, rows.pop(at))
        elif what == "double":
            files["a"].append(dict(rows[at]))
        elif what == "slip":
            rows.append({**rows[at], "question": rows[at]["question"].replace("किल्ला", "किल्ल")})
        else:
            del rows[at]


def test_a_damaged_file_costs_time_and_nothing_else(
    tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where what is remembered is not as it was written, all is compared again and the version is the same."""
    place = Watched(tmp_path, recipe, monkeypatch)
    write_rows(place.raw / "a.jsonl", some_rows(Random(3), 60))
    version, near, meeting = place.run()
    file = apart_file(work_folder(place.curated, recipe.name))
    file.write_bytes(file.read_bytes()[:-1])
    (place.curated / ".work" / f"{recipe.name}.outcome.json").unlink()
    assert place.run() == (version, near, meeting)
