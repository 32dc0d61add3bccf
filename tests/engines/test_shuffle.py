"""The shuffle without a cluster: its tasks, run here in any partition, find what the stage finds."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from datakit.engines.shuffle import DEAD, Piece, blocks_of, decide, pairs_in, texts_of
from datakit.matching.blocks import block_columns
from datakit.matching.candidates import merge, pairs_of
from datakit.matching.near_slice import Slice
from datakit.matching.ranking import positions
from datakit.pipeline.corpus import DiskCorpus
from datakit.pipeline.parts import write_part
from datakit.pipeline.rows import process
from datakit.recipe import Recipe, parse
from datakit.record import complete
from datakit.stages.near_dedup import NearDedup
from tests.engines.rows import copied_rows

STAGE = "near_dedup"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return parse('name = "shuffle"\n[[stage]]\nuse = "chat"\n[[stage]]\nuse = "near_dedup"\n[[stage]]\nuse = "split"')


@pytest.fixture(scope="module")
def corpus(recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> DiskCorpus:
    """600 rows in 9 parts; a third are copies with a slip, in other parts than what they were copied from."""
    folder: Path = tmp_path_factory.mktemp("parts")
    batch = complete(pl.DataFrame(copied_rows(400, copies=200)))
    return DiskCorpus(
        [write_part(folder, n, process(batch.slice(start, 70), recipe)) for n, start in enumerate(range(0, 600, 70))]
    )


def pieces(corpus: DiskCorpus) -> list[Piece]:
    return [Piece(start=start, part=part) for start, part in corpus.parts()]


def ranks(corpus: DiskCorpus) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
    live, rank, _ = positions(corpus, STAGE)
    found = np.full(corpus.height, DEAD, dtype=np.uint32)
    found[live] = rank
    return found


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("groups", [1, 4])
def test_the_pairs_of_all_partitions_are_the_pairs_of_the_whole(corpus: DiskCorpus, count: int, groups: int) -> None:
    """However many partitions the hashes go to, and however the parts are grouped, the candidate pairs are the same."""
    live, rank, _ = positions(corpus, STAGE)
    whole = merge(pairs_of(corpus.keys(column), live, rank) for column in block_columns(STAGE))
    of_row = ranks(corpus)
    every = pieces(corpus)
    sent = []
    for first in range(groups):
        group = every[first::groups]
        of_part = [of_row[piece.start : piece.start + piece.part.height] for piece in group]
        out = blocks_of(STAGE, group, of_part, count)
        sent.append(out if isinstance(out, list) else [out])
    found = merge(pairs_in(*(entries[number] for entries in sent)) for number in range(count))
    assert len(whole[0]) >= 200
    assert [array.tolist() for array in found] == [array.tolist() for array in whole]


def test_equal_hashes_meet_in_one_partition_only(corpus: DiskCorpus) -> None:
    """No hash lies in two partitions, and each partition gets a fair share: none more than twice the mean."""
    of_row = ranks(corpus)
    every = pieces(corpus)
    out = blocks_of(STAGE, every, [of_row[p.start : p.start + p.part.height] for p in every], 4)
    assert isinstance(out, list)
    sizes = [sum(len(hashes) for hashes, _ in entries.values()) for entries in out]
    assert max(sizes) <= 2 * sum(sizes) / 4
    for column in block_columns(STAGE):
        values = [set(entries[column][0].tolist()) for entries in out if column in entries]
        assert sum(map(len, values)) == len(set().union(*values)), column


def test_rows_that_an_earlier_stage_rejected_are_in_no_block(corpus: DiskCorpus) -> None:
    """A row without a rank sends no hash, whatever its keys."""
    of_row = ranks(corpus)
    dead = np.full_like(of_row, DEAD)
    every = pieces(corpus)
    assert blocks_of(STAGE, every, [dead[p.start : p.start + p.part.height] for p in every], 1) == {}
    assert pairs_in({}, {}).tolist() == []
    assert pairs_in().tolist() == []


def test_texts_come_with_their_context_in_the_slice_they_belong_to(corpus: DiskCorpus) -> None:
    """Each wanted row comes once, in its own slice, with its own texts; other rows do not come."""
    rows = np.array([3, 69, 70, 139, 599], dtype=np.uint32)
    numbers = np.array([0, 1, 0, 2, 1])
    split = texts_of(STAGE, pieces(corpus), rows, numbers, 4)
    assert isinstance(split, list)
    assert [frame["row"].to_list() for frame in split] == [[3, 70], [69, 599], [139], []]
    wanted = corpus.fetch(pl.Series("row", rows), "question", "answer")
    assert pl.concat(split).sort("row").select("row", "question", "answer").equals(wanted)
    contexts = corpus.keys(f"{STAGE}.context").filter(pl.col("row").is_in(rows.tolist()))
    assert pl.concat(split).sort("row")["context"].to_list() == contexts[f"{STAGE}.context"].to_list()


def test_a_slice_decides_as_the_stage_does(corpus: DiskCorpus) -> None:
    """One slice of all pairs gives the verdicts of the stage: the same rows join the same rows with the same score."""
    stage = NearDedup()
    live, rank, tier = positions(corpus, STAGE)
    better, worse = merge(pairs_of(corpus.keys(column), live, rank) for column in block_columns(STAGE))
    row_of = np.empty(len(live), dtype=np.uint32)
    row_of[rank] = live
    texts = texts_of(STAGE, pieces(corpus), live, np.zeros(len(live), dtype=np.int64), 1)
    assert isinstance(texts, pl.DataFrame)
    whole = Slice(better=better, worse=worse, rows=row_of, tier=tier)
    found = {(row, kept.row, kept.score) for row, kept in decide(whole, stage.min_percent, texts).items()}
    verdicts = stage.apply(corpus).filter(pl.col("reject_reason").is_not_null())
    assert len(found) >= 150
    assert {(row, kept) for row, kept, _ in found} == set(verdicts.select("row", "of").iter_rows())
    assert sorted(np.float32(score) for *_, score in found) == sorted(verdicts["score"].to_list())
