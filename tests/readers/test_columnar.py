"""Parquet, Arrow and Hugging Face folders."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def table() -> pl.DataFrame:
    """Ten thousand rows, with columns of other types beside the pair."""
    count = range(10_000)
    return pl.DataFrame(
        {
            "प्रश्न": [f"प्रश्न {n}?" for n in count],
            "उत्तर": [f"उत्तर {n}" for n in count],
            "score": [n / 2 for n in count],
            "picture": [b"\x00"] * len(count),
        }
    )


def check(found: list[dict[str, Any]]) -> None:
    assert len(found) == 10_000
    for n in (0, 4095, 4096, 9_999):
        assert (found[n]["locator"], found[n]["answer"]) == (f"row {n + 1}", f"उत्तर {n}")
    assert found[3]["meta"] == '{"score":"1.5"}'


def test_parquet(rows: Read, raw: Path, table: pl.DataFrame) -> None:
    """Every row of every row group is read once, in order, and binary columns are left out."""
    table.write_parquet(raw / "a.parquet", row_group_size=700)
    check(rows("a.parquet"))


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_arrow_file(rows: Read, raw: Path, table: pl.DataFrame, compression: Any) -> None:
    """The IPC file format (Feather 2) is read batch by batch."""
    table.write_ipc(raw / "a.arrow", compression=compression, record_batch_size=999)
    check(rows("a.arrow"))


def test_arrow_stream(rows: Read, raw: Path, table: pl.DataFrame) -> None:
    """The IPC stream format, without footer and magic, is read too."""
    table.write_ipc_stream(raw / "a.arrow")
    check(rows("a.arrow"))


def test_arrow_written_by_the_reference_library(rows: Read, raw: Path) -> None:
    """Dictionaries that pyarrow sends ahead of its batches are applied."""
    names = pa.array(["क?", "ख?", "क?"]).dictionary_encode()
    batch = pa.record_batch({"question": names, "answer": pa.array(["१", "२", "३"])})
    with pa.OSFile(str(raw / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch)
    assert [row["question"] for row in rows("a.arrow")] == ["क?", "ख?", "क?"] * 2


def test_structs_and_lists_keep_their_shape(rows: Read, raw: Path) -> None:
    """Conversations in a Parquet column are conversations."""
    turns = [[{"from": "human", "value": "क?"}, {"from": "gpt", "value": "ख"}]]
    pl.DataFrame({"conversations": turns}).write_parquet(raw / "a.parquet")
    (row,) = rows("a.parquet")
    assert (row["question"], row["answer"]) == ("क?", "ख")


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_a_damaged_file(rows: Read, raw: Path, table: pl.DataFrame, name: str) -> None:
    """A file cut in half keeps what was whole before the cut, and one reject says that it was cut."""
    (table.write_parquet if name.endswith("parquet") else table.write_ipc_stream)(raw / name)
    data = (raw / name).read_bytes()
    found = rows(name, data[: len(data) // 2])
    assert found[-1]["reject_reason"] in ("truncated_file", "unreadable_file")
    assert "again" in found[-1]["reject_detail"]
    assert not any(row["reject_reason"] for row in found[:-1])


@pytest.mark.parametrize(
    "content",
    [
        b"ARROW1\x00\x00" + b"\xff" * 64,
        b"\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"text, no arrow",
        b"\xff\xff\xff\xff\x10\x00\x00\x00" + b"\x99" * 16,
    ],
)
def test_what_is_no_arrow(rows: Read, content: bytes) -> None:
    """Bytes that only begin like Arrow are one reject, never a crash or a huge allocation."""
    (row,) = rows("a.arrow", content)
    assert row["reject_reason"] == "unreadable_file"
    assert "Arrow" in row["reject_detail"]


def test_no_rows(rows: Read, raw: Path, table: pl.DataFrame) -> None:
    """A table of no rows says so."""
    table.clear().write_parquet(raw / "a.parquet")
    assert [row["reject_reason"] for row in rows("a.parquet")] == ["empty_file"]


def test_parquet_inside_an_archive(rows: Read, raw: Path, table: pl.DataFrame) -> None:
    """A member that must be read from disk is unpacked for the time of its reading."""
    buffer = io.BytesIO()
    table.head(3).write_parquet(buffer)
    with zipfile.ZipFile(raw / "a.zip", "w") as archive:
        archive.writestr("b.parquet", buffer.getvalue())
    assert [row["file"] for row in rows("a.zip")] == ["a.zip/b.parquet"] * 3


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_saved_dataset(rows: Read, raw: Path) -> None:
    """What `save_to_disk` wrote is one input: all splits, all shards, each row with its shard and place."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    train = datasets.Dataset.from_dict(
        {"question": [f"{n}?" for n in range(2500)], "answer": [str(n) for n in range(2500)]}
    )
    datasets.DatasetDict({"train": train, "test": train.select(range(3))}).save_to_disk(
        str(raw / "संच"), num_shards={"train": 2, "test": 1}
    )
    found = rows("संच")
    assert len(found) == 2503
    assert (found[0]["file"], found[0]["locator"]) == ("संच/train/data-00000-of-00002.arrow", "row 1")
    assert (found[2499]["file"], found[2499]["answer"]) == ("संच/train/data-00001-of-00002.arrow", "2499")
    assert found[-1]["file"] == "संच/test/data-00000-of-00001.arrow"


def saved(folder: Path, shard: str) -> None:
    folder.mkdir()
    (folder / "dataset_info.json").write_text("{}")
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": shard}]}))


@pytest.mark.parametrize(("shard", "reason"), [("data.arrow", "truncated_file"), ("../other.arrow", "unsafe_path")])
def test_a_saved_dataset_without_its_shard(rows: Read, raw: Path, shard: str, reason: str) -> None:
    """A shard that is missing, or that lies outside the folder, is rejected by name."""
    saved(raw / "ds", shard)
    (row,) = rows("ds")
    assert row["reject_reason"] == reason
    assert shard in row["reject_detail"]


def test_a_saved_dataset_without_state(rows: Read, raw: Path) -> None:
    """A state that names no shards is one reject."""
    saved(raw / "ds", "x")
    (raw / "ds" / "state.json").write_text("no json")
    (row,) = rows("ds")
    assert (row["reject_reason"], row["file"]) == ("unreadable_file", "ds")


def test_a_hub_folder(rows: Read, raw: Path, table: pl.DataFrame) -> None:
    """A dataset card with its header and Parquet below it is one input, its card no data."""
    (raw / "hub" / "data").mkdir(parents=True)
    (raw / "hub" / "README.md").write_text("---\nlicense: mit\n---\n# प्रश्न?\n\nउत्तर\n")
    table.head(2).write_parquet(raw / "hub" / "data" / "train-00000.parquet")
    assert [(row["file"], row["locator"]) for row in rows("hub")] == [
        ("hub/data/train-00000.parquet", "row 1"),
        ("hub/data/train-00000.parquet", "row 2"),
    ]
