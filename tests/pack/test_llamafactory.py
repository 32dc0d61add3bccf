"""The folder for LLaMA-Factory, read by the rules of its loader."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from datakit.errors import UsageError
from datakit.pack import load_template, pack
from tests.pack.loader_rules import load

SPLITS = ("train", "validation", "test")


@pytest.fixture
def packed(odd: Path, tmp_path: Path) -> Path:
    """The folder."""
    done = pack(odd, tmp_path / "lf", form="llamafactory")
    assert done.rejected == 0
    return done.folder


@pytest.mark.parametrize("suffix", ["", "_alpaca"])
def test_the_loader_sees_the_conversations_of_the_version(
    packed: Path, rows: dict[str, pl.DataFrame], suffix: str
) -> None:
    """In both formats each line becomes the messages of its row: system, earlier turns, passage and answer included."""
    for split in SPLITS:
        expected = []
        for messages in rows[split]["messages"]:
            turns = [(turn["role"], turn["content"]) for turn in messages]
            assert turns[0][0] == "system"
            expected.append((turns[0][1], turns[1:-1], turns[-1][1]))
        assert load(packed, f"itihas_{split}{suffix}") == expected


def test_there_are_conversations_of_several_turns(rows: dict[str, pl.DataFrame]) -> None:
    """The version that the test above packs has a row with earlier turns and rows with a passage."""
    lengths = {len(messages) for split in SPLITS for messages in rows[split]["messages"]}
    assert max(lengths) >= 5
    assert any(rows[split]["context"].is_not_null().any() for split in SPLITS)


def test_every_dataset_and_every_column_is_named(packed: Path) -> None:
    """Six datasets, each with a file that is there; an absent column would be read as none, so all are named."""
    info = json.loads((packed / "dataset_info.json").read_text(encoding="ascii"))
    assert set(info) == {f"itihas_{split}{suffix}" for split in SPLITS for suffix in ("", "_alpaca")}
    for name, entry in info.items():
        assert (packed / entry["file_name"]).is_file()
        alpaca = name.endswith("_alpaca")
        wanted = {"prompt", "query", "response", "system", "history"} if alpaca else {"messages"}
        assert set(entry["columns"]) == wanted


def test_rows_that_the_loader_would_skip_are_rejected_with_their_reason(odd: Path, tmp_path: Path) -> None:
    """A conversation that begins with the assistant, or ends with the user, is told instead of lost in a log."""
    broken = tmp_path / "version"
    shutil.copytree(odd, broken)
    train = broken / "train.parquet"
    train.chmod(0o644)
    frame = pl.read_parquet(train)
    swapped = [list(messages) for messages in frame["messages"]]
    swapped[0] = [swapped[0][0], swapped[0][-1], swapped[0][1]]
    swapped[1] = swapped[1][:-1]
    swapped[2] = []
    frame.with_columns(pl.Series("messages", swapped, dtype=frame.schema["messages"])).write_parquet(train)
    done = pack(broken, tmp_path / "lf", form="llamafactory")
    assert done.rejected == 3
    assert done.rows["train"] == frame.height - 3
    told = [json.loads(line) for line in (done.folder / "rejected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["reject_reason"]) for row in told] == [
        (name, "turns_out_of_order") for name in frame["id"][:3]
    ]
    assert [row["reject_detail"] for row in told] == [
        "turn 1 is of assistant, expected user",
        "1 turns, expected pairs of user and assistant",
        "0 turns, expected pairs of user and assistant",
    ]
    assert None not in load(done.folder, "itihas_train")
    assert len(load(done.folder, "itihas_train_alpaca")) == frame.height - 3


def test_a_template_is_refused(odd: Path, tmp_path: Path) -> None:
    """LLaMA-Factory has its own templates: giving one is a misunderstanding, and nothing is written."""
    with pytest.raises(UsageError, match="--as llamafactory with --template: whoever reads it brings a template"):
        pack(odd, tmp_path / "lf", form="llamafactory", template=load_template("chatml"))
    assert not (tmp_path / "lf").exists()
