"""What is measured."""

from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, kw_only=True)
class Ours:
    """A setting of the fused engine."""

    options: dict[str, Any] = field(default_factory=dict)
    budget: int = 8192
    """Tokens of the largest micro-batch."""
    tokens_a_step: int = 0
    """Fill each optimizer step with rows up to this many tokens, instead of eight rows."""
    limit_gb: float | None = None
    """Memory that the run must stay within."""


@dataclass(frozen=True, kw_only=True)
class Unsloth:
    """A setting of Unsloth's own SFTTrainer."""

    batch: int = 2
    accumulation: int = 4
    checkpointing: Any = "unsloth"


VARIANTS: Final[dict[str, Ours | Unsloth]] = {
    "unsloth-2x4": Unsloth(),
    "unsloth-8x1": Unsloth(batch=8, accumulation=1, checkpointing=False),
    "held": Ours(),
    "held-24gb": Ours(options={"embedding_on_cpu": True}, budget=2048, limit_gb=24.0),
    "nf4": Ours(options={"hold_16bit": False}),
    "nf4-16gb": Ours(options={"hold_16bit": False}, budget=2048, limit_gb=16.0),
    "nf4-checkpointed": Ours(options={"hold_16bit": False, "checkpointed_layers": 999}),
    "held-4096-tokens": Ours(tokens_a_step=4096),
    "nf4-4096-tokens": Ours(options={"hold_16bit": False}, tokens_a_step=4096),
}
