"""The same arithmetic as `kernels.py` in plain torch: what a CPU runs, and what the kernels are held against."""

import torch
from torch import Tensor


def rms_norm(x: Tensor, weight: Tensor, epsilon: float, out: Tensor, scale: Tensor) -> None:
    """As `kernels.rms_norm`."""
    wide = x.float()
    scale.copy_(torch.rsqrt(wide.square().mean(-1) + epsilon))
    out.copy_((wide * scale[:, None]).to(x.dtype) * weight)


def rms_norm_backward(grad: Tensor, x: Tensor, weight: Tensor, scale: Tensor, residual: Tensor) -> Tensor:
    """As `kernels.rms_norm_backward`."""
    normed = x.float() * scale[:, None]
    upstream = grad.float() * weight.float()
    inner = scale[:, None] * (upstream - normed * (upstream * normed).mean(-1, keepdim=True))
    return (residual.float() + inner).to(x.dtype)


def rotate(x: Tensor, out: Tensor, cosine: Tensor, sine: Tensor, positions: Tensor, *, heads: int, sign: int) -> None:
    """As `kernels.rotate`."""
    half = cosine.shape[1]
    width = heads * 2 * half
    pairs = x[:, :width].float().view(-1, heads, 2, half)
    first, second = pairs[:, :, 0], pairs[:, :, 1]
    cos, sin = cosine[positions][:, None], sine[positions][:, None] * sign
    turned = torch.stack((first * cos - second * sin, second * cos + first * sin), dim=2)
    out[:, :width] = turned.reshape(-1, width).to(out.dtype)


def swiglu(gate_up: Tensor, out: Tensor) -> None:
    """As `kernels.swiglu`."""
    gate, up = gate_up.float().chunk(2, dim=1)
    out.copy_(torch.nn.functional.silu(gate) * up)


def swiglu_backward(gate_up: Tensor, grad: Tensor) -> None:
    """As `kernels.swiglu_backward`."""
    gate, up = gate_up.float().chunk(2, dim=1)
    opened = torch.sigmoid(gate)
    silu = gate * opened
    upstream = grad.float()
    slopes = torch.cat((upstream * up * (opened + silu * (1 - opened)), upstream * silu), dim=1)
    grad.copy_(silu * up)
    gate_up.copy_(slopes)


def dequantize_nf4(packed: Tensor, absmax: Tensor, code: Tensor, extra: Tensor, out: Tensor) -> None:
    """As `kernels.dequantize_nf4`."""
    inputs = out.shape[1] - extra.shape[1]
    pairs = packed.flatten().int()
    values = code[torch.stack((pairs >> 4, pairs & 15), dim=1)].view(-1, 64) * absmax[:, None]
    out[:, :inputs] = values.view(out.shape[0], inputs).to(out.dtype)
    out[:, inputs:] = extra


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, factor: float, losses: Tensor) -> None:
    """As `kernels.cross_entropy`."""
    wide = logits.float()
    logsum = torch.logsumexp(wide, dim=1)
    losses.copy_(logsum - wide.gather(1, targets[:, None])[:, 0])
    if factor:
        slope = torch.exp(wide - logsum[:, None])
        slope.scatter_add_(1, targets[:, None], torch.full_like(slope[:, :1], -1.0))
        logits.copy_(slope * (weights * factor)[:, None])
