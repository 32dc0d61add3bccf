"""What the command line shows: text made of plans, runs, diagnoses and examples. It returns text; `cli` prints it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datakit.lineage import MANIFEST, Manifest, read_manifest
from trainer.checkpoint import checkpoint_step
from trainer.doctor import Diagnosis
from trainer.examples import Example, Examples
from trainer.planner import Plan, gib
from trainer.run_folder import read_begun

_LEARNT, _PROMPT, _RESET = "\x1b[32m", "\x1b[2m", "\x1b[0m"


def plan_text(plan: Plan, train: Examples, validation: Examples) -> str:
    """Return a plan as people read it."""
    lines = [
        f"steps          {plan.steps:,} of {plan.rows_per_step} rows = {plan.epochs:g} epochs of {plan.rows:,} rows",
        f"tokens         {plan.tokens:,}, of them learnt {plan.answer_tokens:,};"
        f" the largest step has {plan.largest_step_tokens:,}",
        f"micro-batches  {plan.micro_batches:g} a step, of at most {plan.token_budget:,} tokens",
        f"engine         {plan.engine} on {plan.device}, {plan.options.dtype}, base {plan.options.quantization}",
        f"memory         {gib(plan.peak_bytes)} estimated, {gib(plan.free_bytes)} free",
        f"time           about {duration(plan.seconds)} for the steps, from a matrix product timed here",
        f"validation     {len(validation.used):,} rows",
    ]
    for name, split in (("train", train), ("validation", validation)):
        for reason, count in split.reasons.items():
            first = next(row for row in split.left_out if row.reason == reason)
            lines.append(
                f"left out       {count:,} {name} rows: {reason}, such as {first.row_id[:12]} ({first.detail})"
            )
    return "\n".join([*lines, "because", *(f"  {reason}" for reason in plan.reasons)])


def plan_body(plan: Plan, train: Examples, validation: Examples) -> dict[str, Any]:
    """Return a plan as JSON holds it."""
    return {
        "engine": plan.engine,
        "device": plan.device,
        "steps": plan.steps,
        "epochs": plan.epochs,
        "rows": plan.rows,
        "rows_per_step": plan.rows_per_step,
        "tokens": plan.tokens,
        "answer_tokens": plan.answer_tokens,
        "largest_step_tokens": plan.largest_step_tokens,
        "micro_batches": plan.micro_batches,
        "token_budget": plan.token_budget,
        "dtype": plan.options.dtype,
        "quantization": plan.options.quantization,
        "checkpointing": plan.options.checkpointing,
        "hold_16bit": plan.options.hold_16bit,
        "peak_bytes": plan.peak_bytes,
        "free_bytes": plan.free_bytes,
        "seconds": plan.seconds,
        "validation_rows": len(validation.used),
        "left_out": {
            "train": [{"row_id": row.row_id, "reason": row.reason, "detail": row.detail} for row in train.left_out],
            "validation": [
                {"row_id": row.row_id, "reason": row.reason, "detail": row.detail} for row in validation.left_out
            ],
        },
        "reasons": list(plan.reasons),
    }


def examples_text(examples: Sequence[Example], tokenizer: Any, *, colour: bool) -> str:
    """Return examples token by token: what is learnt in green between ⟦ ⟧, the prompt dimmed."""
    parts = []
    for example in examples:
        text = [f"row {example.row_id}  {len(example.input_ids)} tokens, {example.answer_tokens} learnt\n"]
        for ids, learnt in _stretches(example):
            shown = str(tokenizer.decode(ids)).replace("\n", "⏎\n")
            if colour:
                text.append(f"{_LEARNT if learnt else _PROMPT}{shown}{_RESET}")
            else:
                text.append(f"⟦{shown}⟧" if learnt else shown)
        pairs = [
            f"{token}:{'learn' if mask else '-'}"
            for token, mask in zip(example.input_ids, example.completion_mask, strict=True)
        ]
        parts.append("".join(text) + "\n" + " ".join(pairs))
    return "\n\n".join(parts)


def _stretches(example: Example) -> list[tuple[list[int], int]]:
    found: list[tuple[list[int], int]] = []
    for token, mask in zip(example.input_ids, example.completion_mask, strict=True):
        if not found or found[-1][1] != mask:
            found.append(([], mask))
        found[-1][0].append(token)
    return found


def run_line(run: Path) -> dict[str, Any]:
    """Return what `trainer ls` says of a run, finished or not."""
    if not (run / MANIFEST).is_file():
        body = read_begun(run)
        identity, step = body["identity"], checkpoint_step(run)
        return {
            "run": run.name,
            "finished": False,
            "dataset": identity["dataset"]["name"],
            "version": identity["dataset"]["id"],
            "base": identity["base"]["name"],
            "step": step or 0,
        }
    manifest = read_manifest(run)
    return {
        "run": run.name,
        "finished": True,
        "dataset": manifest.identity["dataset"]["name"],
        "version": manifest.identity["dataset"]["id"],
        "base": manifest.identity["base"]["name"],
        "step": manifest.counts["steps"],
        "validation_loss": manifest.counts["validation_loss"],
    }


def run_text(run: Path, manifest: Manifest) -> str:
    """Return a finished run as `trainer show` prints it."""
    identity, counts = manifest.identity, manifest.counts
    lines = [
        f"run       {manifest.id}",
        f"folder    {run}",
        f"dataset   {identity['dataset']['name']}  {identity['dataset']['id']}",
        f"base      {identity['base']['name']}  {identity['base']['architecture']}  {identity['base']['sha256']}",
        f"engine    {identity['engine']}, seed {identity['seed']}, template {identity['template']['name']}",
        f"steps     {counts['steps']:,} of {counts['planned_steps']:,}{' (stopped early)' * counts['stopped_early']}",
    ]
    for split, rows in identity["rows"].items():
        lines.append(f"{split:<10} {rows['rows']:,} rows used of {counts['rows'][split]:,}  {rows['root']}")
    for reason, count in counts["left_out"].items():
        lines.append(f"          {count:,} {reason}")
    if counts["validation_loss"] is not None:
        before = counts["validation_loss_before"]
        lines.append(
            f"loss      validation {before:.4f} before, {counts['validation_loss']:.4f} at step {counts['best_step']}"
        )
    return "\n".join([*lines, f"report    {run / 'report.html'}"])


def doctor_text(found: Diagnosis) -> str:
    """Return a diagnosis as people read it."""
    lines = []
    for package in found.packages:
        state = package.version or f"missing: {package.install}"
        lines.append(f"{package.name:<16}{state}  ({package.why})")
    if found.missing:
        return "\n".join([*lines, "nothing trains before these are installed"])
    lines += [
        f"device          {found.device}, {gib(found.free_bytes)} free, {found.dtype}",
        f"engines         {', '.join(found.engines)}",
    ]
    for name, need, fits in found.presets:
        lines.append(f"preset          {name:<14}{gib(need):>10}  {'fits' if fits else 'does not fit here'}")
    return "\n".join([*lines, *found.notes])


def doctor_body(found: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON holds it."""
    return {
        "ok": not found.missing,
        "packages": {package.name: package.version for package in found.packages},
        "missing": [package.install for package in found.missing],
        "device": found.device,
        "free_bytes": found.free_bytes,
        "dtype": found.dtype,
        "engines": list(found.engines),
        "presets": {name: {"bytes": need, "fits": fits} for name, need, fits in found.presets},
        "notes": list(found.notes),
    }


def event_text(event: str, facts: Mapping[str, Any]) -> str:
    """Return a line for what happened in a run."""
    if event == "step":
        return (
            f"step {facts['step']:>6,}  loss {facts['loss']:.4f}  rate {facts['learning_rate']:.2e}"
            f"  {facts['tokens_per_s']:,.0f} tokens/s"
        )
    if event == "evaluation":
        mark = "  best so far" if facts.get("best") else ""
        stop = "  stopping early" if facts.get("stopped_early") else ""
        return f"step {facts['step']:>6,}  validation {facts['validation_loss']:.4f}{mark}{stop}"
    if event == "out_of_memory":
        return f"step {facts['step']:>6,}  out of memory; micro-batches of at most {facts['token_budget']} tokens now"
    plan: Plan = facts["plan"]
    return (
        f"{facts['run']}: {plan.steps:,} steps of {plan.rows_per_step} rows, engine {plan.engine} on {plan.device},"
        f" about {duration(plan.seconds)}"
    )


def duration(seconds: float) -> str:
    """Return a time as text: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
