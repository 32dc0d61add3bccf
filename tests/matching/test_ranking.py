"""What rows are ranked by: where they were read, and of rows without an id what they say."""

from collections.abc import Callable

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from datakit.matching.ranking import rank_columns
from datakit.record import frame

FEW = st.sampled_from([None, "", "अ", "ब"])
PLACE = ("source_id", "file", "locator", "raw_sha256")
SAID = ("question", "answer")
ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from([None, "ab" * 32, "cd" * 32, "other"]),
        **dict.fromkeys((*PLACE, *SAID), FEW),
    }
)
Row = dict[str, str | None]


def ranks(rows: list[Row], name: str) -> list[int]:
    """Return a rank column of some rows."""
    batch = frame(rows).with_columns(question_key=pl.col("question"), answer_key=pl.col("answer"))
    return rank_columns(batch, "x")[f"x.{name}"].to_list()


def told_apart(rows: list[Row], key: Callable[[Row], object], found: list[int]) -> None:
    """Check that two rows have one rank where they have one key, and else two."""
    keys = [key(row) for row in rows]
    assert [[one == two for two in found] for one in found] == [[one == two for two in keys] for one in keys], rows


@given(st.lists(ROW, min_size=1, max_size=6))
def test_a_place_is_that_of_the_row_and_of_a_row_without_id_its_texts_too(rows: list[Row]) -> None:
    """Rows read at one place have one `place`; without an id, a hash of the texts, these are part of it."""

    def key(row: Row) -> object:
        named = row["id"] is not None
        return [row[name] or "" for name in PLACE], [(not named and row[name]) or "" for name in SAID]

    told_apart(rows, key, ranks(rows, "place"))


@given(st.lists(ROW, min_size=1, max_size=6), st.lists(ROW, min_size=1, max_size=6))
def test_ranks_are_those_of_the_rows_whatever_was_ranked_before(before: list[Row], rows: list[Row]) -> None:
    """Batches that follow each other, alike in ids and places or not, are never taken for one another."""
    alone = [ranks([row], name)[0] for row in rows for name in ("order", "place")]
    ranks(before, "order")
    ranks([{**row, "question": "अ"} for row in rows], "order")
    assert [rank for pair in zip(ranks(rows, "order"), ranks(rows, "place"), strict=True) for rank in pair] == alone
