"""The LoRA's parameters in one buffer: every A, then every B, so that an optimizer's step is a handful of launches."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from trainer.fused.shape import GROUPS, Shape


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of the buffers: what the optimizer changes, where its gradient is summed, and its 16-bit form."""

    master: Tensor
    grad: Tensor
    compute: Tensor


@dataclass(kw_only=True)
class Parameters:
    """Buffers of float32 parameters and gradients, and what the products read."""

    master: Tensor
    """[weights] float32; its `.grad` is `grad`."""
    grad: Tensor
    compute: Tensor
    """[weights] in the compute type; B scaled."""
    scale: float
    split: int
    """Where the B's begin."""
    named: dict[str, Tensor] = field(default_factory=dict)
    """Views into `master`, by their names in an adapter file."""
    gradients: list[Tensor] = field(default_factory=list)
    """Views into `grad`, in the order of `named`."""
    _taken: list[int] = field(default_factory=lambda: [0, 0])

    @classmethod
    def empty(cls, shape: Shape, *, rank: int, scale: float, dtype: torch.dtype, device: torch.device) -> "Parameters":
        """Return zeros for a LoRA on every projection."""
        size = shape.adapter_weights(rank)
        split = shape.layers * rank * sum(len(names) * shape.inputs(group) for group, names in GROUPS.items())
        master, grad = (torch.zeros(size, dtype=torch.float32, device=device) for _ in range(2))
        master.grad = grad
        return cls(
            master=master,
            grad=grad,
            compute=torch.zeros(size, dtype=dtype, device=device),
            scale=scale,
            split=split,
            _taken=[0, split],
        )

    def take(self, kind: int, columns: int, rows: int) -> Part:
        """Return the next rows × columns of the A's (kind 0) or of the B's (kind 1)."""
        start = self._taken[kind]
        self._taken[kind] += rows * columns
        views = [
            buffer[start : start + rows * columns].view(rows, columns)
            for buffer in (self.master, self.grad, self.compute)
        ]
        return Part(master=views[0], grad=views[1], compute=views[2])

    def name(self, name: str, part: Part, rows: slice) -> None:
        """Give some rows of a part the name that an adapter file uses."""
        parameter = part.master[rows]
        parameter.grad = part.grad[rows]
        self.named[name] = parameter
        self.gradients.append(part.grad[rows])

    def restore_gradients(self) -> None:
        """Put back the gradients that an optimizer let go of, as zeros."""
        if self.master.grad is None:
            self.grad.zero_()
            self.master.grad = self.grad
        for parameter, grad in zip(self.named.values(), self.gradients, strict=True):
            if parameter.grad is None:
                grad.zero_()
                parameter.grad = grad

    def refresh(self) -> None:
        """Carry the parameters over into the compute type."""
        self.compute[: self.split].copy_(self.master[: self.split])
        self.compute[self.split :].copy_(self.master[self.split :] * self.scale)
