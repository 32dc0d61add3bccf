"""The difference of two versions, held against plain loops over what lies at each place."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.lineage import Manifest, version_id, write_manifest
from datakit.store.diff import Diff, diff

SPLITS = ("train", "validation", "test")
SOURCES = ("bakhar", "gazetteer")
LINES = {
    "row_id": pl.String, "role": pl.String, "source_id": pl.String, "raw_sha256": pl.String, "file": pl.String,
    "locator": pl.String, "stage": pl.String, "reason": pl.String, "split": pl.String,
}  # fmt: skip
Place = tuple[str, str, str]


class Cell(NamedTuple):
    """What a version has at one place: a text, whether it was kept, else why not, and its split."""

    text: int
    role: str
    reason: str
    split: str


def row_id(text: int) -> str:
    """The id of a text: the same from whatever source."""
    return f"id-{text}"


CELL = st.builds(
    Cell,
    text=st.integers(0, 5),
    role=st.sampled_from(["kept", "kept", "rejected", "nameless"]),
    reason=st.sampled_from(["short", "near_duplicate"]),
    split=st.sampled_from(SPLITS),
)
PLACES: list[Place] = [(source, f"{source}.jsonl", f"line {n}") for source in SOURCES for n in (1, 2, 3)]
CELLS = st.fixed_dictionaries({}, optional=dict.fromkeys(PLACES, CELL))


def once(cells: dict[Place, Cell]) -> dict[Place, Cell]:
    """A text is kept once in a version: the second of its kind is merged."""
    seen: set[int] = set()
    made = {}
    for place, cell in cells.items():
        made[place] = cell._replace(role="duplicate_of") if cell.role == "kept" and cell.text in seen else cell
        if cell.role == "kept":
            seen.add(cell.text)
    return made


def write(folder: Path, cells: dict[Place, Cell]) -> Path:
    """Write a version as far as a difference looks at it."""
    folder.mkdir()
    lines = [
        {
            "row_id": None if cell.role == "nameless" else row_id(cell.text),
            "role": "rejected" if cell.role == "nameless" else cell.role,
            "source_id": place[0], "raw_sha256": f"raw-{cell.text}", "file": place[1], "locator": place[2],
            "stage": None if cell.role == "kept" else f"stage of {cell.reason}",
            "reason": None if cell.role == "kept" else cell.reason,
            "split": cell.split if cell.role == "kept" else None,
        }
        for place, cell in cells.items()
    ]  # fmt: skip
    pl.DataFrame(lines, schema=LINES).write_parquet(folder / "lineage.parquet")
    for split in SPLITS:
        rows = [
            [row_id(cell.text), *place, f"प्र{cell.text}?", f"उ{cell.text}."]
            for place, cell in cells.items()
            if cell.role == "kept" and cell.split == split
        ]
        names = ("id", "source_id", "file", "locator", "question", "answer")
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").write_parquet(
            folder / f"{split}.parquet"
        )
    rejected = Counter(cell.reason for cell in cells.values() if cell.role in ("rejected", "nameless"))
    identity: dict[str, Any] = {
        "name": "d", "row_roots": dict.fromkeys(SPLITS, ""), "recipe": {"stages": [], "columns": {}},
        "decisions": [], "tombstones": [],
    }  # fmt: skip
    counts = {"rejected": dict(rejected)}
    write_manifest(folder, Manifest(kind="dataset", id=version_id(identity), identity=identity, counts=counts))
    return folder


def kept(cells: dict[Place, Cell]) -> dict[str, tuple[Place, Cell]]:
    """Kept rows by id."""
    return {row_id(cell.text): (place, cell) for place, cell in cells.items() if cell.role == "kept"}


def reason_of(name: str, source: str, place: Place, old: dict[Place, Cell], new: dict[Place, Cell]) -> str | None:
    """Why the later version has no such row: by its id, else by the record as read, else by a new text at its place."""
    away = [(at, cell) for at, cell in new.items() if cell.role != "kept"]
    raw = name.removeprefix("id-")
    known = {(at[0], cell.text) for at, cell in old.items()}
    by_id = [cell.reason for _, cell in away if cell.role != "nameless" and row_id(cell.text) == name]
    by_raw = [cell.reason for at, cell in away if (at[0], str(cell.text)) == (source, raw)]
    by_place = [cell.reason for at, cell in away if at == place and (at[0], cell.text) not in known]
    for found in (by_id, by_raw, by_place):
        if found:
            return found[0]
    return None


@settings(max_examples=60)
@given(CELLS, CELLS)
def test_a_difference_is_what_the_places_say(before: dict[Place, Cell], after: dict[Place, Cell]) -> None:
    """Added, removed, edited and moved rows, and their counts, are those of plain loops over the places."""
    old_cells, new_cells = once(before), once(after)
    with TemporaryDirectory() as folder:
        found = diff(write(Path(folder, "a"), old_cells), write(Path(folder, "b"), new_cells))
    old, new = kept(old_cells), kept(new_cells)
    gone = {place: name for name, (place, _) in old.items() if name not in new}
    come = {place: name for name, (place, _) in new.items() if name not in old}
    edited = {place for place in gone if place in come}
    assert sorted(found.added["id"]) == sorted(name for place, name in come.items() if place not in edited)
    removed = {name: place for place, name in gone.items() if place not in edited}
    assert sorted(found.removed["id"]) == sorted(removed)
    assert sorted(found.edited.select("source_id", "file", "locator", "id", "id_before").rows()) == sorted(
        (*place, come[place], gone[place]) for place in edited
    )
    moved = {
        n: (old[n][1].split, new[n][1].split) for n in old.keys() & new.keys() if old[n][1].split != new[n][1].split
    }
    assert {name: (was, now) for name, was, now in found.moved.select("id", "before", "after").rows()} == moved
    reasons = {name: reason_of(name, place[0], place, old_cells, new_cells) for name, place in removed.items()}
    assert dict(found.removed.select("id", "reason").rows()) == reasons
    _check_texts(found)
    _check_counts(found, old_cells, new_cells, reasons)


def _check_texts(found: Diff) -> None:
    for frame, name, question in (
        (found.added, "id", "question"),
        (found.removed, "id", "question"),
        (found.edited, "id", "question"),
        (found.edited, "id_before", "question_before"),
    ):
        for key, text in frame.select(name, question).rows():
            assert text == f"प्र{key.removeprefix('id-')}?"


def _check_counts(found: Diff, old: dict[Place, Cell], new: dict[Place, Cell], reasons: dict[str, str | None]) -> None:
    counts = {row["source_id"]: row for row in found.sources.to_dicts()}
    assert list(counts) == sorted(
        {place[0] for cells in (old, new) for place, cell in cells.items() if cell.role == "kept"}
    )
    for source, row in counts.items():
        assert row["before"] == sum(place[0] == source for place, cell in old.items() if cell.role == "kept")
        assert row["after"] == sum(place[0] == source for place, cell in new.items() if cell.role == "kept")
        for name in ("added", "removed", "edited"):
            assert row[name] == getattr(found, name).filter(source_id=source).height
        assert row["rejected"] == found.removed.filter(source_id=source)["reason"].count()
    told = {row["reason"]: row for row in found.reasons.to_dicts()}
    moved = Counter(reason for reason in reasons.values() if reason is not None)
    for reason, row in told.items():
        for side, cells in (("before", old), ("after", new)):
            away = sum(cell.reason == reason for cell in cells.values() if cell.role in ("rejected", "nameless"))
            assert row[side] == away
        assert row["from_kept"] == moved[reason]
    assert set(moved) <= set(told)


@settings(max_examples=15)
@given(CELLS)
def test_a_version_differs_from_itself_in_nothing(cells: dict[Place, Cell]) -> None:
    """Two folders with the same rows have no difference, and every source has its rows on both sides."""
    made = once(cells)
    with TemporaryDirectory() as folder:
        found = diff(write(Path(folder, "a"), made), write(Path(folder, "b"), made))
    assert [frame.height for frame in (found.added, found.removed, found.edited, found.moved)] == [0, 0, 0, 0]
    assert found.recipe == []
    assert (found.sources["before"] == found.sources["after"]).all()
    assert found.reasons["from_kept"].sum() == 0


def recipe(*stages: dict[str, Any], columns: Any = None) -> dict[str, Any]:
    """The recipe of a version's identity."""
    return {"stages": list(stages), "columns": columns or {}}


NORMALIZE, CHAT = {"use": "normalize", "nfc": True}, {"use": "chat"}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (recipe(NORMALIZE, CHAT), recipe(NORMALIZE, CHAT), []),
        (recipe(CHAT), recipe(NORMALIZE, CHAT), ["stage normalize: added"]),
        (recipe(NORMALIZE, CHAT), recipe(CHAT), ["stage normalize: removed"]),
        (recipe(NORMALIZE), recipe({**NORMALIZE, "nfc": False}), ["stage normalize: nfc was True, is False"]),
        (recipe(CHAT), recipe({"use": "chat", "system": "x"}), ["stage chat: system was None, is 'x'"]),
        (recipe({"use": "chat", "system": "x"}), recipe(CHAT), ["stage chat: system was 'x', is None"]),
        (
            recipe(NORMALIZE, CHAT),
            recipe(CHAT, NORMALIZE),
            ["order of stages was normalize, chat, is chat, normalize"],
        ),
        (recipe(CHAT), recipe(CHAT, columns={"q": "x"}), ["columns were {}, are {'q': 'x'}"]),
    ],
    ids=str,
)
def test_what_changed_in_a_recipe_is_named(before: Any, after: Any, wanted: list[str], tmp_path: Path) -> None:
    """Stages that came or went, options by their values, the order where the stages are the same, the columns."""
    assert _lines(tmp_path, {"recipe": before}, {"recipe": after}) == wanted


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ({"decisions": [1]}, {"decisions": [1]}, []),
        ({"decisions": [1]}, {"decisions": [2, 3]}, ["decisions of people were 1, are 2"]),
        ({"decisions": [1]}, {"decisions": [2]}, ["decisions of people were 1, are 1"]),
        (
            {"tombstones": [{"source": "x"}, {"source": "y"}]},
            {"tombstones": [{"source": "z"}, {"source": "y"}, {"source": "a"}]},
            ["source a: withdrawn", "source z: withdrawn", "source x: no longer withdrawn"],
        ),
    ],
    ids=str,
)
def test_what_people_did_is_named(before: Any, after: Any, wanted: list[str], tmp_path: Path) -> None:
    """Decisions by their number, withdrawals by their source, both ways."""
    assert _lines(tmp_path, before, after) == wanted


def _lines(home: Path, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The lines about recipe and people between two versions without a row."""
    for name, changes in (("a", before), ("b", after)):
        folder = write(home / name, {})
        identity: dict[str, Any] = {
            "name": "d", "row_roots": dict.fromkeys(SPLITS, ""), "recipe": recipe(), "decisions": [], "tombstones": [],
        } | changes  # fmt: skip
        counts: dict[str, Any] = {"rejected": {}}
        write_manifest(folder, Manifest(kind="dataset", id=version_id(identity), identity=identity, counts=counts))
    return diff(home / "a", home / "b").recipe
