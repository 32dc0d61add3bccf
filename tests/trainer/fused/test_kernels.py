"""The Triton kernels against plain torch, on a CUDA card only."""

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'ancient-aurora[train]'")

from trainer.fused import reference  # noqa: E402

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card; CI has none")
TOKENS, WIDTH = 37, 192
KINDS = ["float32", "bfloat16"]
TOLERANCE = {"float32": 2e-5, "bfloat16": 2e-2}


def numbers(*shape: int, kind: str = "float32") -> Any:
    """Return random numbers on the card."""
    return torch.randn(*shape, device="cuda").to(getattr(torch, kind))


def agree(kind: str, call: Callable[[Any, list[Any]], Any], *tensors: Any) -> None:
    """Run a call with the kernels and with plain torch on copies; every tensor it may write must come out alike."""
    from trainer.fused import kernels

    sides = []
    for arithmetic in (kernels, reference):
        copies = [tensor.clone() for tensor in tensors]
        outcome = call(arithmetic, copies)
        sides.append([*copies, *([outcome] if outcome is not None else [])])
    for ours, theirs in zip(*sides, strict=True):
        error = (ours.float() - theirs.float()).norm() / theirs.float().norm().clamp(min=1e-6)
        assert error < TOLERANCE[kind], float(error)


@pytest.mark.parametrize("kind", KINDS)
def test_norm_forward_and_backward(kind: str) -> None:
    """The norm, 1/rms and the gradient with its residual, written into rows with a stride of their own."""
    x, weight, wide = (
        numbers(TOKENS, WIDTH, kind=kind),
        numbers(WIDTH, kind=kind),
        numbers(TOKENS, WIDTH + 8, kind=kind),
    )
    scale = numbers(TOKENS)
    agree(kind, lambda ops, t: ops.rms_norm(t[0], t[1], 1e-5, t[2][:, :WIDTH], t[3]), x, weight, wide, scale)
    scale = torch.rsqrt(x.float().square().mean(-1) + 1e-5)
    grad, residual = numbers(TOKENS, WIDTH + 8, kind=kind), numbers(TOKENS, WIDTH, kind=kind)
    agree(
        kind,
        lambda ops, t: ops.rms_norm_backward(t[0][:, :WIDTH], t[1], t[2], t[3], t[4]),
        grad, x, weight, scale, residual,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sign", [1, -1])
def test_rotary_positions(kind: str, sign: int) -> None:
    """Only the heads asked for are turned, in place, by each token's own position."""
    angle = torch.rand(64, 24, device="cuda") * 6
    positions = torch.randint(0, 64, (TOKENS,), device="cuda")
    agree(
        kind,
        lambda ops, t: ops.rotate(t[0], t[0], angle.cos(), angle.sin(), positions, heads=3, sign=sign),
        numbers(TOKENS, WIDTH, kind=kind),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_swiglu_forward_and_backward(kind: str) -> None:
    """The product and both gradients, with widths that are no multiple of a block."""
    gate_up = numbers(TOKENS, 2 * 1100, kind=kind)
    agree(kind, lambda ops, t: ops.swiglu(t[0], t[1][:, :1100]), gate_up, numbers(TOKENS, 1108, kind=kind))
    agree(kind, lambda ops, t: ops.swiglu_backward(t[0], t[1][:, :1100]), gate_up, numbers(TOKENS, 1108, kind=kind))


@pytest.mark.parametrize("factor", [0.0, 0.125])
@pytest.mark.parametrize("kind", KINDS)
def test_cross_entropy(kind: str, factor: float) -> None:
    """Losses, and the weighted gradient in the logits' place, over a vocabulary that is no multiple of a block."""
    targets = torch.randint(0, 20011, (TOKENS,), device="cuda")
    weights = torch.rand(TOKENS, device="cuda")
    agree(
        kind,
        lambda ops, t: ops.cross_entropy(t[0], targets, weights, factor, t[1]),
        numbers(TOKENS, 20011, kind=kind) * 3, torch.zeros(TOKENS, device="cuda"),
    )  # fmt: skip


@pytest.mark.parametrize("inputs", [64, 4096, 14336])
def test_nf4_is_what_bitsandbytes_reads(inputs: int) -> None:
    """Expanded values are bit for bit those of bitsandbytes, and the extra columns lie behind them."""
    from bitsandbytes import functional

    from trainer.fused import kernels

    weight = numbers(96, inputs, kind="bfloat16")
    packed, state = functional.quantize_4bit(weight, blocksize=64, compress_statistics=True, quant_type="nf4")
    absmax = functional.dequantize_blockwise(state.absmax, state.state2) + state.offset
    extra = numbers(96, 16, kind="bfloat16")
    out = torch.full((96, inputs + 16), float("nan"), device="cuda", dtype=torch.bfloat16)
    kernels.dequantize_nf4(packed.flatten(), absmax.float(), state.code.float(), extra, out)
    assert torch.equal(out[:, inputs:], extra)
    assert torch.equal(out[:, :inputs], functional.dequantize_4bit(packed, state))


@pytest.mark.parametrize("kv_heads", [2, 8])
def test_attention_of_rows_laid_end_to_end(kv_heads: int) -> None:
    """Flash attention over row bounds gives what each row alone gives on a CPU, forward and backward."""
    from trainer.fused.attention import Rows, attend, attend_backward

    ends = [0, 11, 12, 37]
    results = []
    torch.manual_seed(0)
    tensors = [torch.randn(TOKENS, heads, 64).bfloat16() for heads in (8, kv_heads, kv_heads, 8)]
    for device in ("cuda", "cpu"):
        rows = Rows(
            positions=torch.zeros(0), bounds=torch.tensor(ends, dtype=torch.int32, device=device), ends=ends, longest=25
        )
        query, key, value, grad = (t.to(device) if device == "cuda" else t.float() for t in tensors)
        out, saved = attend(query, key, value, rows)
        results.append([out, *attend_backward(grad, query, key, value, out, saved, rows)])
    for ours, theirs in zip(*results, strict=True):
        assert (ours.float().cpu() - theirs).norm() / theirs.norm() < 1e-2
