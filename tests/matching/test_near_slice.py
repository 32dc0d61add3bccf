"""Slices of near-duplicate candidates: whole components, decided each by itself."""

import numpy as np
import polars as pl
import pytest

from datakit.matching.blocks import block_columns
from datakit.matching.candidates import U32, merge, pairs_of
from datakit.matching.near_slice import Slice, cut, joined
from datakit.matching.ranking import positions
from datakit.matching.star import Kept
from datakit.stage import MemoryCorpus
from datakit.stages.near_dedup import NearDedup
from tests.engines.rows import copied_rows

STAGE = NearDedup()


@pytest.fixture(scope="module")
def corpus() -> MemoryCorpus:
    return MemoryCorpus(pl.DataFrame(copied_rows(200, copies=120)), STAGE)


@pytest.fixture(scope="module")
def candidates(corpus: MemoryCorpus) -> tuple[U32, U32, U32, U32]:
    """Better and worse rank of each pair, row and tier by rank."""
    live, rank, tier = positions(corpus, STAGE.name)
    better, worse = merge(
        pairs_of(hashes, live, rank) for column in block_columns(STAGE.name) for hashes in corpus.hashes(column)
    )
    row_of = np.empty(len(live), dtype=np.uint32)
    row_of[rank] = live
    return better, worse, row_of, tier


def decided(corpus: MemoryCorpus, chosen: Slice) -> dict[int, Kept]:
    texts = corpus.fetch(pl.Series(chosen.rows), "question", "answer")
    return joined(chosen, texts.with_columns(context=pl.lit(None, pl.UInt64)), 90)


def test_every_pair_lies_in_one_slice_with_its_component(candidates: tuple[U32, U32, U32, U32]) -> None:
    """No pair is lost, none comes twice, and no row lies in two slices."""
    better, worse, row_of, tier = candidates
    slices = cut(better, worse, row_of, tier, 10)
    assert len(slices) > 5
    pairs = [
        (int(one.rows[left]), int(one.rows[right]))
        for one in slices
        for left, right in zip(one.better.tolist(), one.worse.tolist(), strict=True)
    ]
    assert sorted(pairs) == sorted(zip(row_of[better].tolist(), row_of[worse].tolist(), strict=True))
    rows = np.concatenate([one.rows for one in slices])
    assert len(rows) == len(set(rows.tolist()))


def test_places_are_in_order_of_rank(candidates: tuple[U32, U32, U32, U32]) -> None:
    """A lower place is a better row, so the better one of a pair has the lower place."""
    better, worse, row_of, tier = candidates
    rank_of = {row: rank for rank, row in enumerate(row_of.tolist())}
    for one in cut(better, worse, row_of, tier, 50):
        ranks = [rank_of[row] for row in one.rows.tolist()]
        assert ranks == sorted(ranks)
        assert bool((one.better < one.worse).all())
        assert one.tier.tolist() == [int(tier[rank]) for rank in ranks]


@pytest.mark.parametrize("rows", [1, 7, 60, 100_000])
def test_the_size_of_slices_decides_nothing(
    corpus: MemoryCorpus, candidates: tuple[U32, U32, U32, U32], rows: int
) -> None:
    """Cut small or large, the same rows join the same rows with the same score."""
    (one,) = cut(*candidates, 1_000_000)
    whole = decided(corpus, one)
    assert len(whole) > 80
    found: dict[int, Kept] = {}
    for one in cut(*candidates, rows):
        found |= decided(corpus, one)
    assert found == whole


def test_texts_may_come_in_any_order(corpus: MemoryCorpus, candidates: tuple[U32, U32, U32, U32]) -> None:
    """Texts go to their rows by number, not by place in the frame."""
    (one,) = cut(*candidates, 1_000_000)
    texts = corpus.fetch(pl.Series(one.rows), "question", "answer").with_columns(context=pl.lit(None, pl.UInt64))
    assert joined(one, texts.reverse(), 90) == joined(one, texts, 90)


PAIR = Slice(
    better=np.array([0], dtype=np.uint32),
    worse=np.array([1], dtype=np.uint32),
    rows=np.array([4, 9], dtype=np.uint32),
    tier=np.zeros(2, dtype=np.uint32),
)


def pair(*, answers: tuple[str, str], contexts: tuple[int | None, int | None] = (None, None)) -> pl.DataFrame:
    texts = {"row": [4, 9], "question": ["गड कसा आहे?"] * 2, "answer": list(answers), "context": list(contexts)}
    return pl.DataFrame(texts, schema_overrides={"row": pl.UInt32, "context": pl.UInt64})


def test_what_matches_less_than_asked_stays() -> None:
    """One plain word in twenty is another: alike by 95 percent, so a copy where 90 are asked for, and none at 96."""
    told = (
        "हा गड उंच डोंगरावर दाट जंगलात वसलेला असून त्याच्या चारही बाजूंना खोल दऱ्या आहेत आणि वर जायला एकच"
        " {} वाट दगडातून कोरून काढली आहे"
    )
    texts = pair(answers=(told.format("अरुंद"), told.format("निसरडी")))
    (kept,) = joined(PAIR, texts, 90).values()
    assert kept.row == 4
    assert 0.9 < kept.score < 0.96
    assert joined(PAIR, texts, 96) == {}


def test_other_contexts_part_equal_texts() -> None:
    """Two rows with the same words and two different contexts stay; a context beside none joins."""

    def with_contexts(*contexts: int | None) -> dict[int, Kept]:
        return joined(PAIR, pair(answers=("फार उंच आहे",) * 2, contexts=contexts), 90)  # type: ignore[arg-type]

    assert with_contexts(1, 2) == {}
    assert with_contexts(1, 1) == with_contexts(None, 3) == with_contexts(None, None) == {9: Kept(4, 1.0)}
