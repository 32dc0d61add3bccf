"""Causal attention inside each row of a batch of rows laid end to end: no row can see another.

On a GPU it is torch's own flash attention over row bounds; on a CPU each row is computed alone.
"""

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Where the rows of a batch lie."""

    positions: Tensor
    """[tokens] int64, from 0 in each row."""
    bounds: Tensor
    """[rows + 1] int32, on the device."""
    ends: list[int]
    """The same bounds as numbers."""
    longest: int


Saved = tuple[Tensor, ...]


def attend(query: Tensor, key: Tensor, value: Tensor, rows: Rows) -> tuple[Tensor, Saved]:
    """Return the output [tokens, heads, size] and what its gradient needs. key and value: [tokens, kv heads, size]."""
    scale = query.shape[-1] ** -0.5
    if query.is_cuda:
        out, logsum, seed, offset, _ = torch.ops.aten._flash_attention_forward(
            query, key, value, rows.bounds, rows.bounds, rows.longest, rows.longest, 0.0, True, False, scale=scale
        )
        return out, (logsum, seed, offset)
    pieces = [_one_row(query[a:b], key[a:b], value[a:b], scale) for a, b in _spans(rows)]
    return torch.cat(pieces), ()


def attend_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, out: Tensor, saved: Saved, rows: Rows
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of query, key and value, each in its own shape."""
    scale = query.shape[-1] ** -0.5
    if query.is_cuda:
        logsum, seed, offset = saved
        longest = rows.longest
        gradients: tuple[Tensor, Tensor, Tensor] = torch.ops.aten._flash_attention_backward(
            grad,
            query,
            key,
            value,
            out,
            logsum,
            rows.bounds,
            rows.bounds,
            longest,
            longest,
            0.0,
            True,
            seed,
            offset,
            scale=scale,
        )
        return gradients
    inputs = [tensor.detach().clone().requires_grad_(True) for tensor in (query, key, value)]
    with torch.enable_grad():
        again = torch.cat([_one_row(inputs[0][a:b], inputs[1][a:b], inputs[2][a:b], scale) for a, b in _spans(rows)])
        first, second, third = torch.autograd.grad(again, inputs, grad)
    return first, second, third


def _one_row(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    query, key, value = (tensor.transpose(0, 1)[None] for tensor in (query, key, value))
    out: Tensor = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=scale, enable_gqa=True
    )
    return out[0].transpose(0, 1)


def _spans(rows: Rows) -> list[tuple[int, int]]:
    return [(a, b) for a, b in itertools.pairwise(rows.ends) if b > a]
