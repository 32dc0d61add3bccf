"""The corpus on disk: whatever its parts and bins, stages see what they see of a corpus in memory."""

import os
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest

from datakit.pipeline import bins, corpus, packed_keys
from datakit.pipeline.corpus import DiskCorpus
from datakit.pipeline.parts import write_part
from datakit.pipeline.rows import process
from datakit.pipeline.workers import Workers
from datakit.recipe import Recipe, load
from datakit.record import frame
from datakit.stage import Corpus
from tests.rows import numbered_rows

ROWS = 120


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load("marathi-history")


@pytest.fixture
def disk(tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> DiskCorpus:
    """Rows in parts of 17, hashes in bins of 10 rows, keys never all in memory."""
    monkeypatch.setattr(corpus, "_KEPT_KEYS", 0)
    monkeypatch.setattr(corpus, "_BIN_ROWS", 10)
    monkeypatch.setattr(bins, "_HELD_BYTES", 300)
    monkeypatch.setattr(packed_keys, "_FILE_ROWS", 40)
    rows: list[dict[str, Any]] = [*numbered_rows(ROWS - 1), {"question": "", "answer": "मोकळा"}]
    batch = frame({"source_id": "s", "file": "f", "locator": f"line {n}", **row} for n, row in enumerate(rows))
    parts = [
        write_part(tmp_path / "work", number, process(batch[at : at + 17], recipe))
        for number, at in enumerate(range(0, ROWS, 17))
    ]
    return DiskCorpus(parts, spill=tmp_path)


@pytest.mark.parametrize("column", ["conflicts.meets", "near_dedup.left3", "exact_dedup.low", "holdout.near"])
def test_equal_hashes_stand_in_one_frame(disk: DiskCorpus, column: str) -> None:
    """All hashes of all live rows come, each once, and no hash comes in two frames."""
    frames = list(disk.hashes(column))
    assert len(frames) > 5
    whole = pl.concat(frames)
    keys = disk.keys(column)
    if isinstance(keys.schema[column], pl.List):
        keys = keys.filter(pl.col(column).list.len() > 0).explode(column)
    assert whole.sort("row", column).equals(keys.drop_nulls(column).sort("row", column))
    places = Counter(value for frame in frames for value in frame[column].unique())
    assert max(places.values()) == 1


def test_rows_that_were_rejected_meanwhile_leave_no_hash(disk: DiskCorpus) -> None:
    """A stage sees the hashes of the rows that stages before it kept."""

    class RejectSome:
        name: ClassVar[str] = "some"
        reasons: ClassVar[tuple[str, ...]] = ("gone",)
        writes: ClassVar[tuple[str, ...]] = ()

        def keys(self, batch: pl.DataFrame) -> pl.DataFrame:
            return batch.select([])

        def apply(self, corpus: Corpus) -> pl.DataFrame:  # noqa: ARG002 - the protocol hands it over
            return pl.DataFrame({"row": [3, 50], "reject_reason": ["gone", "gone"]})

    disk.judge(RejectSome())
    rows = pl.concat(list(disk.hashes("exact_dedup.low")))["row"]
    assert set(rows) == set(range(ROWS - 1)) - {3, 50}


def texts_alone(_: object, texts: pl.DataFrame) -> pl.DataFrame:
    return texts


def numbered(job: int, texts: pl.DataFrame) -> tuple[int, int, int]:
    return job, texts.height, os.getpid()


def test_fetching_many_lists_is_fetching_each(disk: DiskCorpus) -> None:
    """Lists in any order, with rows in several of them, with none, and with rejected rows: each as `fetch` gives it."""
    lists = [[5, 100, 18], [], [118, 119], [5, 6, 7, 100], list(range(0, ROWS, 7))]
    rows = [pl.Series(one, dtype=pl.UInt32) for one in lists]
    found = list(disk.each(texts_alone, [(one, None) for one in rows], "question", "id"))
    assert len(found) == len(lists)
    for one, frame_ in zip(rows, found, strict=True):
        assert frame_.equals(disk.fetch(one, "question", "id"))
        assert frame_["row"].to_list() == sorted(set(one.to_list()))
    alone = disk.each(texts_alone, [(rows[0], None)], "question", "id")
    assert [frame_.equals(found[0]) for frame_ in alone] == [True]
    assert list(disk.each(texts_alone, [], "question")) == []


def test_jobs_go_to_processes_in_order_each_with_its_texts(disk: DiskCorpus, recipe: Recipe) -> None:
    """Where there are processes, each job is done in one of them, and results come in the order of the jobs."""
    jobs = [(pl.Series(range(n + 1), dtype=pl.UInt32), n) for n in range(20)]
    with Workers(recipe, 2) as crew:
        there = DiskCorpus([part for _, part in disk.parts()], crew=crew)
        found = list(there.each(numbered, jobs, "question"))
    assert [(job, height) for job, height, _ in found] == [(n, n + 1) for n in range(20)]
    assert os.getpid() not in {process for _, _, process in found}


def test_parts_are_read_once_for_all_lists(disk: DiskCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is read once, not once a list: else a corpus of n rows costs n² reads."""
    reads: Counter[str] = Counter()
    read = pl.read_parquet

    def counted(source: Path, **options: object) -> pl.DataFrame:
        reads[str(source)] += 1
        return read(source, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pl, "read_parquet", counted)
    lists = [pl.Series(range(start, ROWS, 20), dtype=pl.UInt32) for start in range(20)]
    assert sum(found.height for found in disk.each(texts_alone, [(one, None) for one in lists], "question")) == ROWS
    assert set(reads.values()) == {1}


def test_nothing_is_left_in_the_spill(disk: DiskCorpus, tmp_path: Path) -> None:
    """Files are gone when the last frame was taken, and when a reader stops early."""
    there = sorted(tmp_path.rglob("*"))
    for _ in disk.hashes("exact_dedup.low"):
        break
    jobs = [(pl.Series([row], dtype=pl.UInt32), None) for row in (1, 90)]
    for _ in disk.each(texts_alone, jobs, "answer"):
        break
    list(disk.each(texts_alone, jobs, "answer"))
    assert sorted(tmp_path.rglob("*")) == there


def test_keys_of_many_parts_lie_in_few_files(disk: DiskCorpus, tmp_path: Path) -> None:
    """Keys are packed, two parts of 17 rows to a file of 40 here, with every column, row and row number."""
    files = sorted(tmp_path.glob("keys-*/*"))
    assert [pl.read_parquet(file).height for file in files] == [34, 34, 34, 17]
    parts = [pl.read_parquet(part.keys).with_columns(pl.col("row") + start) for start, part in disk.parts()]
    assert pl.concat([pl.read_parquet(file) for file in files]).equals(pl.concat(parts), null_equal=True)


def test_a_column_is_read_once_a_file(disk: DiskCorpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a column opens the packed files and no part: seven parts are four files here."""
    opened: list[str] = []
    read = pl.read_parquet

    def counted(path: Path, **options: Any) -> pl.DataFrame:
        opened.append(Path(path).name)
        return read(path, **options)

    monkeypatch.setattr(pl, "read_parquet", counted)
    assert disk.keys("split.question").height == ROWS - 1
    assert opened == [f"{number:06d}.keys.parquet" for number in range(4)]


@pytest.mark.parametrize("stage", ["exact_dedup", "near_dedup", "conflicts", "split", "holdout"])
def test_bins_change_no_verdict(tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """Every stage says the same of a corpus whose keys are all in memory and of one in bins and slices."""
    slips: list[dict[str, Any]] = [{**row, "answer": f"{row['answer']} साली"} for row in numbered_rows(40)]
    slips += [
        {"question": f"{row['question']}".replace("घटना", "घटनां"), "answer": "इ. स. १"} for row in numbered_rows(40)
    ]
    rows: list[dict[str, Any]] = [*numbered_rows(60), *slips, *numbered_rows(20)]
    batch = frame({"source_id": f"s{n % 3}", "file": "f", "locator": f"line {n}", **row} for n, row in enumerate(rows))
    parts = [
        write_part(tmp_path / "work", number, process(batch[at : at + 23], recipe))
        for number, at in enumerate(range(0, batch.height, 23))
    ]
    told = []
    for kept, bin_rows in ((10_000, 10_000), (0, 7)):
        monkeypatch.setattr(corpus, "_KEPT_KEYS", kept)
        monkeypatch.setattr(corpus, "_BIN_ROWS", bin_rows)
        monkeypatch.setattr("datakit.stages.holdout._SLICE", 5)
        made = DiskCorpus(parts, spill=tmp_path)
        for one in recipe.corpus_stages:
            made.judge(one)
            if one.name == stage:
                break
        told.append((made.rejections(), made.clusters(), made.written("split")))
    assert all(one.equals(two) for one, two in zip(*told, strict=True))
    if stage in ("exact_dedup", "conflicts"):
        assert told[0][0].height > 0
