"""The plain arithmetic of the fused engine against autograd: forward as torch has it, backward as torch derives it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from trainer.fused import reference  # noqa: E402

SIZES = st.tuples(st.integers(1, 7), st.integers(1, 24))
SEEDS = st.integers(0, 2**31)


def numbers(seed: int, *shape: int, spread: float = 1.0) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).float() * spread


@settings(max_examples=40)
@given(SIZES, SEEDS, st.sampled_from([1e-6, 1e-5, 0.1]))
def test_the_norm_is_torchs_rms_norm(size: tuple[int, int], seed: int, epsilon: float) -> None:
    """Output and 1/rms of each row are torch's own, written into rows with a stride of their own."""
    x, weight = numbers(seed, *size), numbers(seed + 1, size[1])
    wide = torch.full((size[0], size[1] + 3), 7.0)
    scale = torch.empty(size[0])
    reference.rms_norm(x, weight, epsilon, wide[:, : size[1]], scale)
    torch.testing.assert_close(wide[:, : size[1]], torch.nn.functional.rms_norm(x, (size[1],), weight, epsilon))
    torch.testing.assert_close(scale, (x.square().mean(1) + epsilon).rsqrt())
    assert bool((wide[:, size[1] :] == 7).all()), "the columns beside belong to the adapter"


@settings(max_examples=40)
@given(SIZES, SEEDS)
def test_the_norms_gradient_is_autograds(size: tuple[int, int], seed: int) -> None:
    """The gradient of x with the residual on top is what autograd derives."""
    x, weight, grad, residual = (numbers(seed, *size).requires_grad_(), numbers(seed + 1, size[1]),
                                 numbers(seed + 2, *size), numbers(seed + 3, *size))  # fmt: skip
    torch.nn.functional.rms_norm(x, (size[1],), weight, 1e-5).backward(grad)
    plain = x.detach()
    scale = (plain.square().mean(1) + 1e-5).rsqrt()
    found = reference.rms_norm_backward(grad, plain, weight, scale, residual)
    torch.testing.assert_close(found, x.grad + residual, rtol=1e-4, atol=1e-5)


def turned(x: Any, cosine: Any, sine: Any, positions: Any, *, heads: int, sign: int) -> Any:
    out = x.clone()
    reference.rotate(x, out, cosine, sine, positions, heads=heads, sign=sign)
    return out


@settings(max_examples=40)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 5), SEEDS)
def test_turning_back_undoes_turning(tokens: int, heads: int, half: int, seed: int) -> None:
    """A turn keeps every head's length, sign −1 takes it back, and the heads behind those asked for stay."""
    angle = numbers(seed, 9, half) * 3
    positions = torch.arange(tokens) * 2 % 9
    x = numbers(seed + 1, tokens, (heads + 1) * 2 * half)
    there = turned(x, angle.cos(), angle.sin(), positions, heads=heads, sign=1)
    width = heads * 2 * half
    assert torch.equal(there[:, width:], x[:, width:])
    torch.testing.assert_close(
        there[:, :width].view(tokens, heads, -1).norm(dim=2), x[:, :width].view(tokens, heads, -1).norm(dim=2)
    )
    torch.testing.assert_close(turned(there, angle.cos(), angle.sin(), positions, heads=heads, sign=-1), x)


def test_a_turn_is_that_of_transformers() -> None:
    """Each token is turned by its own position, first half against second half, as Llama's code does."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    heads, half = 3, 4
    angle, x = numbers(1, 16, half), numbers(2, 5, heads * 2 * half)
    positions = torch.tensor([3, 0, 15, 1, 2])
    cosine, sine = (torch.cat([part, part], dim=1)[positions][None] for part in (angle.cos(), angle.sin()))
    by_head = x.view(1, 5, heads, 2 * half).transpose(1, 2)
    expected, _ = apply_rotary_pos_emb(by_head, by_head, cosine, sine)
    found = turned(x, angle.cos(), angle.sin(), positions, heads=heads, sign=1)
    torch.testing.assert_close(found, expected.transpose(1, 2).reshape(5, -1))


@settings(max_examples=40)
@given(SIZES, SEEDS)
def test_the_gate_and_its_gradients_are_autograds(size: tuple[int, int], seed: int) -> None:
    """silu(gate) × up, both gradients in the place of gate and up, and the product again in the place of the slope."""
    tokens, width = size
    gate_up, grad = numbers(seed, tokens, 2 * width, spread=3).requires_grad_(), numbers(seed + 1, tokens, width)
    expected = torch.nn.functional.silu(gate_up[:, :width]) * gate_up[:, width:]
    expected.backward(grad)
    plain, out, slope = gate_up.detach().clone(), torch.empty(tokens, width), grad.clone()
    reference.swiglu(plain, out)
    torch.testing.assert_close(out, expected.detach())
    reference.swiglu_backward(plain, slope)
    torch.testing.assert_close(plain, gate_up.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(slope, expected.detach())


@settings(max_examples=40)
@given(SIZES, SEEDS, st.sampled_from([0.125, 1.0, 3.0]))
def test_the_loss_and_its_gradient_are_torchs(size: tuple[int, int], seed: int, factor: float) -> None:
    """Losses are plain, the gradient in the logits' place carries weight and factor."""
    rows, vocabulary = size
    generator = torch.Generator().manual_seed(seed)
    logits = numbers(seed, rows, vocabulary, spread=4).requires_grad_()
    targets, weights = torch.randint(0, vocabulary, (rows,), generator=generator), numbers(seed + 1, rows).abs()
    expected = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    (expected * weights).sum().mul(factor).backward()
    plain, losses = logits.detach().clone(), torch.empty(rows)
    reference.cross_entropy(plain, targets, weights, factor, losses)
    torch.testing.assert_close(losses, expected.detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(plain, logits.grad, rtol=1e-4, atol=1e-6)


def test_a_factor_of_nothing_leaves_the_logits() -> None:
    """Scoring wants losses only: the logits stay as they are."""
    logits, losses = numbers(1, 3, 5), torch.empty(3)
    kept = logits.clone()
    reference.cross_entropy(logits, torch.tensor([0, 4, 2]), torch.ones(3), 0.0, losses)
    assert torch.equal(logits, kept)
    assert bool((losses > 0).all())


def test_logits_beyond_what_exp_takes_have_a_loss() -> None:
    """Logits of some hundreds overflow no sum: a sure answer costs nothing, a sure mistake its distance."""
    logits, losses = torch.tensor([[500.0, 0.0], [500.0, 0.0], [-500.0, -900.0]]), torch.empty(3)
    reference.cross_entropy(logits, torch.tensor([0, 1, 0]), torch.ones(3), 1.0, losses)
    assert losses.tolist() == [0.0, 500.0, 0.0]
    assert bool(torch.isfinite(logits).all())


@pytest.mark.parametrize(
    ("outputs", "inputs", "width"), [(1, 64, 8), (3, 128, 8), (64, 1, 8), (2, 32, 16), (4, 192, 0)]
)
def test_nf4_is_unpacked_value_by_value(outputs: int, inputs: int, width: int) -> None:
    """Byte by byte, upper half first, each value times the size of its 64, and the extra columns behind."""
    generator = torch.Generator().manual_seed(outputs)
    packed = torch.randint(0, 256, (outputs * inputs // 2,), generator=generator).to(torch.uint8)
    absmax, code = numbers(3, outputs * inputs // 64).abs(), torch.linspace(-1, 1, 16)
    extra, out = numbers(4, outputs, width), torch.full((outputs, inputs + width), float("nan"))
    reference.dequantize_nf4(packed, absmax, code, extra, out)
    values: list[float] = []
    for byte in packed.tolist():
        for half in (byte >> 4, byte & 15):
            values.append(float(code[half] * absmax[len(values) // 64]))
    assert out[:, :inputs].flatten().tolist() == pytest.approx(values)
    assert torch.equal(out[:, inputs:], extra)
