"""Projections with their LoRA inside: the product, its gradients and the buffers, against the sum written out."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from trainer.fused import reference  # noqa: E402
from trainer.fused.linear import Group, Nf4, expander, lora_width, product32  # noqa: E402
from trainer.fused.parameters import Parameters, Part  # noqa: E402
from trainer.fused.shape import GROUPS, Shape  # noqa: E402

SHAPE = Shape(
    layers=2, hidden=16, intermediate=24, heads=4, kv_heads=2, head=8, vocabulary=31, tied=False, norm_epsilon=1e-5,
    qkv_bias=False,
)  # fmt: skip


@given(st.integers(1, 200), st.integers(1, 3))
def test_the_columns_of_a_lora_are_whole_sixteen_bytes(rank: int, projections: int) -> None:
    """As many as the adapters need, rounded up to eight, and never eight too many."""
    width = lora_width(rank, projections)
    assert width % 8 == 0
    assert rank * projections <= width < rank * projections + 8


def group(outputs: tuple[int, ...], inputs: int, rank: int, scale: float, *, bias: bool) -> Group:
    """Return a group with random weights, A and B."""
    torch.manual_seed(sum(outputs) + inputs + rank)
    total, count = sum(outputs), len(outputs)

    def part(rows: int, columns: int) -> Part:
        master = torch.randn(rows, columns)
        return Part(master=master, grad=torch.zeros(rows, columns), compute=master.clone())

    a, low_b = part(count * rank, inputs), part(total, rank)
    low_b.compute.mul_(scale)
    weight = torch.nn.functional.pad(torch.randn(total, inputs), (0, lora_width(rank, count)))
    made = Group(
        inputs=inputs, outputs=outputs, rank=rank, scale=scale, weight=weight, a=a, low_b=low_b,
        b=weight[:, inputs:], bias=torch.randn(total) if bias else None,
    )  # fmt: skip
    made.refresh()
    return made


def written_out(made: Group, x: Any, a: Any, b: Any) -> Any:
    """Return the projections one by one: W·x + scale·B·A·x + bias."""
    assert isinstance(made.weight, torch.Tensor)
    pieces, row = [], 0
    for number, rows in enumerate(made.outputs):
        low = a[number * made.rank : (number + 1) * made.rank]
        piece = x @ made.weight[row : row + rows, : made.inputs].t()
        piece = piece + made.scale * (x @ low.t()) @ b[row : row + rows].t()
        pieces.append(piece if made.bias is None else piece + made.bias[row : row + rows])
        row += rows
    return torch.cat(pieces, dim=1)


GROUP_SIZES = [((5,), 6, 2), ((4, 3, 3), 8, 3), ((7, 7), 5, 8), ((2, 2, 2), 16, 1)]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("outputs", "inputs", "rank"), GROUP_SIZES)
def test_one_product_is_all_projections_with_their_adapters(
    outputs: tuple[int, ...], inputs: int, rank: int, bias: bool
) -> None:
    """The product of [W | scale·B] and [x | x·Aᵀ] is every projection by itself; each B reads its own A only."""
    made = group(outputs, inputs, rank, 0.5, bias=bias)
    x = torch.randn(9, inputs)
    wide = made.wide_input(9)
    wide[:, :inputs] = x
    low = made.down(wide)
    held = expander(reference, None)(made)
    expected = written_out(made, x, made.a.master, made.low_b.master)
    torch.testing.assert_close(made.product(wide, held), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(low, x @ made.a.master.t())


@pytest.mark.parametrize(("outputs", "inputs", "rank"), GROUP_SIZES)
def test_the_gradients_are_those_of_autograd(outputs: tuple[int, ...], inputs: int, rank: int) -> None:
    """Input, every A and every B get what autograd derives, added to what was there."""
    made = group(outputs, inputs, rank, 0.5, bias=False)
    x, grad = torch.randn(9, inputs, requires_grad=True), torch.randn(9, sum(outputs))
    a, b = (part.master.clone().requires_grad_() for part in (made.a, made.low_b))
    written_out(made, x, a, b).backward(grad)
    wide = made.wide_input(9)
    wide[:, :inputs] = x.detach()
    low = made.down(wide)
    made.a.grad.fill_(1)
    made.low_b.grad.fill_(2)
    assert isinstance(made.weight, torch.Tensor)
    passed, slope = made.input_gradient(grad, low, made.weight)
    made.add_a_gradient(slope, x.detach())
    torch.testing.assert_close(passed, x.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(made.a.grad - 1, a.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(made.low_b.grad - 2, b.grad, rtol=1e-4, atol=1e-4)


def test_a_residual_takes_the_place_of_a_product_of_its_own() -> None:
    """On top of a residual the output is the sum of both, and the residual stays as it was."""
    made = group((6,), 6, 2, 1.0, bias=False)
    wide, residual = made.wide_input(4), torch.randn(4, 6)
    wide[:, :6] = torch.randn(4, 6)
    made.down(wide)
    kept = residual.clone()
    assert isinstance(made.weight, torch.Tensor)
    torch.testing.assert_close(made.product(wide, made.weight, residual), made.product(wide, made.weight) + kept)
    assert torch.equal(residual, kept)


def test_columns_that_no_adapter_fills_are_nothing() -> None:
    """Padding columns of the input are zero even where memory held something that is no number."""
    made = group((4, 3, 3), 8, 3, 1.0, bias=False)
    assert made.width - 9 == 7
    for _ in range(20):
        torch.full((9, 24), float("nan"))  # leaves its memory for the next tensor of this size
        assert bool((made.wide_input(9)[:, 8 + 9 :] == 0).all())


def test_an_nf4_weight_wants_a_buffer_and_leaves_the_adapter_in_it() -> None:
    """Without a buffer it is an error; with one, values and B's columns stand in it, read from the group each time."""
    made = group((4,), 64, 3, 1.0, bias=False)
    code = torch.linspace(-1, 1, 16)
    made.weight = Nf4(packed=torch.arange(128).to(torch.uint8), absmax=torch.ones(4), code=code)
    with pytest.raises(ValueError, match="an NF4 weight and no buffer to expand it into"):
        expander(reference, None)(made)
    scratch = torch.full((4 * (64 + made.width) + 5,), float("nan"))
    expand = expander(reference, scratch)
    out = expand(made)
    assert out.shape == (4, 64 + made.width)
    assert torch.equal(out[:, 64:], made.b)
    assert out[0, :4].tolist() == [code[0], code[0], code[0], code[1]]
    made.b.fill_(3)
    assert bool((expand(made)[:, 64:] == 3).all())
    assert bool(torch.isnan(scratch[-5:]).all()), "no further than the weight goes"


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
def test_a_gradient_is_summed_in_float32(kind: str) -> None:
    """Sixteen-bit factors give the product of their values, not a sixteen-bit one."""
    left, right = (torch.rand(3, 4000).to(getattr(torch, kind)) for _ in range(2))
    found = product32(left, right.t())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), left.double() @ right.double().t(), rtol=1e-5, atol=1e-4)


def parameters(rank: int = 3, scale: float = 0.25) -> Parameters:
    device = torch.device("cpu")
    return Parameters.empty(SHAPE, rank=rank, scale=scale, dtype=torch.bfloat16, device=device)


@settings(max_examples=10)
@given(st.integers(1, 20))
def test_the_buffer_is_filled_exactly(rank: int) -> None:
    """Every A and every B of every layer has its own stretch: none overlap, none is left over."""
    made = parameters(rank)
    number = 0.0
    for _ in range(SHAPE.layers):
        for kind, names in GROUPS.items():
            outputs = sum(SHAPE.outputs(name) for name in names)
            for side, columns, rows in ((0, SHAPE.inputs(kind), len(names) * rank), (1, rank, outputs)):
                part = made.take(side, columns, rows)
                assert part.master.shape == part.grad.shape == part.compute.shape == (rows, columns)
                assert bool((part.master == 0).all()), "taken twice"
                number += 1
                part.master.fill_(number)
    assert made.master.numel() == SHAPE.adapter_weights(rank)
    assert bool((made.master != 0).all())


def test_only_b_is_scaled_on_its_way_to_the_products() -> None:
    """A comes over as it is, B times the scale, both in the compute type."""
    made = parameters(scale=0.25)
    made.master.fill_(8)
    made.refresh()
    assert made.compute.dtype == torch.bfloat16
    assert set(made.compute[: made.split].tolist()) == {8.0}
    assert set(made.compute[made.split :].tolist()) == {2.0}


def test_a_name_is_a_view_of_the_buffer() -> None:
    """What is written under a name stands in the one buffer, and its gradient in the buffer's gradient."""
    made = parameters()
    part = made.take(0, 16, 9)
    made.name("second", part, slice(3, 6))
    made.named["second"].fill_(5)
    grad: Any = made.named["second"].grad
    grad.fill_(7)
    for buffer, value in ((made.master, 5), (made.grad, 7)):
        assert bool((buffer[3 * 16 : 6 * 16] == value).all())
        assert int((buffer != 0).sum()) == 3 * 16


def test_gradients_that_were_let_go_come_back_as_nothing() -> None:
    """After `set_to_none` a step begins at zero, whichever of buffer and names the optimizer was given."""
    made = parameters()
    made.name("one", made.take(0, 16, 9), slice(0, 9))
    made.grad.fill_(4)
    made.named["one"].grad = None
    made.restore_gradients()
    assert bool((made.grad[: 9 * 16] == 0).all())
    assert bool((made.grad[9 * 16 :] == 4).all()), "what was not let go is still being summed"
    made.master.grad = None
    made.restore_gradients()
    assert bool((made.grad == 0).all())
    assert made.master.grad is made.grad
