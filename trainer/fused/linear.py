"""Projections that read one input, as one matrix product with their LoRA inside it.

The 16-bit weight is held as `[W | scale × B]`, the input as `[x | x·Aᵀ]`: the product is W·x + scale·B·A·x with no
further pass over the output, and its transpose gives both input gradients at once. W is either held in 16 bits or
expanded from NF4 into a buffer that all layers share.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from trainer.fused.parameters import Part

_ALIGNED: Final = 8  # elements: matrix products want rows that start at multiples of 16 bytes


@dataclass(frozen=True, kw_only=True)
class Nf4:
    """A weight [outputs, inputs] in NF4: what bitsandbytes made of each projection, laid end to end."""

    packed: Tensor
    """uint8, two values a byte."""
    absmax: Tensor
    """float32, one for 64 values; its own quantization is undone once at loading."""
    code: Tensor
    """The sixteen values, float32."""


@dataclass(kw_only=True)
class Group:
    """The projections of one input, their LoRA parameters and where their gradients are summed."""

    inputs: int
    outputs: tuple[int, ...]
    rank: int
    scale: float
    weight: Tensor | Nf4
    """[outputs, inputs + width] in 16 bits, or NF4."""
    a: Part
    """[projections × rank, inputs]: every lora_A, one below the other."""
    low_b: Part
    """[outputs, rank]: every lora_B, one below the other; scaled in the compute type."""
    b: Tensor
    """[outputs, width] in the compute type: each B in its own columns; part of `weight` where that is held."""
    bias: Tensor | None = None

    @property
    def width(self) -> int:
        """Columns that the LoRA adds to the input, padded to whole 16 bytes."""
        return lora_width(self.rank, len(self.outputs))

    def wide_input(self, tokens: int) -> Tensor:
        """Return an empty [tokens, inputs + width]; the caller fills the first `inputs` columns."""
        wide = self.a.compute.new_empty(tokens, self.inputs + self.width)
        if self.width != self.a.compute.shape[0]:
            wide[:, self.inputs + self.a.compute.shape[0] :] = 0
        return wide

    def down(self, wide: Tensor) -> Tensor:
        """Fill the LoRA columns of an input and return a copy of them [tokens, projections × rank]."""
        low = wide[:, : self.inputs] @ self.a.compute.t()
        wide[:, self.inputs : self.inputs + low.shape[1]] = low
        return low

    def product(self, wide: Tensor, held: Tensor, residual: Tensor | None = None) -> Tensor:
        """Return the projections of an input whose LoRA columns are filled, on top of a residual [tokens, outputs]."""
        if residual is not None:
            return torch.addmm(residual, wide, held.t())
        return wide @ held.t() if self.bias is None else torch.addmm(self.bias, wide, held.t())

    def input_gradient(self, grad: Tensor, low: Tensor, held: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of the input [tokens, inputs] and of its LoRA columns; adds the gradient of B."""
        wide = grad @ held
        slope = wide[:, self.inputs : self.inputs + self.a.compute.shape[0]]
        start = 0
        for number, rows in enumerate(self.outputs):
            part = slice(start, start + rows)
            columns = slice(number * self.rank, (number + 1) * self.rank)
            self.low_b.grad[part].add_(product32(grad[:, part].t(), low[:, columns]), alpha=self.scale)
            start += rows
        out = wide[:, : self.inputs]
        out.addmm_(slope, self.a.compute)
        return out, slope

    def add_a_gradient(self, slope: Tensor, x: Tensor) -> None:
        """Add the gradient of A, from the gradient of the LoRA columns and the input they were made of."""
        self.a.grad.add_(product32(slope.t(), x))

    def refresh(self) -> None:
        """Put every B where the products read it."""
        start = 0
        for number, rows in enumerate(self.outputs):
            columns = slice(number * self.rank, (number + 1) * self.rank)
            self.b[start : start + rows, columns] = self.low_b.compute[start : start + rows]
            start += rows


Expand = Callable[[Group], Tensor]
"""Gives the 16-bit `[W | scale × B]` of a group: the held one, or the shared buffer with NF4 expanded into it."""


def expander(ops: Any, scratch: Tensor | None) -> Expand:
    """Return how to get at 16-bit weights; `scratch` is flat and as large as the largest weight that NF4 expands to."""

    def expand(group: Group) -> Tensor:
        weight = group.weight
        if isinstance(weight, Tensor):
            return weight
        if scratch is None:
            raise ValueError("an NF4 weight and no buffer to expand it into")
        rows, columns = sum(group.outputs), group.inputs + group.width
        out = scratch[: rows * columns].view(rows, columns)
        ops.dequantize_nf4(weight.packed, weight.absmax, weight.code, group.b, out)
        return out

    return expand


def lora_width(rank: int, projections: int) -> int:
    """Return how many columns the LoRA of some projections takes in their common input."""
    return -(-rank * projections // _ALIGNED) * _ALIGNED


def product32(left: Tensor, right: Tensor) -> Tensor:
    """Return a product in float32; 16-bit factors are summed in float32 and not rounded again."""
    if left.dtype == torch.float32:
        return left @ right
    if left.is_cuda:
        return torch.mm(left, right, out_dtype=torch.float32)
    return left.float() @ right.float()
