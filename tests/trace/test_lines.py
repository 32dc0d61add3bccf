"""The lineage as trace rows, held against plain loops; and the counts that a drawing shows."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.trace.draw import source_roles
from datakit.trace.lines import lines, places_of
from datakit.trace.result import ROWS, by_source

Line = dict[str, Any]
IDS = ("a", "b", "c", "d", "e")
SCHEMA: dict[str, Any] = {
    "row_id": pl.String, "role": pl.String, "of": pl.String, "split": pl.String, "source_id": pl.String,
    "licence": pl.String, "file": pl.String, "locator": pl.String, "derived_from": pl.List(pl.String),
}  # fmt: skip


@st.composite
def lineages(draw: st.DrawFn) -> list[Line]:
    """Lines in which every id that is no kept row is merged into one other, in chains and circles too."""
    kept = draw(st.sets(st.sampled_from(IDS)))
    into = {name: draw(st.sampled_from(IDS)) for name in IDS if name not in kept}
    made: list[Line] = [
        {"row_id": name, "role": "kept", "split": draw(st.sampled_from(["train", "test"]))} for name in sorted(kept)
    ]
    merged = draw(st.lists(st.sampled_from(IDS), max_size=6))
    made += [{"row_id": name, "role": "duplicate_of", "of": into.get(name, name)} for name in merged]
    made += draw(st.lists(st.just({"row_id": "a", "role": "rejected"}), max_size=2))
    order = draw(st.permutations(made))
    return [{**dict.fromkeys(SCHEMA), **line, "locator": f"line {n}", "source_id": "s"} for n, line in enumerate(order)]


def at_the_end(name: str, found: list[Line]) -> str | None:
    """The kept row that a merged record stands for, by following the links; None where they lead to none."""
    kept = {line["row_id"] for line in found if line["role"] == "kept"}
    onward = {line["row_id"]: line["of"] for line in found if line["role"] == "duplicate_of"}
    seen: set[str] = set()
    while name not in kept:
        if name in seen or name not in onward:
            return None
        seen.add(name)
        name = onward[name]
    return name


@settings(max_examples=80)
@given(lineages(), st.none() | st.sets(st.sampled_from(IDS)))
def test_places_are_those_that_the_links_lead_to(made: list[Line], ids: set[str] | None) -> None:
    """Kept and merged records stand under the row at the end of their chain, with its split; circles lead nowhere."""
    with TemporaryDirectory() as folder:
        pl.DataFrame(made, schema=SCHEMA).write_parquet(Path(folder, "lineage.parquet"))
        found = places_of(Path(folder), "v", ids)
    splits = {line["row_id"]: line["split"] for line in made if line["role"] == "kept"}
    wanted = set()
    for line in made:
        if line["role"] == "rejected":
            continue
        end = line["row_id"] if line["role"] == "kept" else at_the_end(line["of"], made)
        if end is not None and (ids is None or end in ids):
            wanted.add((end, splits[end], line["role"], line["locator"]))
    assert set(found.select("row_id", "split", "role", "locator").rows()) == wanted
    assert found.height == len(wanted), "each record once"
    assert dict(found.schema) == ROWS
    assert set(found["version"]) <= {"v"}


def test_a_lineage_of_an_older_release_is_read(tmp_path: Path) -> None:
    """Columns that it does not have yet are empty, with their type; a merged record has the id it was merged into."""
    old = pl.DataFrame(
        {"row_id": ["a", "b"], "role": ["kept", "duplicate_of"], "of": [None, "a"], "source_id": ["s", "t"]},
        schema_overrides={"of": pl.String},
    )
    old.write_parquet(tmp_path / "lineage.parquet")
    found = lines(tmp_path, "v").collect()
    assert dict(found.schema) == {**ROWS, "own_id": pl.String()}
    assert found.select("version", "row_id", "own_id", "source_id", "split").rows() == [
        ("v", "a", "a", "s", None),
        ("v", "a", "b", "t", None),
    ]


@pytest.mark.parametrize("derived", [True, False])
def test_what_a_drawing_shows_of_the_sources(derived: bool, tmp_path: Path) -> None:
    """Rows by source and role, in the order of the roles; a source that rows were made from counts for itself."""
    row = "f" * 64
    made = [
        ("s", "rejected", None), ("s", "kept", ["t", row]), ("t", "duplicate_of", ["t"]), ("s", "kept", []),
        (None, "kept", ["u", "t"]), ("t", "kept", None),
    ]  # fmt: skip
    frame = pl.DataFrame(
        made, schema={name: SCHEMA[name] for name in ("source_id", "role", "derived_from")}, orient="row"
    )
    frame = frame if derived else frame.drop("derived_from")
    frame.write_parquet(tmp_path / "lineage.parquet")
    wanted = [("s", "kept", 2), ("s", "rejected", 1), ("t", "kept", 1), ("t", "duplicate_of", 1)]
    wanted += [("t", "derived_from", 3), ("u", "derived_from", 1)] if derived else []
    assert source_roles(tmp_path).rows() == wanted


def test_sources_are_counted_by_rows_and_files() -> None:
    """The source with most rows comes first, then by name; a source with two licences has a line for each."""
    made = [
        {"source_id": source, "licence": licence, "file": file}
        for source, licence, file in (
            ("b", "CC0", "x"), ("a", "CC0", "x"), ("c", "CC0", "x"), ("c", "CC0", "y"), ("c", "CC0", "x"),
            ("c", "MIT", "x"), ("d", None, None),
        )
    ]  # fmt: skip
    found = by_source(pl.DataFrame([{**dict.fromkeys(ROWS), **row} for row in made], schema=ROWS))
    assert found.columns == ["source_id", "licence", "rows", "files"]
    assert found.rows()[0] == ("c", "CC0", 3, 2)
    assert [row[0] for row in found.rows()] == ["c", "a", "b", "c", "d"]
    assert by_source(pl.DataFrame(schema=ROWS)).height == 0
