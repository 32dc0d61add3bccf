"""Real weights and another trainer: what ours must agree with."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from datakit.lineage import check_files, read_manifest
from trainer.cli import app
from trainer.metrics import read_metrics
from trainer.preset import load_config


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # TRL's and transformers' own
def test_the_losses_are_those_of_trls_sfttrainer(tiny: Any, examples: Any, tmp_path: Path) -> None:
    """The same rows, order, first adapter and settings: our loop and TRL's SFTTrainer report the same losses."""
    from tests.trainer.test_loop import fitted, prepared
    from trainer.engine import EngineOptions, Lora
    from trainer.engines import hf
    from trainer.engines.trl_peer import train_with_trl

    sets = ("engine=hf", "max_steps=5", "evaluations=0", "batch=2x2", "schedule=constant", "warmup=0")
    ready = prepared(examples, *sets)
    config = ready.config
    lora = Lora(rank=config.rank, alpha=config.alpha, targets=config.targets)
    engine: Any = hf.open_engine(tiny, lora, device="cpu", seed=1, options=EngineOptions())
    fitted(tmp_path / "ours", ready, engine)
    ours = [line["loss"] for line in read_metrics(tmp_path / "ours")]
    theirs = train_with_trl(tiny, config, examples, steps=5, micro_batch=2)
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert ours[-1] != pytest.approx(ours[0], rel=1e-3)


def test_smollm2s_tokenizer_is_faithful(smollm2: Path) -> None:
    """Digits stand alone, as its own pre-tokenizer has it, and its template's default system prompt is kept."""
    from trainer.gguf_tokenizer import gguf_tokenizer
    from trainer.template import load_template

    tokenizer = gguf_tokenizer(smollm2)
    assert tokenizer.tokenize("सन 1674")[-4:] == ["1", "6", "7", "4"]
    assert tokenizer("<|im_end|>", add_special_tokens=False)["input_ids"] == [2]
    template = load_template("auto", tokenizer)
    assert template.end == "<|im_end|>"
    turns = [{"role": "user", "content": "कोठे?"}, {"role": "assistant", "content": "येथे"}]
    assert template.prompt(turns).startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    for text in ("शिवाजी महाराज, १६७४", "A 12 b34\n\n  c"):
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


@pytest.mark.slow
def test_a_real_smollm2_trains_through_the_command_line(smollm2: Path, curated: Path, tmp_path: Path) -> None:
    """Two steps on the real weights: the loss is that of a language model, the folder is whole, the base is named."""
    del smollm2
    arguments = [
        "run", "latest", "--preset", "cpu-smollm2", "--curated", str(curated), "--out", str(tmp_path), "--json",
        "--samples", "1", "--max-new-tokens", "4",
    ]  # fmt: skip
    for setting in ("max_steps=2", "batch=2", "evaluations=0", "rank=4", "warmup=0"):
        arguments += ["--set", setting]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    body = json.loads(done.stdout)
    run = Path(body["path"])
    assert body["identity"]["base"]["form"] == "gguf"
    assert body["identity"]["base"]["name"].startswith("SmolLM2-135M-Instruct")
    assert check_files(run, read_manifest(run)) == []
    found = [line["loss"] for line in read_metrics(run)]
    # nats a token: a random model of 49,152 tokens would stand at 10.8; bytes of Devanagari are easy to guess
    assert all(0.5 < loss < 6 for loss in found)
    assert load_config(str(run / "config.toml")).base == "smollm2"
