"""The GPU's side of the fused engine, in Triton: norms, rotary positions, SwiGLU, NF4 values and the loss.

Imported where a CUDA card is in use and nowhere else. Every kernel computes in float32 and stores in the type of its
output; `reference.py` is the same arithmetic in plain torch, and the tests hold each against it.
"""
# mypy: disable-error-code="import-not-found,import-untyped,no-untyped-def,untyped-decorator,no-untyped-call"
# ruff: noqa: N803 - capital letters mark a kernel's compile-time constants, as is usual in Triton

import triton
import triton.language as tl
from torch import Tensor


def rms_norm(x: Tensor, weight: Tensor, epsilon: float, out: Tensor, scale: Tensor) -> None:
    """Write the norm of each row of x [tokens, width] into `out` (any row stride) and 1/rms into `scale` [tokens]."""
    block = triton.next_power_of_2(x.shape[1])
    _rms_norm[(x.shape[0],)](
        x, weight, out, scale, x.stride(0), out.stride(0), x.shape[1], epsilon, BLOCK=block, num_warps=_warps(block)
    )


@triton.jit
def _rms_norm(x, weight, out, scale, x_stride, out_stride, width, epsilon, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    inside = at < width
    value = tl.load(x + row * x_stride + at, mask=inside, other=0.0).to(tl.float32)
    inverse = tl.rsqrt(tl.sum(value * value, 0) / width + epsilon)
    tl.store(scale + row, inverse)
    normed = (value * inverse).to(out.dtype.element_ty).to(tl.float32)
    gain = tl.load(weight + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * out_stride + at, (normed * gain).to(out.dtype.element_ty), mask=inside)


def rms_norm_backward(grad: Tensor, x: Tensor, weight: Tensor, scale: Tensor, residual: Tensor) -> Tensor:
    """Return `residual` plus the gradient that the norm passes to x; `grad` [tokens, width] may have any row stride."""
    import torch

    out = torch.empty_like(x)
    block = triton.next_power_of_2(x.shape[1])
    _rms_norm_backward[(x.shape[0],)](
        grad,
        x,
        weight,
        scale,
        residual,
        out,
        grad.stride(0),
        x.stride(0),
        x.shape[1],
        BLOCK=block,
        num_warps=_warps(block),
    )
    return out


@triton.jit
def _rms_norm_backward(grad, x, weight, scale, residual, out, grad_stride, stride, width, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.arange(0, BLOCK)
    inside = at < width
    inverse = tl.load(scale + row)
    normed = tl.load(x + row * stride + at, mask=inside, other=0.0).to(tl.float32) * inverse
    gain = tl.load(weight + at, mask=inside, other=0.0).to(tl.float32)
    upstream = tl.load(grad + row * grad_stride + at, mask=inside, other=0.0).to(tl.float32) * gain
    inner = inverse * (upstream - normed * (tl.sum(upstream * normed, 0) / width))
    kept = tl.load(residual + row * stride + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * stride + at, (kept + inner).to(out.dtype.element_ty), mask=inside)


def rotate(x: Tensor, out: Tensor, cosine: Tensor, sine: Tensor, positions: Tensor, *, heads: int, sign: int) -> None:
    """Turn the first `heads` heads of each row by its position; `sign` -1 turns back.

    x and out: [tokens, heads × size]. cosine and sine: [positions, size / 2]. x and out may be one tensor.
    """
    half = cosine.shape[1]
    _rotate[(x.shape[0],)](
        x,
        out,
        cosine,
        sine,
        positions,
        x.stride(0),
        out.stride(0),
        heads,
        half,
        sign,
        HEADS=triton.next_power_of_2(heads),
        HALF=triton.next_power_of_2(half),
        num_warps=4,
    )


@triton.jit
def _rotate(
    x,
    out,
    cosine,
    sine,
    positions,
    x_stride,
    out_stride,
    heads,
    half,
    sign,
    HEADS: tl.constexpr,
    HALF: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    head = tl.arange(0, HEADS)[:, None]
    at = tl.arange(0, HALF)[None, :]
    inside = (head < heads) & (at < half)
    place = tl.load(positions + row) * half + at
    cos = tl.load(cosine + place, mask=at < half, other=0.0)
    sin = tl.load(sine + place, mask=at < half, other=0.0) * sign
    source = x + row * x_stride + head * 2 * half + at
    first = tl.load(source, mask=inside, other=0.0).to(tl.float32)
    second = tl.load(source + half, mask=inside, other=0.0).to(tl.float32)
    target = out + row * out_stride + head * 2 * half + at
    tl.store(target, (first * cos - second * sin).to(out.dtype.element_ty), mask=inside)
    tl.store(target + half, (second * cos + first * sin).to(out.dtype.element_ty), mask=inside)


def swiglu(gate_up: Tensor, out: Tensor) -> None:
    """Write silu(gate) × up into `out` [tokens, width], whose row stride is free. gate_up: [tokens, 2 × width]."""
    width = out.shape[1]
    _swiglu[(gate_up.shape[0], triton.cdiv(width, 1024))](
        gate_up, out, gate_up.stride(0), out.stride(0), width, BLOCK=1024
    )


@triton.jit
def _swiglu(gate_up, out, stride, out_stride, width, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < width
    gate = tl.load(gate_up + row * stride + at, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gate_up + row * stride + width + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(out + row * out_stride + at, (gate * tl.sigmoid(gate) * up).to(out.dtype.element_ty), mask=inside)


def swiglu_backward(gate_up: Tensor, grad: Tensor) -> None:
    """Put the gradients of gate and up in the place of `gate_up`, and silu(gate) × up in the place of `grad`."""
    width = grad.shape[1]
    _swiglu_backward[(gate_up.shape[0], triton.cdiv(width, 1024))](
        gate_up, grad, gate_up.stride(0), grad.stride(0), width, BLOCK=1024
    )


@triton.jit
def _swiglu_backward(gate_up, grad, stride, grad_stride, width, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < width
    gates = gate_up + row * stride + at
    grads = grad + row * grad_stride + at
    gate = tl.load(gates, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(gates + width, mask=inside, other=0.0).to(tl.float32)
    upstream = tl.load(grads, mask=inside, other=0.0).to(tl.float32)
    open_ = tl.sigmoid(gate)
    silu = gate * open_
    kind = grad.dtype.element_ty
    tl.store(gates, (upstream * up * (open_ + silu * (1.0 - open_))).to(kind), mask=inside)
    tl.store(gates + width, (upstream * silu).to(kind), mask=inside)
    tl.store(grads, (silu * up).to(kind), mask=inside)


def dequantize_nf4(packed: Tensor, absmax: Tensor, code: Tensor, extra: Tensor, out: Tensor) -> None:
    """Write NF4 weights as 16-bit values into out[:, :inputs] and `extra` [outputs, width] into the columns behind.

    packed: bytes of two values each, the first in the upper half. absmax: float32, one for 64 values. code: 16 floats.
    """
    outputs, total = out.shape
    inputs = total - extra.shape[1]
    _dequantize_nf4[(outputs, triton.cdiv(inputs, 2048) + 1)](
        packed,
        absmax,
        code,
        extra,
        out,
        inputs,
        extra.shape[1],
        extra.stride(0),
        out.stride(0),
        BLOCK=1024,
        EXTRA=triton.next_power_of_2(extra.shape[1]),
    )


@triton.jit
def _dequantize_nf4(
    packed, absmax, code, extra, out, inputs, width, extra_stride, stride, BLOCK: tl.constexpr, EXTRA: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64)
    part = tl.program_id(1)
    if part == tl.num_programs(1) - 1:
        column = tl.arange(0, EXTRA)
        added = tl.load(extra + row * extra_stride + column, mask=column < width, other=0.0)
        tl.store(out + row * stride + inputs + column, added, mask=column < width)
    else:
        at = part * BLOCK + tl.arange(0, BLOCK)  # in pairs of values
        inside = at * 2 < inputs
        pair = tl.load(packed + row * (inputs // 2) + at, mask=inside, other=0).to(tl.int32)
        size = tl.load(absmax + (row * inputs + at * 2) // 64, mask=inside, other=0.0)
        first = (tl.load(code + (pair >> 4)) * size).to(out.dtype.element_ty)
        second = (tl.load(code + (pair & 15)) * size).to(out.dtype.element_ty)
        place = part * BLOCK * 2 + tl.arange(0, BLOCK * 2)
        tl.store(out + row * stride + place, tl.interleave(first, second), mask=place < inputs)


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, factor: float, losses: Tensor) -> None:
    """Write each row's loss into `losses` [rows] and put the gradient × weight × factor in the place of its logits.

    A factor of 0 leaves the logits as they are. logits: [rows, vocabulary]; losses are not weighted.
    """
    _cross_entropy[(logits.shape[0],)](
        logits, targets, weights, losses, logits.stride(0), logits.shape[1], factor, BLOCK=8192, num_warps=16
    )


@triton.jit
def _cross_entropy(logits, targets, weights, losses, stride, vocabulary, factor, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    base = logits + row * stride
    target = tl.load(targets + row)
    highest = -float("inf")
    total = 0.0
    for start in range(0, vocabulary, BLOCK):
        at = start + tl.arange(0, BLOCK)
        value = tl.load(base + at, mask=at < vocabulary, other=-float("inf")).to(tl.float32)
        peak = tl.maximum(highest, tl.max(value, 0))
        total = total * tl.exp(highest - peak) + tl.sum(tl.exp(value - peak), 0)
        highest = peak
    logsum = highest + tl.log(total)
    tl.store(losses + row, logsum - tl.load(base + target).to(tl.float32))
    if factor != 0.0:
        share = tl.load(weights + row) * factor
        for start in range(0, vocabulary, BLOCK):
            at = start + tl.arange(0, BLOCK)
            value = tl.load(base + at, mask=at < vocabulary, other=-float("inf")).to(tl.float32)
            slope = tl.exp(value - logsum) - tl.where(at == target, 1.0, 0.0)
            tl.store(base + at, (slope * share).to(logits.dtype.element_ty), mask=at < vocabulary)


def _warps(block: int) -> int:
    return 4 if block <= 2048 else 8 if block <= 8192 else 16
