"""The end of a run: every row accounted for, the counts those of the files, the tokenizer that a server reads."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datakit.lineage import content_root, find_version
from trainer.finish import NOT_REACHED, NOT_SCORED, save_tokenizer
from trainer.metrics import read_metrics
from trainer.preset import load_config


def rows_of(done: Any) -> pl.DataFrame:
    return pl.read_parquet(done.path / "rows.parquet")


def ids_of(curated: Path, split: str) -> set[str]:
    return set(pl.read_parquet(find_version("latest", curated=curated) / f"{split}.parquet")["id"])


def test_every_row_of_both_splits_is_accounted_for(fake_run: Callable[..., Any], curated: Path) -> None:
    """Each row stands in rows.parquet once: used, or with the reason why not and its length where it was cut."""
    done = fake_run("max_steps=2", "batch=4", "max_tokens=60", "evaluations=1")
    rows, counts = rows_of(done), done.manifest.counts
    for split in ("train", "validation"):
        mine = rows.filter(pl.col("split") == split)
        assert mine["row_id"].is_unique().all()
        assert set(mine["row_id"]) == ids_of(curated, split)
        assert counts["rows"][split] == mine.height
        assert counts["used"][split] == mine["used"].sum() == done.manifest.identity["rows"][split]["rows"]
        used = mine.filter(pl.col("used"))
        assert content_root(used["row_id"]) == done.manifest.identity["rows"][split]["root"]
    assert counts["used"]["train"] == counts["seen"] == 8, "two steps of four rows"
    assert rows.filter(pl.col("used") != pl.col("reason").is_null()).height == 0
    assert Counter(rows["reason"].drop_nulls()) == counts["left_out"]
    assert set(counts["left_out"]) == {"over_long", NOT_REACHED}
    assert rows.filter(pl.col("reason") == "over_long")["tokens"].min() > 60  # type: ignore[operator]
    assert rows.filter(pl.col("reason") != "over_long")["tokens"].max() <= 60  # type: ignore[operator]
    assert rows.filter(pl.col("answer_tokens") >= pl.col("tokens")).height == 0


def test_rows_that_nobody_scores_are_called_so(fake_run: Callable[..., Any], curated: Path) -> None:
    """Without evaluations no validation row is used, and the run has no validation loss to show."""
    done = fake_run("max_steps=2", "evaluations=0", "patience=0")
    validation = rows_of(done).filter(pl.col("split") == "validation")
    assert set(validation["reason"]) == {NOT_SCORED}
    assert not validation["used"].any()
    counts = done.manifest.counts
    assert counts["left_out"][NOT_SCORED] == len(ids_of(curated, "validation"))
    assert (counts["validation_loss"], counts["validation_loss_before"]) == (None, None)
    assert counts["best_step"] == counts["steps"] == 2, "the last adapter is the one that is kept"
    assert done.manifest.identity["rows"]["validation"] == {"root": content_root([]), "rows": 0}
    assert "validation loss" not in (done.path / "report.html").read_text("utf-8")


def test_the_counts_are_those_of_the_metrics(fake_run: Callable[..., Any]) -> None:
    """Steps, tokens and losses of the manifest are those that were written down on the way."""
    done = fake_run("max_steps=7", "evaluations=3", "learning_rate=0.02")
    lines, counts = read_metrics(done.path), done.manifest.counts
    steps = [line for line in lines if "loss" in line]
    assert (counts["steps"], counts["planned_steps"], counts["stopped_early"]) == (7, 7, False)
    assert counts["tokens"] == sum(line["tokens"] for line in steps)
    scored = {line["step"]: line["validation_loss"] for line in lines if line.get("event") == "evaluation"}
    assert set(scored) == {0, 2, 5, 7}
    assert counts["validation_loss_before"] == scored[0]
    assert counts["validation_loss"] == min(scored[step] for step in (2, 5, 7)) == scored[counts["best_step"]]
    assert sum(line["rows"] for line in steps) == 7 * 8


def test_more_epochs_see_every_row(fake_run: Callable[..., Any], curated: Path) -> None:
    """From `epochs` the steps follow, all rows are reached, and none is left out for want of steps."""
    done = fake_run("max_steps=0", "epochs=2", "batch=8", "evaluations=1")
    train = len(ids_of(curated, "train"))
    counts = done.manifest.counts
    assert counts["steps"] == -(-2 * train // 8)
    assert (counts["seen"], counts["used"]["train"], counts["left_out"]) == (train, train, {})


def test_the_settings_in_the_folder_are_those_of_the_run(fake_run: Callable[..., Any]) -> None:
    """config.toml is the configuration, provenance.json the plan; the report names each setting."""
    done = fake_run("learning_rate=0.0123", "batch=2x4", "seed=11")
    config = load_config(str(done.path / "config.toml"))
    assert (config.learning_rate, config.batch, config.seed, config.engine) == (0.0123, "2x4", 11, "fake")
    assert (
        config.identity()
        == load_config(
            "smoke", sets=["engine=fake", "max_steps=6", "learning_rate=0.0123", "batch=2x4", "seed=11"]
        ).identity()
    )
    notes = json.loads((done.path / "provenance.json").read_text("utf-8"))
    assert notes["plan"]["engine"] == "fake"
    assert notes["plan"]["token_budget"] > 0
    assert notes["base_path"] == "base"
    assert notes["started"] <= notes["finished"]
    assert "engine fake: asked for" in notes["plan"]["reasons"]
    assert "0.0123" in (done.path / "report.html").read_text("utf-8")


def test_a_random_base_goes_along_and_is_the_one_that_was_trained(fake_run: Callable[..., Any]) -> None:
    """It lies nowhere else: the folder holds it whole, and its weights hash to the base of the identity."""
    from datakit.lineage import sha256_file

    done = fake_run()
    weights = done.path / "base" / "model.safetensors"
    assert content_root([sha256_file(weights)]) == done.manifest.identity["base"]["sha256"]
    assert {"base/config.json", "base/tokenizer.json", "base/model.safetensors"} <= set(done.manifest.files)


def test_nothing_of_the_work_is_left_in_the_folder(fake_run: Callable[..., Any]) -> None:
    """A finished run holds no checkpoint, no lock, no half-written answers."""
    done = fake_run(save_every=1)
    names = {path.name for path in done.path.rglob("*")}
    assert not names & {"checkpoints", ".lock", "begun.json", "before.json", ".before.json"}
    assert not [name for name in names if name.startswith(".")]


def test_the_tokenizer_ends_where_the_template_does(tmp_path: Path) -> None:
    """A tokenizer with another end of text is saved with the template's; the one in use stays as it was."""
    from transformers import AutoTokenizer

    from tests.trainer.test_template import CONTROL, tokenizer_with
    from trainer.template import load_template

    tokenizer = tokenizer_with([*CONTROL["chatml"], "</s>"])
    tokenizer.chat_template = "{{ 'another' }}"
    assert tokenizer.eos_token == "</s>"
    template = load_template("chatml", tokenizer)
    save_tokenizer(tmp_path, template)
    saved = AutoTokenizer.from_pretrained(tmp_path)
    assert saved.eos_token == "<|im_end|>"
    assert saved.chat_template == template.source
    turns = [{"role": "user", "content": "रायगड?"}]
    asked = str(saved.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    assert asked.endswith("<|im_start|>assistant\n")
    assert tokenizer.eos_token == "</s>"
    assert tokenizer.chat_template == "{{ 'another' }}"
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    assert "chat_template" not in settings


@pytest.mark.parametrize("text", ["शिवाजी महाराज १६७४", "a  b\n\nc", "<|im_end|>", "क्\u200dष"])
def test_the_saved_tokenizer_cuts_as_the_one_that_was_used(text: str, chatml: Any, tmp_path: Path) -> None:
    """What was learnt token by token is asked for by the same tokens."""
    from transformers import AutoTokenizer

    save_tokenizer(tmp_path, chatml)
    saved = AutoTokenizer.from_pretrained(tmp_path)
    assert (
        saved(text, add_special_tokens=False)["input_ids"]
        == (chatml.tokenizer(text, add_special_tokens=False)["input_ids"])
    )
