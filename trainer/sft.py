"""Supervised fine-tuning of an adapter on one dataset version, to be read from top to bottom.

    train / resume     prepare the run, open the engine, fit, finish
    fit                the loop: rows of a step → gradients → clip → AdamW → evaluate → checkpoint
    _learn             one optimizer step, however many micro-batches and devices it takes
    _evaluate          answer loss on the validation rows, best adapter, early stop

All that decides what is learnt is here and in `batches.py`; an engine only computes (`engine.py`).
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import DatakitError, Interrupted, UsageError
from datakit.lineage import MANIFEST, Manifest
from trainer.adapter import initialise, restore, snapshot
from trainer.batches import collate, micro_batches
from trainer.checkpoint import Progress, load_checkpoint, save_checkpoint
from trainer.config import Config
from trainer.distributed import Group, open_group
from trainer.engine import Engine, Lora
from trainer.engines import engine_module
from trainer.errors import DoesNotFitError, ResumeError
from trainer.finish import finish
from trainer.interrupt import Stop, stop_on_signal
from trainer.metrics import Metrics
from trainer.planner import Plan, Wishes
from trainer.prepare import Prepared, prepare
from trainer.preset import build
from trainer.run_folder import begin, begun_body, check_run, lock, now, read_begun, run_path
from trainer.samples import answers_before, fixed_questions
from trainer.schedule import learning_rate
from trainer.scoring import score

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

CLIP_NORM: Final = 1.0  # the usual bound for fine-tuning, as in the notebook that this began with
SAVE_S: Final = 120.0  # an 8B adapter with its optimizer is 0.5 GB: at most one percent of the time goes into saving
_FLUSH_STEPS: Final = 10  # on a GPU a loss is read this many steps later, so that no step waits for the device
Notify = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How a run behaves beside what it learns; recorded with it, so that `resume` does the same."""

    samples: int = 8
    """Validation questions that are answered before and after."""
    max_new_tokens: int = 96
    save_every: int = 0
    """Steps between checkpoints; 0: every two minutes, at each evaluation and at Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished run."""

    path: Path
    manifest: Manifest
    new: bool
    """False where the same run was there already and nothing was trained."""


def train(
    wanted: str,
    config: Config,
    *,
    out: Path = Path("runs"),
    curated: Path = Path("curated"),
    wishes: Wishes | None = None,
    habits: Habits | None = None,
    allow_download: bool = False,
    notify: Notify | None = None,
) -> Trained:
    """Train an adapter on a version and return its run folder; the same run again is found, not repeated.

    Errors: `IntegrityError` for a tampered version, before anything else; `UsageError` where an unfinished run of the
    same settings is there; `Interrupted` after Ctrl-C, with everything saved; otherwise as `prepare`.
    """
    wishes, habits, notify = wishes or Wishes(), habits or Habits(), notify or _silent
    group = open_group(wishes.device)
    try:
        with tempfile.TemporaryDirectory(prefix="trainer-") as work:
            ready = prepare(
                wanted,
                config,
                curated=curated,
                work=Path(work),
                device=group.device,
                wishes=wishes,
                allow_download=allow_download,
            )
            run = run_path(out, ready.run_id)
            if (run / MANIFEST).is_file():
                return Trained(path=run, manifest=check_run(run), new=False)
            if run.exists() and group.writes:
                raise UsageError(f"{run}: this run was begun before; `trainer resume {run}` goes on with it")
            group.wait()
            if group.writes:
                facts = {
                    "version": str(ready.version.path),
                    "base": str(Path(config.base).resolve()) if Path(config.base).exists() else config.base,
                    "wishes": asdict(_pinned(wishes, ready.plan)),
                    "habits": asdict(habits),
                    "ranks": group.size,
                    "started": now(),
                }
                begin(run, begun_body(ready.identity, config, **facts))
            return _go(run, ready, group, habits, notify)
    finally:
        group.close()


def resume(
    run: Path,
    *,
    version: str | None = None,
    base: str | None = None,
    allow_download: bool = False,
    notify: Notify | None = None,
) -> Trained:
    """Go on with an unfinished run from its last checkpoint: the same rows in the same order, to the same loss.

    `version` and `base` say where they lie now, if they were moved. Errors: `ResumeError` that names each thing that is
    not what the run began with.
    """
    body = read_begun(run)
    wishes, habits = Wishes(**body["wishes"]), Habits(**body["habits"])
    config = build({**body["config"], "base": base or body["base"]}, where=str(run))
    group = open_group(wishes.device)
    try:
        with tempfile.TemporaryDirectory(prefix="trainer-") as work:
            ready = prepare(
                version or body["version"],
                config,
                curated=Path("curated"),
                work=Path(work),
                device=group.device,
                wishes=wishes,
                allow_download=allow_download,
            )
            if found := differences(body["identity"], ready.identity):
                listed = "\n".join(f"  - {line}" for line in found)
                raise ResumeError(f"{run}: not what it began with, so it cannot go on:\n{listed}")
            return _go(run, ready, group, habits, notify or _silent)
    finally:
        group.close()


def _pinned(wishes: Wishes, plan: Plan) -> Wishes:
    """Return wishes that lead to this plan again, whatever memory is free when the run goes on."""
    return replace(
        wishes,
        token_budget=plan.token_budget,
        checkpointing="on" if plan.options.checkpointing else "off",
        hold_16bit="on" if plan.options.hold_16bit else "off",
        compile="on" if plan.options.compile else "off",
    )


def differences(before: Any, now_: Any, place: str = "") -> list[str]:
    """Return a line for each value that differs between two identities: `dataset.id: began with …, now …`."""
    if isinstance(before, Mapping) and isinstance(now_, Mapping):
        return [
            line
            for key in sorted({*before, *now_})
            for line in differences(before.get(key), now_.get(key), f"{place}.{key}" if place else key)
        ]
    before, now_ = (list(value) if isinstance(value, tuple) else value for value in (before, now_))
    return [] if before == now_ else [f"{place}: began with {before}, now {now_}"]


def _go(run: Path, ready: Prepared, group: Group, habits: Habits, notify: Notify) -> Trained:
    import torch

    config, plan = ready.config, ready.plan
    notify = notify if group.writes else _silent  # of several processes one speaks
    notify("plan", {"run": str(run), "plan": plan})
    with lock(run) if group.writes else nullcontext():
        lora = Lora(rank=config.rank, alpha=config.alpha, targets=config.targets)
        engine: Engine = engine_module(plan.engine).open_engine(
            ready.base, lora, device=group.device, seed=config.seed, options=plan.options
        )
        parameters = engine.parameters()
        initialise(parameters, seed=config.seed)
        engine.after_update()
        asked = fixed_questions(ready.validation.used, habits.samples)
        before = (
            answers_before(run, engine, asked, ready.template, max_new_tokens=habits.max_new_tokens)
            if group.writes
            else []
        )
        optimizer = torch.optim.AdamW(
            engine.stepped().values(),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=group.device.startswith("cuda"),
        )
        progress = load_checkpoint(run, engine.stepped(), optimizer)
        engine.after_update()
        progress.token_budget = progress.token_budget or plan.token_budget
        metrics = Metrics(run, keep_lines=progress.metrics_lines, writes=group.writes)
        # with several processes a signal goes to each at another step: torchrun then ends them, the checkpoint stays
        with stop_on_signal() if group.size == 1 else nullcontext(Stop()) as stop:
            fit(engine, optimizer, ready, progress, metrics, group, run=run, habits=habits, stop=stop, notify=notify)
        if progress.best:
            restore(parameters, progress.best, where=str(run))
            engine.after_update()
        if not group.writes:
            group.wait()
            return Trained(path=run, manifest=Manifest(kind="run", id=ready.run_id, identity={}), new=True)
        manifest = finish(run, ready, engine, progress, lora, asked, before, max_new_tokens=habits.max_new_tokens)
        group.wait()
        return Trained(path=run, manifest=manifest, new=True)


def fit(
    engine: Engine,
    optimizer: "Optimizer",
    ready: Prepared,
    progress: Progress,
    metrics: Metrics,
    group: Group,
    *,
    run: Path,
    habits: Habits,
    stop: Stop,
    notify: Notify,
) -> None:
    """Run the steps that are left. Changes `progress`; writes metrics and checkpoints.

    Errors: `Interrupted` where the user stopped it, `DatakitError` where the loss is no number any more.
    """
    import torch

    config, steps = ready.config, ready.plan.steps
    stepped = engine.stepped()
    tensors = list(stepped.values())
    evaluate_after = evaluation_steps(steps, config.evaluations)
    waiting: list[dict[str, Any]] = []
    flush_every = _FLUSH_STEPS if group.device.startswith("cuda") else 1
    began = last_saved = mark = time.monotonic()

    def save() -> None:
        nonlocal last_saved
        _flush(waiting, metrics, notify)
        if group.writes:
            metrics.sync()
            progress.metrics_lines = metrics.lines
            save_checkpoint(run, progress, stepped, optimizer)
        group.wait()
        last_saved = time.monotonic()

    if progress.step == 0 and metrics.lines == 0 and config.evaluations:
        base_loss = score(engine, ready.validation.used, token_budget=progress.token_budget, group=group).mean
        metrics.add({"event": "evaluation", "step": 0, "validation_loss": base_loss})
        notify("evaluation", {"step": 0, "validation_loss": base_loss, "best": False})
        mark = time.monotonic()
    while progress.step < steps and not progress.stopped_early:
        rate = learning_rate(config, step=progress.step, steps=steps)
        for settings in optimizer.param_groups:
            settings["lr"] = rate
        try:
            line = _learn(engine, tensors, ready, progress, group)
        except torch.OutOfMemoryError as error:
            _step_back(error, tensors, ready, progress, metrics, group, notify)
            continue
        norm = torch.nn.utils.clip_grad_norm_(tensors, CLIP_NORM)
        # a fp16 gradient may overflow: such a step changes nothing and is recorded
        line["skipped"] = ready.plan.options.dtype == "fp16" and not bool(torch.isfinite(norm))
        if not line["skipped"]:
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        engine.after_update()
        progress.step += 1
        progress.tokens += line["tokens"]
        line |= {"step": progress.step, "learning_rate": rate, "gradient_norm": norm, "peak_bytes": engine.peak_bytes()}
        # from the end of one step to the end of the next, so that waiting for the device is in it, scoring is not
        before, mark = mark, time.monotonic()
        line |= {"seconds": round(mark - before, 4), "elapsed_s": round(mark - began, 3)}
        waiting.append(line)
        if len(waiting) >= flush_every:
            _flush(waiting, metrics, notify)
        if progress.step in evaluate_after:
            _flush(waiting, metrics, notify)
            _evaluate(engine, ready, progress, metrics, group, notify)
            save()
            mark = time.monotonic()
        elif _due(habits.save_every, progress.step, alone=group.size == 1, waited_s=time.monotonic() - last_saved):
            save()
            mark = time.monotonic()
        if stop.asked:
            save()
            raise Interrupted(f"stopped after step {progress.step} of {steps}; `trainer resume {run}` goes on")
    _flush(waiting, metrics, notify)


def _learn(
    engine: Engine, tensors: "list[Tensor]", ready: Prepared, progress: Progress, group: Group
) -> dict[str, Any]:
    """Compute one step's gradient over all its micro-batches and devices, and return its line of metrics.

    The denominator is the weight of the whole step, so micro-batches and devices only cut the sum: 8×1 = 2×4.
    """
    import torch

    weight = ready.config.prompt_loss_weight
    rows = [ready.train.used[index] for index in ready.order.step(progress.step)]
    lengths = [len(row.input_ids) for row in rows]
    answers = sum(row.answer_tokens for row in rows)
    # the first token of a row is predicted from nothing and weighs nothing
    denominator = answers + weight * (sum(lengths) - answers - len(rows))
    cut = micro_batches(
        lengths, token_budget=progress.token_budget, max_rows=ready.config.rows_per_micro_batch, share=group.share
    )
    total = torch.zeros((), device=group.device)
    for places in cut:
        batch = collate([rows[place] for place in places], prompt_loss_weight=weight)
        total += engine.train_step(batch, denominator)
    group.add_gradients(tensors)
    return {
        "loss": group.add(total) / denominator,
        "rows": len(rows),
        "tokens": sum(lengths),
        "answer_tokens": answers,
        "micro_batches": len(cut),
    }


def _step_back(
    error: BaseException,
    tensors: "list[Tensor]",
    ready: Prepared,
    progress: Progress,
    metrics: Metrics,
    group: Group,
    notify: Notify,
) -> None:
    """Halve the token budget and do the step again; nothing was learnt from it yet."""
    import torch

    rows = [ready.train.used[index] for index in ready.order.step(progress.step)]
    longest = max(len(row.input_ids) for row in rows)
    if group.size > 1:
        raise DoesNotFitError(
            f"step {progress.step + 1}: out of memory on one of {group.size} devices;"
            f" --token-budget {progress.token_budget // 2} halves the micro-batches"
        ) from error
    largest = min(progress.token_budget, sum(len(row.input_ids) for row in rows))
    if largest <= longest:
        raise DoesNotFitError(
            f"step {progress.step + 1}: a row of {longest} tokens alone does not fit;"
            f" --set max_tokens={longest - 1} leaves such rows out, --checkpointing on needs less"
        ) from error
    for tensor in tensors:
        tensor.grad = None
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    progress.token_budget = max(largest // 2, longest)
    facts = {"event": "out_of_memory", "step": progress.step + 1, "token_budget": progress.token_budget}
    metrics.add(facts)
    notify("out_of_memory", facts)


def _evaluate(
    engine: Engine, ready: Prepared, progress: Progress, metrics: Metrics, group: Group, notify: Notify
) -> None:
    found = score(engine, ready.validation.used, token_budget=progress.token_budget, group=group).mean
    best = progress.best_loss is None or found < progress.best_loss
    if best:
        progress.best_loss, progress.best_step, progress.since_best = found, progress.step, 0
        progress.best = snapshot(engine.parameters())
    else:
        progress.since_best += 1
    patience = ready.config.patience
    progress.stopped_early = bool(patience) and progress.since_best >= patience and progress.step < ready.plan.steps
    facts = {"step": progress.step, "validation_loss": found, "best": best}
    metrics.add({"event": "evaluation", **facts})
    notify("evaluation", {**facts, "stopped_early": progress.stopped_early})


def evaluation_steps(steps: int, evaluations: int) -> set[int]:
    """Return the steps after which the validation rows are scored: evenly over the run, the last one always."""
    return (
        {max(1, round(steps * number / evaluations)) for number in range(1, evaluations + 1)} if evaluations else set()
    )


def _due(save_every: int, step: int, *, alone: bool, waited_s: float) -> bool:
    """Return whether a checkpoint is due; clocks differ between processes, so several save by steps alone."""
    return step % save_every == 0 if save_every else alone and waited_s > SAVE_S


def _flush(waiting: list[dict[str, Any]], metrics: Metrics, notify: Notify) -> None:
    """Read what the device has computed by now and write it down."""
    for line in waiting:
        line["loss"] = float(line["loss"])
        line["gradient_norm"] = float(line["gradient_norm"])
        if line["loss"] != line["loss"] and not line["skipped"]:
            raise DatakitError(
                f"step {line['step']}: the loss is no number any more; a lower --set learning_rate= or"
                " --set dtype=bf16 helps. The last checkpoint is whole"
            )
        line["tokens_per_s"] = round(line["tokens"] / max(line["seconds"], 1e-9), 1)
        metrics.add(line if line["skipped"] else {key: value for key, value in line.items() if key != "skipped"})
        notify("step", line)
    waiting.clear()


def _silent(event: str, facts: Mapping[str, Any]) -> None:
    del event, facts


__all__ = ["Habits", "Trained", "differences", "fit", "resume", "train"]
