"""Roots of a release, computed in slices: the same hashes as of everything at once."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datakit.lineage import content_root, sha256_text
from datakit.pipeline import release

DIGESTS = st.lists(st.integers(0, 20).map(lambda number: sha256_text(str(number))), max_size=12)
LICENCES = st.sampled_from(["CC0-1.0", "MIT", None])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(digests=DIGESTS, rows=st.integers(1, 5))
def test_a_root_is_that_of_the_list(monkeypatch: pytest.MonkeyPatch, digests: list[str], rows: int) -> None:
    """However many digests are Python objects at a time, repeats and order included: one root."""
    monkeypatch.setattr(release, "_SLICE", rows)
    assert release._root(pl.Series(digests, dtype=pl.String)) == content_root(digests)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.lists(st.tuples(st.sampled_from("abc"), LICENCES, st.integers(0, 9)), max_size=5), max_size=4),
)
def test_each_source_has_the_root_of_its_own_records(parts: list[list[tuple[str, str | None, int]]]) -> None:
    """Sources are told apart in whatever parts their rows lie; a source is under all its licences, or under none."""
    schema = ("source_id", "licence", "raw_sha256")
    frames = [pl.DataFrame(schema=dict.fromkeys(schema, pl.String))] + [
        pl.DataFrame(
            [(source, licence, sha256_text(str(number))) for source, licence, number in part],
            schema=dict.fromkeys(schema, pl.String),
            orient="row",
        )
        for part in parts
    ]
    rows = [row for frame in frames for row in frame.iter_rows()]
    expected = {
        source: (
            content_root([digest for name, _, digest in rows if name == source]),
            None
            if any(licence is None for name, licence, _ in rows if name == source)
            else " AND ".join(sorted({str(licence) for name, licence, _ in rows if name == source})),
        )
        for source in sorted({name for name, _, _ in rows})
    }
    assert release._sources(pl.concat(frames)) == expected
