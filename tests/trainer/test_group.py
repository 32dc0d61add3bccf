"""Several devices without starting any: what one process sends, what it does with the answer, and when it is silent."""

from typing import Any

import pytest

from trainer.distributed import Group, open_group


class Wire:
    """Stands in for `torch.distributed`: the others send `others`, and every call is noted."""

    def __init__(self, others: float = 0.0) -> None:
        self.others = others
        self.sent: list[list[float]] = []
        self.calls: list[Any] = []

    def all_reduce(self, tensor: Any) -> None:
        self.sent.append(tensor.flatten().tolist())
        tensor.add_(self.others)

    def barrier(self) -> None:
        self.calls.append("barrier")

    def destroy_process_group(self) -> None:
        self.calls.append("destroy")

    def init_process_group(self, backend: str, **keys: Any) -> None:
        self.calls.append((backend, keys))

    def get_rank(self) -> int:
        return 1


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    from torch import distributed

    found = Wire()
    for name in ("all_reduce", "barrier", "destroy_process_group", "init_process_group", "get_rank"):
        monkeypatch.setattr(distributed, name, getattr(found, name))
    return found


def tensors() -> list[Any]:
    import torch

    return [torch.zeros(2, 3, requires_grad=True), torch.zeros(4, requires_grad=True), torch.zeros(1, 1, 2)]


def test_gradients_go_out_in_one_message_and_come_back_to_their_places(wire: Wire) -> None:
    """All gradients laid end to end are one message; each tensor gets its own stretch of the sum, in its own shape."""
    import torch

    wire.others = 100
    every = tensors()
    for number, tensor in enumerate(every):
        tensor.grad = torch.arange(tensor.numel(), dtype=torch.float32).view_as(tensor) + 10 * number
    kept = [tensor.grad for tensor in every]
    Group(rank=0, size=2).add_gradients(iter(every))
    assert wire.sent == [[0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 20, 21]]
    assert [tensor.grad.tolist() for tensor in every] == [
        [[100, 101, 102], [103, 104, 105]], [110, 111, 112, 113], [[[120, 121]]],
    ]  # fmt: skip
    assert all(tensor.grad is grad for tensor, grad in zip(every, kept, strict=True)), "in place: views of a buffer"


def test_a_process_without_a_row_sends_nothing_and_gets_the_sum(wire: Wire) -> None:
    """A step with fewer rows than devices: a device that had none takes part with zeros."""
    wire.others = 7
    every = tensors()
    Group(rank=1, size=3).add_gradients(every)
    assert wire.sent == [[0.0] * 12]
    assert all(bool((tensor.grad == 7).all()) for tensor in every)


def test_alone_nothing_is_sent(wire: Wire) -> None:
    """One process is no group: no message, no waiting, no end, and a gradient of its own stays."""
    import torch

    group = Group()
    every = tensors()
    every[0].grad = torch.ones(2, 3)
    group.add_gradients(every)
    value = torch.tensor(3.0)
    assert group.add(value) is value
    group.wait()
    group.close()
    assert (wire.sent, wire.calls, every[1].grad) == ([], [], None)


def test_several_wait_for_each_other_and_leave(wire: Wire) -> None:
    """A number is added up over all, a wait is a barrier, the end is the end of the group."""
    import torch

    wire.others = 4
    group = Group(rank=1, size=2)
    assert float(group.add(torch.tensor(3.0))) == 7
    group.wait()
    group.close()
    assert wire.calls == ["barrier", "destroy"]


def test_the_first_of_several_writes() -> None:
    """One process speaks and writes: the first. Each takes its own share."""
    groups = [Group(rank=rank, size=3) for rank in range(3)]
    assert [group.writes for group in groups] == [True, False, False]
    assert [group.share for group in groups] == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize(
    ("cuda", "asked", "device"),
    [
        (False, "auto", "cpu"), (False, "cpu", "cpu"), (True, "auto", "cuda:0"), (True, "cuda", "cuda:0"),
        (True, "cuda:1", "cuda:1"), (True, "cpu", "cpu"),
    ],
)  # fmt: skip
def test_one_process_takes_the_device_that_was_asked_for(
    cuda: bool, asked: str, device: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto` is a card where there is one, `cuda` the first card, a number that card; nothing is opened for one."""
    import torch

    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    assert open_group(asked) == Group(device=device)
    assert wire.calls == []


@pytest.mark.parametrize(("cuda", "device"), [(False, "cpu"), (True, "cuda:1")])
def test_one_of_several_takes_the_card_of_its_number(
    cuda: bool, device: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What torchrun says decides: NCCL over cards, each process on its own, gloo over CPUs."""
    import torch

    chosen: list[int] = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    assert open_group() == Group(rank=1, size=2, device=device)
    ((backend, keys),) = wire.calls
    assert backend == ("nccl" if cuda else "gloo")
    assert keys == ({"device_id": torch.device("cuda", 1)} if cuda else {})
    assert chosen == ([1] if cuda else [])


def test_a_cpu_is_taken_beside_cards_where_it_is_asked_for(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--device cpu` under torchrun runs over gloo, though the machine has cards."""
    import torch

    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert open_group("cpu").device == "cpu"
    assert wire.calls[0][0] == "gloo"
