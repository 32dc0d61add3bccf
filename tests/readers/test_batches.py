"""Rows become batches: nothing is lost, none is too large, and the hash is of the text as it was read."""

import hashlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.readers import row as rows_of
from datakit.readers.row import Broken, Row, batches, reject
from datakit.record import SCHEMA

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a.csv", "ब.jsonl"]),
        st.builds(Row, st.sampled_from(["line 1", "$.a[0]"]), TEXT, TEXT, TEXT, TEXT, group=TEXT, meta=TEXT)
        | st.builds(reject, st.just("line 2"), st.just("not_text"), st.just("found"), TEXT, question=TEXT),
    ),
    max_size=12,
)


@given(ROWS, st.integers(1, 5))
def test_every_row_is_in_one_batch_in_order(found: list[tuple[str, Row]], size: int) -> None:
    """Batches have at most the rows asked for, one schema, and together every row in its order."""
    frames = list(batches(iter(found), size))
    assert all(0 < frame.height <= size for frame in frames)
    assert all(frame.schema == SCHEMA for frame in frames)
    told = [row for frame in frames for row in frame.to_dicts()]
    assert [(row["file"], row["locator"]) for row in told] == [(file, row.locator) for file, row in found]
    for row, (_, given_row) in zip(told, found, strict=True):
        for name in ("question", "answer", "context", "system", "history", "group", "meta"):
            assert row[name] == getattr(given_row, name)
        assert row["reject_reason"] == given_row.reason
        assert row["reject_stage"] == (None if given_row.reason is None else "read")
        assert row["id"] is None


@given(ROWS, st.integers(1, 5), st.integers(1, 5))
def test_the_size_of_a_batch_changes_no_row(found: list[tuple[str, Row]], one: int, other: int) -> None:
    """The same rows come out, hashes included, whatever the size of the batches."""
    first, second = ([row for frame in batches(iter(found), size) for row in frame.to_dicts()] for size in (one, other))
    assert first == second


def test_a_batch_of_long_texts_is_cut_by_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is counted in bytes: few long rows fill a batch, a row that is larger than a batch has one of its own."""
    monkeypatch.setattr(rows_of, "BATCH_BYTES", 2_000)
    found = [("a", Row(f"line {n}", "क" * size, "ख")) for n, size in enumerate([300, 300, 300, 5_000, 10, 10])]
    heights = [frame.height for frame in batches(iter(found), 4_096)]
    assert heights == [2, 1, 1, 2]


def digest(row: Row) -> str:
    (frame,) = batches(iter([("a", row)]), 1)
    return str(frame["raw_sha256"].item())


def test_the_hash_is_of_the_text_as_read() -> None:
    """The five texts of a pair are hashed as JSON; place, file, group and meta are not in it."""
    row = Row("line 1", "क?", "ख", "ग", None, None, "group", '{"page":1}')
    assert digest(row) == hashlib.sha256(orjson.dumps(["क?", "ख", "ग", None, None])).hexdigest()
    assert digest(row) == digest(row._replace(locator="line 9", group=None, meta=None))
    assert digest(row) != digest(row._replace(context=None))
    assert digest(row) != digest(row._replace(question="ख", answer="क?"))


@pytest.mark.parametrize("raw", ["मजकूर", "मजकूर".encode(), "\ud800", b"\xff\x00"])
def test_the_hash_of_a_reject_is_of_what_stood_there(raw: Any) -> None:
    """A reject's hash is that of its own bytes, whole, so that the line can be found again."""
    row = reject("line 1", "invalid_json", "found no JSON", raw)
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    assert digest(row) == hashlib.sha256(data).hexdigest()
    long = reject("line 1", "invalid_json", "found no JSON", "क" * 100_000)
    assert digest(long) == hashlib.sha256(("क" * 100_000).encode()).hexdigest()
    assert long.detail is not None
    assert len(long.detail) < 400


def test_a_reject_without_text_says_no_more_than_its_detail() -> None:
    """Where nothing stood there, nothing is quoted, and the known parts are kept."""
    row = reject("file", "empty_file", "found nothing", question="क?", context="ग")
    assert (row.detail, row.question, row.context, row.raw) == ("found nothing", "क?", "ग", None)


def test_a_broken_rest_is_a_row() -> None:
    """What ends the reading of a file becomes a reject with the place, so that the run goes on."""
    broken = Broken("truncated_file", "found the end", "line 7")
    assert broken.row() == Row("line 7", reason="truncated_file", detail="found the end")
    assert str(broken) == "found the end"
    assert Broken("unreadable_file", "x").row().locator == "file"


def test_no_rows_are_no_batches() -> None:
    """An empty source gives nothing, not an empty frame."""
    assert list(batches(iter([]), 10)) == []
