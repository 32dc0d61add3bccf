"""How much memory a model takes, from its configuration alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trainer.engine import EngineOptions
from trainer.shape import Sizes, sizes_in

ANSWER_SHARE: Final = 0.6
"""Share of a row's tokens that are learnt, for which logits are made: 115 of 198 in the measured rows."""
_NF4_BYTES: Final = 0.516  # half a byte, and one double-quantized scale for each 64 weights
_ADAM_BYTES: Final = 16  # fp32: the weight, its gradient, two moments
CUDA_CONTEXT: Final = 600 << 20  # what a process takes before it allocates anything


@dataclass(frozen=True, kw_only=True)
class ModelShape(Sizes):
    """A decoder with the adapter that is trained on it."""

    rank: int = 16
    config: Mapping[str, Any] | None = None
    """The configuration they were read from, for an engine that reads it in its own way."""

    def flops(self, tokens: int, *, checkpointing: bool) -> float:
        """Return the operations of a training step over frozen weights: forward and the gradient of the inputs."""
        passes = 6 if checkpointing else 4
        weights = self.weights() + ANSWER_SHARE * self.vocabulary * self.hidden
        return tokens * (passes * weights + 6 * self.adapter_weights(self.rank))


def shape_of(config: Mapping[str, Any], *, rank: int = 16) -> ModelShape:
    """Return the shape that a config.json describes. Errors: `KeyError` where it is no decoder's."""
    inner = config.get("text_config") or config
    tied = inner.get("tie_word_embeddings", config.get("tie_word_embeddings", False))
    return ModelShape(**{**sizes_in(inner), "tied": bool(tied)}, rank=rank, config=config)


def weight_bytes(shape: ModelShape, options: EngineOptions) -> int:
    """Return the bytes of the frozen weights on the device."""
    size = {"fp32": 4, "bf16": 2, "fp16": 2}[options.dtype]
    packed = options.quantization == "nf4" and not options.hold_16bit
    tables = shape.vocabulary * shape.hidden * (1 if shape.tied else 2)
    return int(shape.weights() * (_NF4_BYTES if packed else size) + tables * size)


def adapter_bytes(shape: ModelShape) -> int:
    """Return the bytes of the adapter, its gradients and its optimizer."""
    return shape.adapter_weights(shape.rank) * _ADAM_BYTES


def logit_bytes(shape: ModelShape, tokens: int, options: EngineOptions) -> int:
    """Return the bytes of the logits of the learnt positions, their fp32 copy, and its gradient."""
    size = {"fp32": 4, "bf16": 2, "fp16": 2}[options.dtype]
    copies = 2 * 4 + (2 * size if size == 2 else 0) + 4
    return int(ANSWER_SHARE * tokens * shape.vocabulary * copies)


def free_bytes(device: str) -> int:
    """Return the memory that a device could still give."""
    if device.startswith("cuda"):
        import torch

        free, _ = torch.cuda.mem_get_info(device)
        return int(free)
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 8 << 30  # no /proc, such as on macOS: what a small machine has
