"""The loop at its edges: steps that are skipped, saves that are due, devices that run out, evaluations that decide."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datakit.errors import Interrupted
from tests.trainer.test_loop import LORA, ignore, losses, prepared
from trainer.adapter import initialise
from trainer.checkpoint import FOLDER, Progress, checkpoint_step
from trainer.distributed import Group
from trainer.engines.fake import FakeEngine
from trainer.errors import DoesNotFitError
from trainer.interrupt import Stop
from trainer.metrics import Metrics, read_metrics
from trainer.schedule import learning_rate
from trainer.sft import CLIP_NORM, Habits, evaluation_steps, fit

Notes = list[tuple[str, Any]]


class Planned(FakeEngine):
    """The fake engine with gradients made infinite at some steps, and a note of each refresh."""

    def __init__(self, *, overflows: tuple[int, ...] = (), factors: tuple[float, ...] = ()) -> None:
        super().__init__(vocabulary=2000, lora=LORA)
        initialise(self.parameters(), seed=1)
        self.overflows = overflows
        self.factors = factors
        self.steps = 0
        self.refreshed = 0

    def train_step(self, batch: Any, denominator: float) -> Any:
        self.steps += 1
        total = super().train_step(batch, denominator)
        factor = self.factors[self.steps - 1] if self.factors else 1.0
        for tensor in self.parameters().values():
            assert tensor.grad is not None
            tensor.grad.mul_(float("inf") if self.steps in self.overflows else factor)
        return total

    def after_update(self) -> None:
        self.refreshed += 1


def fitted(
    run: Path, ready: Any, engine: Any, *, progress: Progress | None = None, group: Group | None = None,
    stop: Stop | None = None, **habits: Any,
) -> tuple[Progress, Notes]:  # fmt: skip
    """Run the loop with everything that `train` would hand over, and return what it noted and told."""
    import torch

    run.mkdir(exist_ok=True)
    progress = progress or Progress(token_budget=ready.plan.token_budget)
    optimizer = torch.optim.AdamW(engine.stepped().values(), weight_decay=ready.config.weight_decay)
    told: Notes = []
    fit(
        engine, optimizer, ready, progress, Metrics(run), group or Group(), run=run, habits=Habits(**habits),
        stop=stop or Stop(), notify=lambda event, facts: told.append((event, dict(facts))),
    )  # fmt: skip
    return progress, told


def in_fp16(ready: Any) -> Any:
    return replace(ready, plan=replace(ready.plan, options=replace(ready.plan.options, dtype="fp16")))


def test_a_gradient_that_overflows_in_fp16_is_skipped_and_noted(examples: Any, tmp_path: Path) -> None:
    """Such a step changes no parameter, is marked in the metrics, and the run goes on; no other step is marked."""
    sets = ("max_steps=3", "evaluations=0", "batch=4", "weight_decay=0", "warmup=0")
    engine = Planned(overflows=(1, 3))
    before = {name: tensor.detach().clone() for name, tensor in engine.parameters().items()}
    seen: list[bool] = []

    class Watched(Metrics):
        def add(self, line: Any) -> None:
            same = all(bool((tensor == before[name]).all()) for name, tensor in engine.parameters().items())
            seen.append(same)
            super().add(line)

    import torch

    run = tmp_path / "a"
    run.mkdir()
    ready = in_fp16(prepared(examples, *sets))
    optimizer = torch.optim.AdamW(engine.stepped().values(), weight_decay=0)
    progress = Progress(token_budget=10_000)
    fit(engine, optimizer, ready, progress, Watched(run), Group(), run=run, habits=Habits(), stop=Stop(), notify=ignore)
    assert [line.get("skipped") for line in read_metrics(run)] == [True, None, True]
    assert seen == [True, False, False]
    assert progress.step == 3


def test_without_fp16_nothing_is_ever_skipped(examples: Any, tmp_path: Path) -> None:
    """In fp32 every step counts: none is marked, though a gradient was large."""
    engine = Planned(factors=(1e6, 1e6))
    fitted(tmp_path / "a", prepared(examples, "max_steps=2", "evaluations=0", "batch=4"), engine)
    lines = read_metrics(tmp_path / "a")
    assert all("skipped" not in line for line in lines)
    assert all(line["gradient_norm"] > 1e3 for line in lines)


def test_a_large_gradient_is_clipped_to_its_norm(examples: Any, tmp_path: Path) -> None:
    """Above the bound a gradient's size does not count: ten thousand or a hundred million times lead to one adapter."""
    assert CLIP_NORM == 1.0
    sets = ("max_steps=3", "evaluations=0", "batch=4", "warmup=0", "weight_decay=0")
    one, other = Planned(factors=(1e4, 1e8, 1e4)), Planned(factors=(1e8, 1e4, 1e8))
    for name, engine in (("a", one), ("b", other)):
        fitted(tmp_path / name, prepared(examples, *sets), engine)
    for name, tensor in one.parameters().items():
        assert tensor.flatten().tolist() == pytest.approx(other.parameters()[name].flatten().tolist(), abs=1e-5)
    norms = [read_metrics(tmp_path / name)[0]["gradient_norm"] for name in ("a", "b")]
    assert norms[1] / norms[0] == pytest.approx(1e4, rel=1e-3), "its own size is what is noted"


def test_each_step_is_refreshed_and_has_its_own_rate(examples: Any, tmp_path: Path) -> None:
    """The engine is told after every update, and the rate in the metrics is the schedule's."""
    ready = prepared(examples, "max_steps=6", "evaluations=0", "batch=4", "warmup=2", "schedule=linear")
    engine = Planned()
    _, told = fitted(tmp_path / "a", ready, engine)
    assert engine.refreshed == 6
    expected = [learning_rate(ready.config, step=step, steps=6) for step in range(6)]
    assert [line["learning_rate"] for line in read_metrics(tmp_path / "a")] == expected
    assert [facts["step"] for event, facts in told if event == "step"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("every", "kept"), [(1, 5), (2, 4), (5, 5), (7, None)])
def test_checkpoints_come_as_often_as_they_were_asked_for(
    every: int, kept: int | None, examples: Any, tmp_path: Path
) -> None:
    """Every so many steps, counted from the beginning; the newest is the last multiple that was reached."""
    fitted(tmp_path / "a", prepared(examples, "max_steps=5", "evaluations=0", "batch=2"), Planned(), save_every=every)
    assert checkpoint_step(tmp_path / "a") == kept


def test_an_evaluation_is_saved_with_its_lines(examples: Any, tmp_path: Path) -> None:
    """After an evaluation a checkpoint names every line so far, its own included: nothing is written twice later."""
    from trainer.checkpoint import load_checkpoint

    engine = Planned()
    progress, _ = fitted(tmp_path / "a", prepared(examples, "max_steps=4", "evaluations=2", "batch=4"), engine)
    assert checkpoint_step(tmp_path / "a") == 4
    lines = read_metrics(tmp_path / "a")
    assert [(line.get("event"), line["step"]) for line in lines] == [
        ("evaluation", 0), (None, 1), (None, 2), ("evaluation", 2), (None, 3), (None, 4), ("evaluation", 4),
    ]  # fmt: skip
    assert progress.metrics_lines == len(lines)
    import torch

    optimizer = torch.optim.AdamW(engine.stepped().values())
    assert load_checkpoint(tmp_path / "a", engine.stepped(), optimizer).metrics_lines == len(lines)


def test_a_stop_saves_before_it_leaves(examples: Any, tmp_path: Path) -> None:
    """Asked to stop, the loop ends after the step at hand, with a checkpoint of it and the way to go on."""
    stop = Stop(asked=True)
    with pytest.raises(Interrupted) as caught:
        fitted(tmp_path / "a", prepared(examples, "max_steps=9", "evaluations=0", "batch=2"), Planned(), stop=stop)
    assert str(caught.value) == f"stopped after step 1 of 9; `trainer resume {tmp_path / 'a'}` goes on"
    assert checkpoint_step(tmp_path / "a") == 1
    assert len(losses(tmp_path / "a")) == 1


def test_a_process_that_does_not_write_leaves_no_trace(examples: Any, tmp_path: Path) -> None:
    """Of several processes one saves: another one goes through the same steps and writes no file."""

    class Silent(Group):
        def wait(self) -> None:
            pass

    import torch

    run = tmp_path / "a"
    run.mkdir()
    ready = prepared(examples, "max_steps=3", "evaluations=0", "batch=2")
    engine, progress = Planned(), Progress(token_budget=10_000)
    optimizer = torch.optim.AdamW(engine.stepped().values())
    fit(
        engine, optimizer, ready, progress, Metrics(run, writes=False), Silent(rank=1), run=run,
        habits=Habits(save_every=1), stop=Stop(), notify=ignore,
    )  # fmt: skip
    assert progress.step == 3
    assert list(run.iterdir()) == []


def test_several_devices_that_run_out_say_what_to_set(examples: Any, tmp_path: Path) -> None:
    """One device cannot halve for all: the run ends with the budget that would."""

    class Pair(Group):
        def wait(self) -> None:
            pass

    engine = FakeEngine(vocabulary=2000, lora=LORA, memory_tokens=1)
    with pytest.raises(DoesNotFitError) as caught:
        fitted(
            tmp_path / "a", prepared(examples, "max_steps=3", "evaluations=0", "batch=2", token_budget=800), engine,
            group=Pair(rank=0, size=2),
        )  # fmt: skip
    assert str(caught.value) == (
        "step 1: out of memory on one of 2 devices; --token-budget 400 halves the micro-batches"
    )


def test_a_row_too_long_names_its_length_and_the_limit_that_leaves_it_out(examples: Any, tmp_path: Path) -> None:
    """The longest row of the step is the one that does not fit alone, and the limit is one token below it."""
    ready = prepared(examples, "max_steps=1", "evaluations=0", "batch=12")
    longest = max(len(example.input_ids) for example in examples)
    engine = FakeEngine(vocabulary=2000, lora=LORA, memory_tokens=longest - 1)
    with pytest.raises(DoesNotFitError) as caught:
        fitted(tmp_path / "a", ready, engine)
    assert str(caught.value) == (
        f"step 1: a row of {longest} tokens alone does not fit; --set max_tokens={longest - 1} leaves such rows out,"
        " --checkpointing on needs less"
    )


def test_a_finished_course_is_not_gone_through_again(examples: Any, tmp_path: Path) -> None:
    """All steps done, or stopped early: the loop adds nothing, no step and no line."""
    ready = prepared(examples, "max_steps=3", "evaluations=0", "batch=2")
    for done in (Progress(step=3, token_budget=9), Progress(step=1, token_budget=9, stopped_early=True)):
        progress, told = fitted(tmp_path / str(done.step), ready, Planned(), progress=done)
        assert (progress, told) == (done, [])
        assert not (tmp_path / str(done.step) / FOLDER).exists()


@given(st.integers(1, 500), st.integers(0, 40))
def test_evaluations_are_spread_over_the_run(steps: int, evaluations: int) -> None:
    """As many as asked for, or one a step; within the run, the last step always, no two gaps more than a step apart."""
    found = sorted(evaluation_steps(steps, evaluations))
    if not evaluations:
        assert found == []
        return
    assert found[-1] == steps
    assert found[0] >= 1
    assert len(found) == min(steps, evaluations) or evaluations > steps / 2
    assert len(found) <= evaluations
    gaps = [after - before for before, after in zip([0, *found], found, strict=False)]
    if evaluations <= steps:
        assert max(gaps) - min(gaps) <= 1


def test_an_equal_loss_is_no_better_one(fake_run: Callable[..., Any]) -> None:
    """Patience counts evaluations without a better one: a loss that stays as it is runs out of it."""
    done = fake_run("max_steps=12", "learning_rate=1e-30", "weight_decay=0", "evaluations=12", "patience=3", "warmup=0")
    counts = done.manifest.counts
    lines = [line for line in read_metrics(done.path) if line.get("event") == "evaluation" and line["step"]]
    assert len({line["validation_loss"] for line in lines}) == 1, "a rate of next to nothing learns nothing"
    assert (counts["best_step"], counts["steps"], counts["stopped_early"]) == (1, 4, True)
    assert [line["best"] for line in lines] == [True, False, False, False]
