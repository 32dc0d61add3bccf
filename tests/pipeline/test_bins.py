"""Bins on disk: what goes in in any order comes out bin by bin, whole and once."""

import resource
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.pipeline import bins
from datakit.pipeline.bins import Bins, compact

ROWS = st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.text(max_size=6))), max_size=30)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(ROWS, max_size=6), held=st.sampled_from([1, 200, 1 << 20]))
def test_every_row_comes_out_of_its_bin_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[list[tuple[int, str | None]]], held: int
) -> None:
    """Whatever is put in, in whatever pieces, and however often it goes to the disk: each bin gives its own rows."""
    monkeypatch.setattr(bins, "_HELD_BYTES", held)
    store = Bins(tmp_path)
    for piece in pieces:
        frame = pl.DataFrame({"text": [text for _, text in piece]}, schema={"text": pl.String})
        store.put(frame, np.array([number for number, _ in piece], dtype=np.uint32))
    for number in range(6):
        expected = [text for piece in pieces for at, text in piece if at == number]
        found = store.take(number)
        assert (found["text"].to_list() if found is not None else []) == expected
        assert store.take(number) is None, "a bin is read once"
    assert not list(tmp_path.iterdir())


def test_lists_and_numbers_survive(tmp_path: Path) -> None:
    """Types and nulls come out as they went in."""
    frame = pl.DataFrame(
        {"row": [1, 2], "hashes": [[1, 2], None], "flags": [["a"], []]},
        schema={"row": pl.UInt32, "hashes": pl.List(pl.UInt64), "flags": pl.List(pl.String)},
    )
    store = Bins(tmp_path)
    store.put(frame, np.array([3, 3]))
    found = store.take(3)
    assert found is not None
    assert found.equals(frame)
    assert found.schema == frame.schema


def test_rows_picked_out_of_a_frame_do_not_hold_the_rest_of_it() -> None:
    """A few rows out of many large frames take the memory of a few rows."""
    before = _resident_mb()
    held = []
    for number in range(40):
        large = pl.DataFrame({"text": [f"{number} {at} " + "मराठी" * 400 for at in range(1000)]})
        held.append(compact(large.select(pl.all().gather([0, 500]))))
    assert [frame["text"][1][:6] for frame in held[:2]] == ["0 500 ", "1 500 "]
    assert _resident_mb() - before < 100, "40 frames of 6 MB stay in memory for 80 rows"


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
