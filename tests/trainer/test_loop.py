"""The loop over the fake engine: what is learnt depends on rows, seed and settings, and on nothing else."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datakit.errors import DatakitError, Interrupted, UsageError
from trainer.adapter import initialise, read_adapter
from trainer.batches import DataOrder
from trainer.checkpoint import Progress
from trainer.distributed import Group
from trainer.engine import EngineOptions, Lora
from trainer.engines.fake import FakeEngine
from trainer.errors import DoesNotFitError
from trainer.examples import Examples
from trainer.interrupt import Stop, stop_on_signal
from trainer.metrics import Metrics, read_metrics
from trainer.planner import Plan
from trainer.prepare import Prepared
from trainer.preset import load_config
from trainer.sft import Habits, evaluation_steps, fit

Run = Callable[..., Any]
LORA = Lora(rank=8, alpha=16, targets=("q_proj",))


def losses(run: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(run) if "loss" in line]


def prepared(examples: Any, *sets: str, token_budget: int = 10_000) -> Prepared:
    """Return a run of these examples without a version, for `fit` alone."""
    config = load_config("smoke", sets=["engine=fake", *sets])
    order = DataOrder(
        row_ids=tuple(row.row_id for row in examples), seed=config.seed, rows_per_step=config.rows_per_step
    )
    plan = Plan(
        engine="fake", device="cpu", options=EngineOptions(token_budget=token_budget), steps=config.max_steps,
        epochs=1, rows=len(examples), rows_per_step=config.rows_per_step, tokens=0, answer_tokens=0,
        largest_step_tokens=0, micro_batches=1, peak_bytes=0, free_bytes=0, seconds=0, reasons=(),
    )  # fmt: skip
    rows = Examples(used=tuple(examples), left_out=())
    none: Any = None
    return Prepared(
        config=config, version=none, base=none, template=none, train=rows, validation=rows, order=order, plan=plan,
        identity={},
    )  # fmt: skip


def ignore(event: str, facts: Any) -> None:
    del event, facts


def fitted(run: Path, ready: Prepared, engine: FakeEngine, **habits: Any) -> Progress:
    import torch

    run.mkdir(exist_ok=True)
    initialise(engine.parameters(), seed=ready.config.seed)
    optimizer = torch.optim.AdamW(engine.parameters().values(), weight_decay=ready.config.weight_decay)
    progress = Progress(token_budget=ready.plan.token_budget)
    fit(
        engine, optimizer, ready, progress, Metrics(run), Group(), run=run, habits=Habits(**habits), stop=Stop(),
        notify=ignore,
    )  # fmt: skip
    return progress


def test_loss_falls_on_repeated_rows(fake_run: Run) -> None:
    """Shown the same rows again and again, the loss goes down, and the validation loss is recorded on the way."""
    done = fake_run("max_steps=60", "learning_rate=0.05", "evaluations=3")
    found = losses(done.path)
    assert len(found) == 60
    assert sum(found[-8:]) / 8 < 0.7 * sum(found[:8]) / 8
    assert done.manifest.counts["validation_loss"] < done.manifest.counts["validation_loss_before"]


@pytest.mark.parametrize("batch", ["8x1", "4x2", "2x4", "1x8"])
def test_micro_batches_change_nothing(fake_run: Run, batch: str) -> None:
    """8×1 = 4×2 = 2×4 = 1×8 within rounding, over six steps of training."""
    whole, cut = fake_run("batch=8"), fake_run(f"batch={batch}")
    assert losses(cut.path) == pytest.approx(losses(whole.path), rel=1e-5)
    expected = {"8x1": 1, "4x2": 2, "2x4": 4, "1x8": 8}[batch]
    assert [line["micro_batches"] for line in read_metrics(cut.path) if "loss" in line] == [expected] * 6


def test_the_same_run_is_the_same_to_the_bit(fake_run: Run, tmp_path: Path) -> None:
    """Two runs of one configuration in two folders have one id and one adapter."""
    one, other = fake_run(out=tmp_path / "a"), fake_run(out=tmp_path / "b")
    assert one.manifest.id == other.manifest.id
    assert (one.path / "adapter/adapter_model.safetensors").read_bytes() == (
        other.path / "adapter/adapter_model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize("change", ["seed=7", "learning_rate=1e-3", "rank=4", "max_tokens=300", "template=auto"])
def test_other_settings_are_another_run(fake_run: Run, change: str) -> None:
    """Whatever decides what is learnt is in the run's id."""
    one = fake_run()
    try:
        other = fake_run(change)
    except UsageError:  # the tiny base has no template of its own: refused, so no run of the same id either
        assert change == "template=auto"
        return
    assert one.manifest.id != other.manifest.id


def test_prompt_weight_learns_from_prompts_and_evaluates_answers(fake_run: Run) -> None:
    """`prompt_loss_weight` changes the training loss; the validation loss before training is that of answers alone."""
    without, with_prompt = fake_run(), fake_run("prompt_loss_weight=0.5")
    assert losses(without.path) != losses(with_prompt.path)
    first = [next(line for line in read_metrics(run.path) if line.get("step") == 0) for run in (without, with_prompt)]
    assert first[0]["validation_loss"] == first[1]["validation_loss"]


def test_out_of_memory_halves_the_micro_batch_and_goes_on(examples: Any, tmp_path: Path) -> None:
    """The step is done again in smaller pieces: the same losses as with room, recorded, and nothing learnt twice."""
    vocabulary = 1 + max(token for example in examples for token in example.input_ids)
    sets = ("max_steps=5", "evaluations=0", "batch=6")
    roomy, tight = (FakeEngine(vocabulary=vocabulary, lora=LORA, memory_tokens=memory) for memory in (None, 130))
    fitted(tmp_path / "a", prepared(examples, *sets), roomy)
    progress = fitted(tmp_path / "b", prepared(examples, *sets), tight)
    assert roomy.largest_batch > 130 >= tight.largest_batch
    assert losses(tmp_path / "b") == pytest.approx(losses(tmp_path / "a"), rel=1e-5)
    events = [line for line in read_metrics(tmp_path / "b") if line.get("event") == "out_of_memory"]
    assert events
    assert events[-1]["token_budget"] == progress.token_budget <= 130
    assert [line["step"] for line in read_metrics(tmp_path / "b") if "loss" in line] == [1, 2, 3, 4, 5]


def test_a_row_that_does_not_fit_alone_is_told(examples: Any, tmp_path: Path) -> None:
    """When halving ends at one row, the error names its length and what helps."""
    engine = FakeEngine(vocabulary=2000, lora=LORA, memory_tokens=20)
    with pytest.raises(DoesNotFitError, match=r"a row of \d+ tokens alone does not fit; --set max_tokens=") as caught:
        fitted(tmp_path / "a", prepared(examples, "max_steps=2", "evaluations=0"), engine)
    assert caught.value.exit_code == 6


def test_early_stop_keeps_the_best_adapter(fake_run: Run) -> None:
    """A rate that destroys is stopped after `patience` evaluations, and the best adapter is the one that is saved."""
    done = fake_run(
        "max_steps=80", "learning_rate=0.9", "schedule=constant", "evaluations=40", "patience=2", "warmup=0"
    )
    counts = done.manifest.counts
    evaluations = [line for line in read_metrics(done.path) if line.get("event") == "evaluation" and line["step"]]
    best = min(evaluations, key=lambda line: line["validation_loss"])
    assert counts["stopped_early"]
    assert counts["steps"] < counts["planned_steps"] == 80
    assert (counts["best_step"], counts["validation_loss"]) == (best["step"], best["validation_loss"])
    assert len(evaluations) - 1 - evaluations.index(best) == 2


def test_the_best_adapter_is_not_the_last_one(fake_run: Run) -> None:
    """What lies in adapter/ is the best step's, not what training ended with: a run cut off there saved the same."""
    sets = ("learning_rate=0.9", "schedule=constant", "warmup=0", "patience=0")
    long = fake_run("max_steps=20", "evaluations=20", *sets)
    best = long.manifest.counts["best_step"]
    assert best < 20
    short = fake_run(f"max_steps={best}", "evaluations=1", *sets)
    one, other = (read_adapter(run.path / "adapter") for run in (long, short))
    assert all(one[name].equal(other[name]) for name in one)


def test_evaluations_are_spread_evenly_and_end_with_the_last_step() -> None:
    """Six evaluations of sixty steps are ten apart; more evaluations than steps are one a step."""
    assert evaluation_steps(60, 6) == {10, 20, 30, 40, 50, 60}
    assert evaluation_steps(3, 9) == {1, 2, 3}
    assert evaluation_steps(7, 2) == {4, 7}
    assert evaluation_steps(7, 0) == set()


def test_a_loss_that_is_no_number_ends_the_run(examples: Any, tmp_path: Path) -> None:
    """NaN is never averaged away: the run ends, names the step, and says what helps."""
    import torch

    class Broken(FakeEngine):
        def train_step(self, batch: Any, denominator: float) -> Any:
            return super().train_step(batch, denominator) * torch.nan

    with pytest.raises(DatakitError, match=r"step 1: the loss is no number any more; a lower --set learning_rate="):
        fitted(tmp_path / "a", prepared(examples, "max_steps=2", "evaluations=0"), Broken(vocabulary=2000, lora=LORA))


def test_ctrl_c_saves_and_says_how_to_go_on(fake_run: Run, tmp_path: Path) -> None:
    """SIGINT after the third step: exit code 130, a checkpoint of that step, and the command that goes on."""

    def interrupt(event: str, facts: Any) -> None:
        if event == "step" and facts["step"] == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="stopped after step 3 of 6; `trainer resume") as caught:
        fake_run(notify=interrupt)
    assert caught.value.exit_code == 130
    (run,) = (tmp_path / "runs").iterdir()
    assert (run / "checkpoints" / "step-00000003").is_dir()
    with pytest.raises(UsageError, match="this run was begun before; `trainer resume"):
        fake_run()


def test_a_second_ctrl_c_stops_at_once() -> None:
    """The first signal is a request, the second is not waited for; handlers are put back."""
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
