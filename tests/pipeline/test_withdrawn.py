"""Rows of withdrawn sources: counted, placed, and without a word."""

import json

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datakit.pipeline.withdrawn import WITHDRAWN, mark_withdrawn, parents_of
from datakit.record import TEXT, frame
from datakit.store import Tombstone

ROW = {
    "question": "प्रश्न", "answer": "उत्तर", "context": "उतारा", "system": "सूचना", "history": "[]", "group": "g",
    "meta": '{"note":"गुप्त"}', "id": "1" * 64, "lang": "mar", "changes": ["x"], "flags": ["y"],
    "file": "a.jsonl", "locator": "line 1", "raw_sha256": "d", "source_id": "a", "licence": "CC0-1.0",
}  # fmt: skip


def row(**other: object) -> dict[str, object]:
    return {**ROW, **other}


def test_text_and_all_that_is_made_of_it_goes_and_the_place_stays() -> None:
    """Nothing of the text is left in any column; source, licence, file, line and digest are."""
    (marked,) = mark_withdrawn(frame([row()]), [Tombstone(source="a")]).to_dicts()
    assert {name for name, value in marked.items() if value is not None} == {
        "file", "locator", "raw_sha256", "source_id", "licence", "reject_stage", "reject_reason", "reject_detail",
    }  # fmt: skip
    assert (marked["reject_stage"], marked["reject_reason"]) == ("read", WITHDRAWN)


def test_what_a_reader_said_of_the_text_goes_too() -> None:
    """An earlier verdict may quote the text, so the withdrawal takes its place."""
    bad = row(reject_stage="read", reject_reason="invalid_json", reject_detail="गुप्त मजकूर")
    (marked,) = mark_withdrawn(frame([bad]), [Tombstone(source="a")]).to_dicts()
    assert (marked["reject_reason"], marked["reject_detail"]) == (WITHDRAWN, "the source a was withdrawn")


def test_rows_made_from_a_source_go_by_what_they_say_and_by_what_is_remembered() -> None:
    """`derived_from` names the source; a remembered record is that of its own source and digest, and no other."""
    rows = [
        row(source_id="b", meta='{"derived_from":"x, a"}'),
        row(source_id="b", raw_sha256="seen"),
        row(source_id="c", raw_sha256="seen"),
        row(source_id="b", meta='{"derived_from":"ab"}'),
    ]
    marked = mark_withdrawn(frame(rows), [Tombstone(source="a", derived=(("b", "seen"),))])
    assert marked["reject_detail"].to_list() == [
        "made from a, which was withdrawn",
        "made from a row, which was withdrawn",
        None,
        None,
    ]
    assert marked["question"].to_list() == [None, None, "प्रश्न", "प्रश्न"]


@given(st.lists(st.sampled_from("abc"), max_size=8), st.sets(st.sampled_from("abcd")))
def test_rows_are_conserved_and_others_untouched(sources: list[str], gone: set[str]) -> None:
    """As many rows in the same order; those of other sources are equal to the letter."""
    batch = frame(row(source_id=source, locator=f"line {n}") for n, source in enumerate(sources))
    marked = mark_withdrawn(batch, [Tombstone(source=source) for source in sorted(gone)])
    assert marked.select("locator", "source_id").equals(batch.select("locator", "source_id"))
    other = ~pl.col("source_id").is_in(sorted(gone))
    assert marked.filter(other).equals(batch.filter(other))
    assert marked.filter(~other).select(TEXT).null_count().sum_horizontal().sum() == len(TEXT) * sum(
        source in gone for source in sources
    )


def test_parents_are_read_from_text_alone() -> None:
    """Several with commas, each once; what is no text, or stands in another column, names no parent."""
    odd = ['{"derived_from":3}', '{"note":"\\"derived_from\\""}', None, '{"derived_from":" "}']
    metas = ['{"derived_from":"b, a,b"}', *odd]
    assert parents_of(frame(row(meta=meta) for meta in metas)) == [("a", "b"), (), (), (), ()]
    assert json.loads(metas[2] or "") == {"note": '"derived_from"'}
