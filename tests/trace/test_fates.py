"""Fates of rows, held against plain loops over random lineages."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datakit.trace.fates import LINES, fates

Line = dict[str, Any]
Pairs = set[tuple[str, str]]
IDS = ("r0", "r1", "r2", "r3")
SOURCES = ("a", "b", "c")


@st.composite
def lineages(draw: st.DrawFn) -> list[Line]:
    lines = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "row_id": st.sampled_from([*IDS, None]),
                    "source_id": st.sampled_from(SOURCES),
                    "role": st.sampled_from(["kept", "duplicate_of", "rejected"]),
                    "reason": st.sampled_from([None, "near_duplicate", "withdrawn_source"]),
                    "split": st.sampled_from([None, "train", "test"]),
                    "derived_from": st.one_of(st.none(), st.lists(st.sampled_from([*IDS, *SOURCES]), max_size=2)),
                }
            ),
            max_size=14,
        )
    )
    return [{**line, "raw_sha256": f"d{number % 5}"} for number, line in enumerate(lines)]


def loops(
    lines: list[Line], gone: set[str], made: set[tuple[str, str]]
) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """Return lost ids, shared ids and derived records, by the words of the definition."""
    there = [line for line in lines if line["reason"] != "withdrawn_source"]
    hit = [line["source_id"] in gone or (line["source_id"], line["raw_sha256"]) in made for line in there]
    while True:
        held = [(line["row_id"], out) for line, out in zip(there, hit, strict=True) if line["role"] != "rejected"]
        dying = {name for name, out in held if out and name is not None}
        alive = {name for name, out in held if not out}
        lost = dying - alive
        more = [
            out or bool((gone | lost) & set(line["derived_from"] or ())) for line, out in zip(there, hit, strict=True)
        ]
        if more == hit:
            break
        hit = more
    derived = {
        (line["source_id"], line["raw_sha256"])
        for line, out in zip(there, hit, strict=True)
        if out and line["source_id"] not in gone
    }
    return lost, dying & alive, derived


@given(
    lineages(),
    st.sets(st.sampled_from(SOURCES), max_size=2),
    st.sets(st.tuples(st.sampled_from(SOURCES), st.sampled_from(["d0", "d1"])), max_size=2),
)
def test_fates_are_what_the_definition_says(lines: list[Line], gone: set[str], made: Pairs) -> None:
    """Lost, shared and derived are those of plain loops, for every lineage, set of sources and set of known records."""
    frame = pl.DataFrame(lines, schema=LINES)
    found = fates(frame, gone, made)
    assert (set(found.lost), set(found.shared), set(found.derived)) == loops(lines, gone, made)
    own = any(line["source_id"] in gone and line["reason"] != "withdrawn_source" for line in lines)
    assert found.touched == bool(found.derived or own)


@given(lineages(), st.sampled_from(SOURCES), st.sampled_from(SOURCES))
def test_taking_back_more_never_saves_a_row(lines: list[Line], one: str, other: str) -> None:
    """What is lost without one source is lost without two."""
    frame = pl.DataFrame(lines, schema=LINES)
    assert fates(frame, {one}).lost <= fates(frame, {one, other}).lost
