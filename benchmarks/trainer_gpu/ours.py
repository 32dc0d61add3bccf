"""One run of our step: the rows in order, eight in each optimizer step, one padding-free micro-batch where it fits."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.trainer_gpu.variants import Ours


def run(root: Path, variant: Ours, *, steps: int, rate: float) -> dict[str, Any]:
    """Train `steps` steps and return times, losses and memory."""
    started = time.perf_counter()
    os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")  # as the trainer sets it
    import torch
    from safetensors.torch import load_file

    from trainer.fused.engine import open_engine
    from trainer.fused.options import Options

    imported = time.perf_counter()
    if variant.limit_gb:  # no more than this is ever taken from the card, gaps between blocks included
        torch.cuda.set_per_process_memory_fraction(
            variant.limit_gb * 1e9 / torch.cuda.get_device_properties(0).total_memory
        )
    engine = open_engine(root / "base", rank=16, alpha=16, device="cuda", options=Options(**variant.options))
    for name, value in load_file(root / "adapter.safetensors").items():
        engine.parameters()[name].copy_(value)
    engine.after_update()
    torch.cuda.synchronize()
    opened = time.perf_counter()
    parameter = engine.stepped()["adapter"]
    optimizer = torch.optim.AdamW([parameter], lr=rate, weight_decay=0.001, fused=True)
    losses, marks, samples, tokens, largest = [], [], 0, 0, (0, 0)
    for number, step in zip(range(steps), _steps(root / "rows.jsonl", variant), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = rate * (min(1.0, number / 5) if number < 5 else (steps - number) / (steps - 5))
        asked = sum(float(batch.weights.sum()) for batch in step)
        largest = max(largest, *((len(batch.input_ids), int(batch.weights.sum())) for batch in step))
        total = sum(engine.train_step(batch, asked) for batch in step)
        torch.nn.utils.clip_grad_norm_([parameter], 1.0)
        optimizer.step()
        assert parameter.grad is not None
        parameter.grad.zero_()
        engine.after_update()
        losses.append(total / asked)
        samples += sum(len(batch.bounds) - 1 for batch in step)
        tokens += sum(len(batch.input_ids) for batch in step)
        if number in (0, 4) or number % 10 == 9:
            torch.cuda.synchronize()
            marks.append((number + 1, time.perf_counter() - opened, samples, tokens))
    torch.cuda.synchronize()
    seconds = time.perf_counter() - opened
    return {
        "import_s": round(imported - started, 1),
        "load_s": round(opened - imported, 1),
        "marks": [(n, round(t, 3), s, k) for n, t, s, k in marks],
        "seconds": round(seconds, 2),
        "samples": samples,
        "tokens": tokens,
        "losses": [round(float(loss), 5) for loss in losses],
        "largest_micro_batch": {"tokens": largest[0], "asked": largest[1]},
        "estimated_gb": round(_estimate(engine, largest) / 1e9, 2),
        "peak_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2),
        "reserved_gb": round(torch.cuda.max_memory_reserved() / 1e9, 2),
    }


def _estimate(engine: Any, largest: tuple[int, int]) -> int:
    from trainer.fused.estimate import estimate_bytes

    return estimate_bytes(engine.model.shape, rank=16, tokens=largest[0], asked=largest[1], options=engine.options)


def _steps(path: Path, variant: Ours) -> Iterator[list[Any]]:
    """Yield the micro-batches of each optimizer step."""
    rows = [json.loads(line) for line in path.open(encoding="utf-8")]
    start = 0
    while start < len(rows):
        taken = rows[start : start + 8]
        if variant.tokens_a_step:  # another batch size: as many rows as fill the budget
            count, total = 0, 0
            while start + count < len(rows) and total + len(rows[start + count]["input_ids"]) <= variant.tokens_a_step:
                total += len(rows[start + count]["input_ids"])
                count += 1
            taken = rows[start : start + count]
        start += len(taken)
        yield [_batch(part) for part in _micro_batches(taken, variant.budget)]


def _micro_batches(rows: list[Any], budget: int) -> list[list[Any]]:
    """Split rows into as few micro-batches as the budget allows, of about equal length."""
    total = sum(len(row["input_ids"]) for row in rows)
    target = total / -(-total // budget)
    parts: list[list[Any]] = [[]]
    held = 0
    for row in rows:
        length = len(row["input_ids"])
        if parts[-1] and (held + length > budget or held + length / 2 > target):
            parts.append([])
            held = 0
        parts[-1].append(row)
        held += length
    return parts


def _batch(rows: list[Any]) -> Any:
    import torch

    from trainer.engine import Batch

    lengths = [len(row["input_ids"]) for row in rows]
    return Batch(
        input_ids=torch.tensor([token for row in rows for token in row["input_ids"]]),
        position_ids=torch.cat([torch.arange(length) for length in lengths]),
        bounds=torch.tensor([0, *lengths]).cumsum(0).to(torch.int32),
        weights=torch.tensor([float(mark) for row in rows for mark in row["completion_mask"]]),
    )
