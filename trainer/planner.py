"""The plan: what a run will do and take, decided before a weight is loaded, with the reason for each choice."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from datakit.errors import MissingDependencyError, UsageError
from trainer.base import Base
from trainer.batches import DataOrder, micro_batches, steps_of
from trainer.config import ALL_LINEAR, Config
from trainer.engine import EngineOptions
from trainer.engines import ENGINES, engine_module
from trainer.errors import DoesNotFitError
from trainer.examples import Example
from trainer.memory import ModelShape, free_bytes, shape_of

MARGIN: Final = 0.92  # of the free memory: the allocator's fragments and the libraries' own buffers take the rest
_SMALLEST_BUDGET: Final = 512
_CPU_BUDGET: Final = 1024
"""Tokens of a micro-batch on a CPU. Longer ones gain nothing there, and the mask that keeps rows apart grows with the
square: SmolLM2 took 10 GB for a step of 2,800 tokens."""
_SHARE_OF_PRODUCT: Final = {"fused": 0.8, "unsloth": 0.1, "hf": 0.05}
"""How much of a 4096 × 4096 product's speed a step on a card reaches, from `benchmarks/results/trainer_gpu.json` (the
fused engine's 8 rows a step; the others launch more than they compute) and from the runs that its page speaks of."""
_SHARE_ON_CPU: Final = 0.5  # 0.4 to 0.6 for SmolLM2 on two cores
_LLAMA_8B: Final = ModelShape(
    layers=32, hidden=4096, intermediate=14336, heads=32, kv_heads=8, head=128, vocabulary=128256, tied=False
)
_GEMMA_270M: Final = ModelShape(
    layers=18, hidden=640, intermediate=2048, heads=4, kv_heads=1, head=256, vocabulary=262144, tied=True
)
_SMOLLM2: Final = ModelShape(
    layers=30, hidden=576, intermediate=1536, heads=9, kv_heads=3, head=64, vocabulary=49152, tied=True
)
PRESET_SHAPES: Final[tuple[tuple[str, ModelShape, Literal["nf4", "none"], int], ...]] = (
    ("t4-16gb", _LLAMA_8B, "nf4", 1024),
    ("gemma", _GEMMA_270M, "none", 1024),
    ("cpu-smollm2", _SMOLLM2, "none", 1024),
    ("smoke", replace(_SMOLLM2, layers=2, hidden=64, intermediate=176, vocabulary=2000), "none", 512),
)
"""Presets from large to small, with quantization and tokens of a micro-batch: what to offer where one does not fit."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a user may set beside the configuration; nothing of it changes what is learnt beyond rounding."""

    device: str = "auto"
    token_budget: int = 0
    """Tokens of the largest micro-batch; 0: the planner decides."""
    checkpointing: str = "auto"
    """auto, on or off."""
    hold_16bit: str = "auto"
    """auto, on or off: unpack NF4 once and hold it in 16 bits."""
    compile: str = "auto"
    """auto, on or off."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run will do."""

    engine: str
    device: str
    options: EngineOptions
    steps: int
    epochs: float
    rows: int
    rows_per_step: int
    tokens: int
    """Over the whole run."""
    answer_tokens: int
    largest_step_tokens: int
    micro_batches: float
    """Micro-batches of a step, on average."""
    peak_bytes: int
    """Estimated."""
    free_bytes: int
    seconds: float
    """Estimated for the training steps, from the speed of a matrix product on this device."""
    reasons: tuple[str, ...]
    """Why each choice was made."""

    @property
    def token_budget(self) -> int:
        return self.options.token_budget


def make_plan(
    config: Config,
    base: Base,
    examples: Sequence[Example],
    *,
    device: str,
    wishes: Wishes | None = None,
    free: int | None = None,
) -> Plan:
    """Return the plan for these examples on a device.

    Errors: `UsageError` where there is nothing to learn, `MissingDependencyError` where the engine is not installed,
    `DoesNotFitError` where no choice fits, with the preset that would.
    """
    wishes = wishes or Wishes()
    if not examples:
        raise UsageError("no train row is left to learn from; `trainer plan VERSION` lists why each was left out")
    reasons: list[str] = []
    engine = choose_engine(config, base, device=device, reasons=reasons)
    dtype = choose_dtype(config, device=device, reasons=reasons)
    steps = steps_of(config, len(examples))
    order = DataOrder(
        row_ids=tuple(row.row_id for row in examples), seed=config.seed, rows_per_step=config.rows_per_step
    )
    lengths = [len(row.input_ids) for row in examples]
    by_step = [[lengths[index] for index in order.step(number)] for number in range(steps)]
    largest = max(sum(step) for step in by_step)
    shape = _shape(base, config)
    free = free_bytes(device) if free is None else free
    options, peak = _fit(
        config,
        shape,
        engine,
        dtype,
        device=device,
        largest=largest,
        longest=max(lengths),
        free=free,
        wishes=wishes,
        reasons=reasons,
    )
    cut = [
        len(micro_batches(step, token_budget=options.token_budget, max_rows=config.rows_per_micro_batch))
        for step in by_step
    ]
    tokens = sum(map(sum, by_step))
    answers = [row.answer_tokens for row in examples]
    return Plan(
        engine=engine,
        device=device,
        options=options,
        steps=steps,
        epochs=round(steps * config.rows_per_step / len(examples), 2),
        rows=len(examples),
        rows_per_step=config.rows_per_step,
        tokens=tokens,
        answer_tokens=sum(answers[index] for number in range(steps) for index in order.step(number)),
        largest_step_tokens=largest,
        micro_batches=round(sum(cut) / steps, 2),
        peak_bytes=peak,
        free_bytes=free,
        seconds=round(_seconds(shape, tokens, device, engine, options), 1) if shape else 0.0,
        reasons=tuple(reasons),
    )


def choose_engine(config: Config, base: Base, *, device: str, reasons: list[str]) -> str:
    """Return the engine that runs this: the one asked for, or the fastest that can."""
    from importlib.util import find_spec

    if config.engine != "auto":
        if find_spec(ENGINES[config.engine]) is None:
            raise MissingDependencyError(f"engine {config.engine}: not part of this installation; --set engine=hf is")
        reasons.append(f"engine {config.engine}: asked for")
        return config.engine
    if not device.startswith("cuda"):
        reasons.append("engine hf: the only one for a CPU")
        return "hf"
    if find_spec(ENGINES["fused"]) is not None:
        because = _not_fused(config, base, dtype=choose_dtype(config, device=device, reasons=[]))
        if because is None:
            reasons.append("engine fused: the fastest one, and it knows this architecture")
            return "fused"
        reasons.append(f"not engine fused: {because}")
    if find_spec("unsloth") is not None and base.form == "safetensors":
        reasons.append("engine unsloth: installed, and faster than plain transformers")
        return "unsloth"
    reasons.append("engine hf: unsloth is not installed or cannot load this base")
    return "hf"


def _not_fused(config: Config, base: Base, *, dtype: str) -> str | None:
    """Return why the fused engine is not taken, or None."""
    if set(config.targets) != set(ALL_LINEAR):
        return f"it adapts all of {', '.join(ALL_LINEAR)}"
    if dtype == "fp16":
        return "it computes in bf16"
    found: str | None = engine_module("fused").supports(base.config)
    return found


def choose_dtype(config: Config, *, device: str, reasons: list[str]) -> Any:
    """Return what the forward pass computes in."""
    if config.dtype != "auto":
        return config.dtype
    if not device.startswith("cuda"):
        reasons.append("fp32: a CPU")
        return "fp32"
    import torch

    if torch.cuda.is_bf16_supported(including_emulation=False):
        reasons.append("bf16: this GPU has it")
        return "bf16"
    reasons.append("fp16: this GPU has no bf16")
    return "fp16"


def _shape(base: Base, config: Config) -> ModelShape | None:
    try:
        return shape_of(base.config, rank=config.rank)
    except (KeyError, TypeError, ValueError):
        return None


def _fit(
    config: Config,
    shape: ModelShape | None,
    engine: str,
    dtype: Any,
    *,
    device: str,
    largest: int,
    longest: int,
    free: int,
    wishes: Wishes,
    reasons: list[str],
) -> tuple[EngineOptions, int]:
    """Return the fastest options that fit, tried from fast to frugal."""
    _check_wishes(wishes, config, engine, device)
    plain = EngineOptions(quantization=config.quantization, dtype=dtype, token_budget=wishes.token_budget or largest)
    if shape is None:
        reasons.append("memory: not estimated, the configuration is none of a decoder that is known here")
        return replace(plain, checkpointing=wishes.checkpointing == "on"), 0
    estimate = engine_module(engine).estimate
    first = largest if device.startswith("cuda") else min(largest, max(longest, _CPU_BUDGET))
    budgets = [wishes.token_budget] if wishes.token_budget else _budgets(first, longest)
    packed = config.quantization == "nf4" and engine == "fused"
    held = {"on": [True], "off": [False], "auto": [True, False]}[wishes.hold_16bit] if packed else [False]
    again = {"on": [True], "off": [False], "auto": [False, True]}[wishes.checkpointing]
    least = 0
    for budget in budgets:
        for checkpointing in again:
            for hold in held:
                options = replace(
                    plain,
                    token_budget=budget,
                    checkpointing=checkpointing,
                    hold_16bit=hold,
                    compile=wishes.compile == "on",
                )
                # no micro-batch is larger than the largest step; one longer row makes one of its own
                peak = int(estimate(shape, min(largest, max(budget, longest)), options))
                if peak <= free * MARGIN:
                    reasons += _why(options, peak, free, largest)
                    return options, peak
                least = min(least or peak, peak)
    raise DoesNotFitError(
        f"does not fit: {gib(least)} needed at least, {gib(free)} are free on this device"
        f" (rows of up to {longest} tokens). {_smaller(free)}"
    )


def _check_wishes(wishes: Wishes, config: Config, engine: str, device: str) -> None:
    """Refuse a wish that would be ignored."""
    if wishes.compile == "on" and (engine != "hf" or not device.startswith("cuda")):
        raise UsageError(
            f"--compile on: engine {engine} on {device} compiles nothing; only --set engine=hf on a GPU does"
        )
    if wishes.hold_16bit == "on" and (engine != "fused" or config.quantization != "nf4"):
        raise UsageError(f"--hold-16bit on: engine {engine} with quantization {config.quantization} unpacks nothing")


def _budgets(largest: int, longest: int) -> list[int]:
    """Return token budgets to try: a whole step at once, then halves of it down to the longest row."""
    budgets = [largest]
    while budgets[-1] // 2 >= max(longest, _SMALLEST_BUDGET):
        budgets.append(budgets[-1] // 2)
    if budgets[-1] > longest:
        budgets.append(longest)
    return budgets


def _why(options: EngineOptions, peak: int, free: int, largest: int) -> list[str]:
    whole = "a whole step at once" if options.token_budget >= largest else "as much of a step as fits"
    lines = [f"token budget {options.token_budget}: {whole}; {gib(peak)} estimated, {gib(free)} free"]
    if options.checkpointing:
        lines.append("checkpointing on: without it the step would not fit")
    if options.hold_16bit:
        lines.append("NF4 values held in 16 bits: there is room, and nothing is unpacked in the step")
    return lines


def _smaller(free: int) -> str:
    for name, shape, quantization, tokens in PRESET_SHAPES:
        options = EngineOptions(
            quantization=quantization,
            dtype="fp16" if quantization == "nf4" else "fp32",
            checkpointing=quantization == "nf4",
        )
        if engine_module("hf").estimate(shape, tokens, options) <= free * MARGIN:
            return f"--preset {name} would fit"
    return "No preset fits: free some memory"


def _seconds(shape: ModelShape, tokens: int, device: str, engine: str, options: EngineOptions) -> float:
    """Return the estimated time of the steps, from a matrix product timed here."""
    import torch

    kind = device.partition(":")[0]
    size, dtype = (4096, torch.bfloat16) if kind == "cuda" else (512, torch.float32)
    left = torch.ones(size, size, device=device, dtype=dtype)
    (left @ left).sum().item()
    began = time.perf_counter()
    for _ in range(4):
        result = left @ left
    result.sum().item()
    speed = 4 * 2 * size**3 / (time.perf_counter() - began)
    share = _SHARE_OF_PRODUCT.get(engine, _SHARE_ON_CPU) if kind == "cuda" else _SHARE_ON_CPU
    return shape.flops(tokens, checkpointing=options.checkpointing) / (speed * share)


def gib(count: int) -> str:
    """Return bytes as text: `12.3 GiB`."""
    return f"{count / 2**30:.1f} GiB" if count >= 1 << 30 else f"{count / 2**20:.0f} MiB"
