"""The loss on answer positions only: the output layer in pieces, and the logits become their own gradient."""

from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

PIECE_BYTES: Final = 256 * 2**20
"""Logits held at once. Larger pieces were no faster in `benchmarks/trainer_gpu.py`; smaller ones save little."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which tokens are predicted, and how much each counts."""

    places: Tensor
    """[asked] int64: the position whose output predicts the token, one before the token."""
    targets: Tensor
    """[asked] int64."""
    weights: Tensor
    """[asked] float32."""


def rows_a_piece(vocabulary: int, element_bytes: int) -> int:
    """Return how many positions' logits fit in a piece."""
    return max(64, PIECE_BYTES // (vocabulary * element_bytes) // 64 * 64)


def answer_losses(hidden: Tensor, head: Tensor, asked: Asked, factor: float, ops: Any) -> tuple[Tensor, Tensor | None]:
    """Return the loss of each asked position [asked] float32 and, unless `factor` is 0, the gradient of `hidden`.

    hidden: the last norm's output at `asked.places`, [asked, hidden]. The gradient is that of
    factor × sum(weights × losses).
    """
    losses = torch.empty(hidden.shape[0], dtype=torch.float32, device=hidden.device)
    gradient = torch.empty_like(hidden) if factor else None
    step = rows_a_piece(head.shape[0], head.element_size())
    for start in range(0, hidden.shape[0], step):
        part = slice(start, start + step)
        logits = hidden[part] @ head.t()
        ops.cross_entropy(logits, asked.targets[part], asked.weights[part], factor, losses[part])
        if gradient is not None:
            torch.mm(logits, head, out=gradient[part])
    return losses, gradient
