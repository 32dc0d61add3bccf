"""`trainer eval`: base against adapter, row by row, beside the run and never in it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.errors import IntegrityError, UsageError
from datakit.lineage import check_files, find_version
from trainer.evaluate import evaluate


@pytest.fixture
def done(fake_run: Callable[..., Any]) -> Any:
    return fake_run("max_steps=30", "learning_rate=0.05", "evaluations=1")


def test_losses_of_base_and_adapter_are_those_of_the_run(done: Any) -> None:
    """The base's loss is the one measured before training, the adapter's the best one: the same rows, the same sums."""
    found = evaluate(done.path, questions=2, max_new_tokens=3)
    counts = done.manifest.counts
    assert found.summary["all"]["base"]["loss"] == pytest.approx(counts["validation_loss_before"], abs=1e-4)
    assert found.summary["all"]["adapter"]["loss"] == pytest.approx(counts["validation_loss"], abs=1e-4)
    assert found.summary["all"]["adapter"]["loss"] < found.summary["all"]["base"]["loss"]
    assert found.summary["all"]["rows"] == done.manifest.identity["rows"]["validation"]["rows"]


def test_the_losses_are_keyed_by_row_and_lie_outside_the_run(done: Any, curated: Path) -> None:
    """losses.parquet has each row of the split once, and the run's folder is as it was."""
    found = evaluate(done.path, split="test", questions=2, max_new_tokens=3)
    assert found.folder == done.path.with_name(f"{done.path.name}-eval") / "test"
    frame = pl.read_parquet(found.folder / "losses.parquet")
    version = pl.read_parquet(find_version("latest", curated=curated) / "test.parquet")
    assert set(frame["row_id"]) == set(version["id"])
    assert frame["row_id"].is_unique().all()
    total = frame["loss"].sum() / frame["answer_tokens"].sum()
    assert found.summary["all"]["adapter"]["loss"] == pytest.approx(total, abs=1e-4)
    assert check_files(done.path, done.manifest) == []
    answers = [json.loads(line) for line in (found.folder / "answers.jsonl").read_text().splitlines()]
    assert len(answers) == found.summary["answered"] == 2
    assert {"row_id", "question", "reference", "base", "adapter"} == set(answers[0])
    assert json.loads((found.folder / "eval.json").read_text()) == found.summary


def test_the_parts_add_up(done: Any) -> None:
    """Rows by question type and by source are all rows, each once."""
    summary = evaluate(done.path, questions=2, max_new_tokens=3).summary
    for by in ("by_question_type", "by_source"):
        assert sum(line["rows"] for line in summary[by]) == summary["rows"]
    assert {line["name"] for line in summary["by_question_type"]} == {"when"}


def test_the_page_holds_the_answers(done: Any) -> None:
    """eval.html shows base and adapter side by side and asks nobody for anything."""
    found = evaluate(done.path, questions=2, max_new_tokens=3)
    page = (found.folder / "eval.html").read_text(encoding="utf-8")
    assert page.count('<article class="sample">') == 2
    assert "<script" not in page
    assert "http" not in page.replace("Content-Security", "").replace("http-equiv", "")


def test_another_version_or_base_is_refused(done: Any, version: Path, tiny: Any) -> None:
    """What a run was trained with must be what it is measured with."""
    with pytest.raises(IntegrityError, match=r"trained with the dataset version \w{64}, found \w{64}"):
        evaluate(done.path, version=str(version))
    with pytest.raises(IntegrityError, match="trained with the base model"):
        evaluate(done.path, base=str(tiny.path))


def test_a_changed_run_and_the_train_split_are_refused(done: Any, tmp_path: Path) -> None:
    """A run is checked before it is measured; the train split would flatter it."""
    with pytest.raises(UsageError, match="--split train: expected validation or test"):
        evaluate(done.path, split="train")
    copy = tmp_path / "copy"
    shutil.copytree(done.path, copy)
    (copy / "rows.parquet").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"rows\.parquet: 0 bytes"):
        evaluate(copy)
