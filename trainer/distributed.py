"""Several devices, one process each (`torchrun`): gradients are added up once a step, and only the first one writes."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Group:
    """This process among all of them; alone by default."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def writes(self) -> bool:
        """Return whether this process writes files and speaks."""
        return self.rank == 0

    @property
    def share(self) -> tuple[int, int]:
        return self.rank, self.size

    def add_gradients(self, tensors: "Iterable[Tensor]") -> None:
        """Add up the gradients of all processes in one message. The loss's denominator counts all rows of the step."""
        if self.size == 1:
            return
        import torch
        from torch import distributed

        every = list(tensors)
        for tensor in every:
            if tensor.grad is None:  # no row of this step came to this process
                tensor.grad = torch.zeros_like(tensor)
        flat = torch.cat([tensor.grad.flatten() for tensor in every if tensor.grad is not None])
        distributed.all_reduce(flat)
        start = 0
        for tensor in every:
            assert tensor.grad is not None
            tensor.grad.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()

    def add(self, value: "Tensor") -> "Tensor":
        """Return a tensor added up over all processes."""
        if self.size > 1:
            from torch import distributed

            distributed.all_reduce(value)
        return value

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            from torch import distributed

            distributed.barrier()

    def close(self) -> None:
        """Leave the group."""
        if self.size > 1:
            from torch import distributed

            distributed.destroy_process_group()


def open_group(device: str = "auto") -> Group:
    """Return the group that `torchrun` started, or this process alone; `device` is auto, cpu, cuda or cuda:N."""
    import torch

    size = int(os.environ.get("WORLD_SIZE", "1"))
    cuda = torch.cuda.is_available() if device == "auto" else device.startswith("cuda")
    if size == 1:
        return Group(device=("cuda:0" if cuda else "cpu") if device in ("auto", "cuda") else device)
    from torch import distributed

    local = int(os.environ.get("LOCAL_RANK", "0"))
    if cuda:
        torch.cuda.set_device(local)
        distributed.init_process_group("nccl", device_id=torch.device("cuda", local))
    else:
        distributed.init_process_group("gloo")
    return Group(rank=distributed.get_rank(), size=size, device=f"cuda:{local}" if cuda else "cpu")
