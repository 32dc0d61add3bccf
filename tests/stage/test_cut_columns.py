"""Batches whose columns are cut into chunks in different places, as joins and filters leave them."""

import random
from collections.abc import Mapping

import polars as pl
import pytest

from datakit.record import frame
from datakit.stage import Fault, flag, mark

WHOLE = frame([{"question": f"प्रश्न {n}", "answer": f"उत्तर {n * 7}", "file": "a", "locator": str(n)} for n in range(30)])
BOTH = pl.concat_str("question", pl.lit("/"), "answer")
FAULTS = [
    Fault("one", BOTH.str.contains("9"), BOTH),
    Fault("two", pl.col("answer").str.contains("4"), pl.format("{} of {}", "answer", "locator")),
    Fault("three", pl.col("locator") == "5", pl.col("question")),
]


def cut(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return the same rows with each column in up to five chunks of its own."""
    chance = random.Random(seed)
    columns: Mapping[str, pl.Series] = rows.to_dict()
    found = []
    for column in columns.values():
        ends = [*sorted(chance.sample(range(1, rows.height), chance.randint(0, 4))), rows.height]
        pieces = [column.slice(start, end - start) for start, end in zip([0, *ends], ends, strict=False)]
        found.append(pl.concat([piece.to_frame() for piece in pieces], rechunk=False).to_series())
    return pl.DataFrame(found)


def test_the_columns_are_cut_differently() -> None:
    """The batches of these tests are what they are for: equal rows, unequal chunks."""
    batch = cut(WHOLE, 1)
    assert batch.equals(WHOLE)
    assert len(set(batch.n_chunks("all"))) > 1


@pytest.mark.parametrize("seed", range(40))
def test_marks_do_not_hang_on_chunks(seed: int) -> None:
    """Details that join several columns come out as of a batch in one piece; polars 2.1 by itself panics at a third of
    these."""
    assert mark(cut(WHOLE, seed), "stage", FAULTS).equals(mark(WHOLE, "stage", FAULTS))


@pytest.mark.parametrize("seed", range(10))
def test_flags_do_not_hang_on_chunks(seed: int) -> None:
    """A flag whose condition joins columns goes to the same rows."""
    assert flag(cut(WHOLE, seed), "nine", BOTH.str.contains("9")).equals(flag(WHOLE, "nine", BOTH.str.contains("9")))


def test_the_whole_batch_is_marked_as_expected() -> None:
    """What the batches are compared with is itself right."""
    marked = mark(WHOLE, "stage", FAULTS)
    assert marked["reject_reason"].to_list()[:10] == [None, None, "two", None, None, "three", "two", "one", None, "one"]
    assert marked["reject_detail"][7] == "प्रश्न 7/उत्तर 49"
    assert marked["reject_detail"][2] == "उत्तर 14 of 2"
