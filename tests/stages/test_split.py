"""Split: by group, by hash, and steady from version to version."""

import polars as pl
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from datakit.record import frame
from datakit.stage import MemoryCorpus
from datakit.stages.chat import Chat
from datakit.stages.split import Split

SPLIT = Split()


def records(questions: list[str], groups: list[str | None] | None = None) -> pl.DataFrame:
    rows = [
        {"question": q, "answer": f"उत्तर {n}", "source_id": "s", "group": g}
        for n, (q, g) in enumerate(zip(questions, groups or [None] * len(questions), strict=True))
    ]
    return Chat().apply(frame(rows))


def placed(batch: pl.DataFrame, split: Split = SPLIT, **corpus: pl.DataFrame | None) -> pl.DataFrame:
    verdict = split.apply(MemoryCorpus(batch, split, **corpus))  # type: ignore[arg-type]
    return verdict.sort("row").hstack(batch.select("id", "question", "group"))


def test_the_shares_are_met_within_what_chance_allows() -> None:
    """Of 20,000 groups the three splits take 90, 5 and 5 per cent, within four standard deviations."""
    counts = dict(
        placed(records([f"किल्ला क्रमांक {n} कोठे आहे?" for n in range(20_000)]))["split"].value_counts().iter_rows()
    )
    assert abs(counts["train"] - 18_000) < 4 * (20_000 * 0.9 * 0.1) ** 0.5
    assert abs(counts["validation"] - 1_000) < 4 * (20_000 * 0.05 * 0.95) ** 0.5
    assert abs(counts["test"] - 1_000) < 4 * (20_000 * 0.05 * 0.95) ** 0.5


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 5)), min_size=1, max_size=40), st.randoms())
def test_nothing_that_belongs_together_is_parted_whatever_the_order(rows: list[tuple[int, int | None]], random) -> None:
    """Rows of one passage or one question are in one split, and order changes no placement."""
    questions, groups = [f"प्रश्न {q} काय?" for q, _ in rows], [None if g is None else f"उतारा {g}" for _, g in rows]
    batch = records(questions, groups)
    found = placed(batch, Split(train=34, validation=33, test=33))
    for key in ("question", "group"):
        parted = found.drop_nulls(key).group_by(key).agg(pl.col("split").n_unique())
        assert parted["split"].max() in (1, None)
    order = list(range(len(rows)))
    random.shuffle(order)
    again = placed(batch[order], Split(train=34, validation=33, test=33))
    assert dict(zip(found["id"], found["split"], strict=True)) == dict(zip(again["id"], again["split"], strict=True))


def test_a_passage_is_one_group() -> None:
    """Different questions of one passage are placed together, and passages fall in all three splits."""
    found = placed(records([f"वेगळा प्रश्न {n}?" for n in range(300)], [f"उतारा {n // 3}" for n in range(300)]))
    assert found.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1
    assert found["split"].n_unique() == 3


def test_a_passage_of_two_sources_is_one_group() -> None:
    """A passage that two sources share is placed once: its key is a digest of its text."""
    batch = records([f"वेगळा प्रश्न {n}?" for n in range(300)], [f"उतारा {n // 2}" for n in range(300)])
    batch = batch.with_columns(pl.Series("source_id", [f"स्रोत {n % 2}" for n in range(300)]))
    found = placed(batch)
    assert found.group_by("group").agg(pl.col("split").n_unique())["split"].max() == 1
    assert found["split"].n_unique() == 3


def test_a_duplicate_cluster_is_one_group() -> None:
    """Rows that an earlier stage put in one cluster are placed together, even through a rejected member."""
    batch = records([f"वेगळा प्रश्न {n}?" for n in range(300)])
    pairs = pl.DataFrame(
        {"row": range(300), "cluster": [n - n % 3 for n in range(300)]}, schema={"row": pl.UInt32, "cluster": pl.UInt32}
    )
    found = placed(batch, clusters=pairs).with_columns(pl.Series("cluster", pairs["cluster"]))
    assert found.group_by("cluster").agg(pl.col("split").n_unique())["split"].max() == 1
    assert found["split"].n_unique() == 3


def test_a_row_keeps_its_split_while_its_group_grows() -> None:
    """A new row that joins a placed group goes where the group is, however its own hash falls."""
    before = records([f"प्रश्न {n} काय?" for n in range(400)], [f"g{n}" for n in range(400)])
    first = placed(before)
    previous = first.select("id", "split")
    grown = records(
        [f"प्रश्न {n} काय?" for n in range(400)] + [f"अ नवा {n}?" for n in range(400)], [f"g{n}" for n in range(400)] * 2
    )
    grown = grown.with_columns(
        pl.when(pl.col("question").str.starts_with("अ"))
        .then(pl.format("0{}", "group"))
        .otherwise("group")
        .alias("group")
    )
    joined = pl.DataFrame(
        {"row": range(400, 800), "cluster": range(400)}, schema={"row": pl.UInt32, "cluster": pl.UInt32}
    )
    second = placed(grown, clusters=joined, previous=previous)
    assert second[:400]["split"].to_list() == first["split"].to_list()
    assert second[400:]["split"].to_list() == first["split"].to_list()


def test_where_two_placed_groups_merge_the_larger_one_stays() -> None:
    """Only one of the two moves, and every other row keeps its split."""
    batch = records([f"प्रश्न {n} काय?" for n in range(400)])
    first = placed(batch)
    a = first.filter(pl.col("split") == "train")["row"][0]
    b = first.filter(pl.col("split") == "test")["row"][0]
    c = first.filter(pl.col("split") == "train")["row"][1]
    merge = pl.DataFrame({"row": [b, c], "cluster": [a, a]}, schema={"row": pl.UInt32, "cluster": pl.UInt32})
    second = placed(batch, clusters=merge, previous=first.select("id", "split"))
    moved = first.filter(first["split"] != second["split"])
    assert moved["row"].to_list() == [b]
    assert second["split"][b] == "train"


def test_another_seed_places_anew() -> None:
    """The seed is part of the placement."""
    batch = records([f"प्रश्न {n} काय?" for n in range(500)])
    assert placed(batch)["split"].to_list() != placed(batch, Split(seed="२"))["split"].to_list()


def test_no_rows_give_no_verdicts() -> None:
    """An empty corpus is no error."""
    empty = records([])
    assert SPLIT.apply(MemoryCorpus(empty, SPLIT)).height == 0


def test_shares_that_are_no_hundred_are_refused() -> None:
    """The message holds the sum."""
    with pytest.raises(ValueError, match=r"50 \+ 5 \+ 5 = 60, expected 100"):
        Split(train=50)


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.text("रायगड १\x1f", max_size=4))] * 3), min_size=1, max_size=4))
def test_the_key_is_of_question_turns_and_passage(rows: list[tuple[str | None, str | None, str | None]]) -> None:
    """The hash of the three with a separator: null turns and passage are empty, a question without key is None."""
    columns = dict(zip(("question_key", "history", "context"), map(list, zip(*rows, strict=True)), strict=True))
    keys = Split().keys(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))
    expected = [f"{key}\x1f{history or ''}\x1f{context or ''}" for key, history, context in rows]
    assert keys.schema == {"split.question": pl.UInt64}
    assert keys["split.question"].to_list() == [xxhash.xxh3_64_intdigest(text.encode()) for text in expected]
