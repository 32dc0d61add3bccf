"""One decoder layer forward and backward, written out: what is kept, what is recomputed, and no autograd in between."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from trainer.fused.attention import Rows, Saved, attend, attend_backward
from trainer.fused.linear import Expand, Group
from trainer.fused.shape import Shape


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What all layers share: the arithmetic, the shape, the rotary tables and the way to 16-bit weights."""

    ops: Any
    shape: Shape
    cosine: Tensor
    """[positions, head / 2] float32."""
    sine: Tensor
    expand: Expand


@dataclass(kw_only=True)
class Kept:
    """What the backward pass of a layer needs of its forward pass; [tokens, …] in the compute type."""

    x: Tensor
    scale_in: Tensor
    """1/rms of the first norm, [tokens] float32."""
    low_qkv: Tensor
    """The LoRA columns of the projections' input."""
    qkv: Tensor
    """Turned queries and keys, values."""
    mixed: Tensor
    """Attention's output with its LoRA columns."""
    attention: Saved
    middle: Tensor
    """The residual after attention."""
    scale_mid: Tensor
    low_gate_up: Tensor
    gate_up: Tensor
    low_down: Tensor


@dataclass(frozen=True, kw_only=True)
class Layer:
    """The weights of a decoder layer."""

    norm_in: Tensor
    norm_mid: Tensor
    qkv: Group
    o: Group
    gate_up: Group
    down: Group

    @property
    def groups(self) -> dict[str, Group]:
        """The groups under their names in GROUPS."""
        return {"qkv": self.qkv, "o": self.o, "gate_up": self.gate_up, "down": self.down}

    def forward(self, x: Tensor, rows: Rows, tools: Tools) -> tuple[Tensor, Kept]:
        """Return the residual after the layer [tokens, hidden] and what `backward` needs."""
        ops, shape, tokens = tools.ops, tools.shape, x.shape[0]
        normed, scale_in = self._normed(x, self.norm_in, self.qkv, tools)
        low_qkv = self.qkv.down(normed)
        qkv = self.qkv.product(normed, tools.expand(self.qkv))
        turned = shape.heads + shape.kv_heads
        ops.rotate(qkv, qkv, tools.cosine, tools.sine, rows.positions, heads=turned, sign=1)
        out, attention = attend(*_heads(qkv, shape), rows)
        mixed = self.o.wide_input(tokens)
        mixed[:, : self.o.inputs] = out.reshape(tokens, -1)
        self.o.down(mixed)
        middle = self.o.product(mixed, tools.expand(self.o), x)
        normed, scale_mid = self._normed(middle, self.norm_mid, self.gate_up, tools)
        low_gate_up = self.gate_up.down(normed)
        gate_up = self.gate_up.product(normed, tools.expand(self.gate_up))
        del normed
        inner = self.down.wide_input(tokens)
        ops.swiglu(gate_up, inner[:, : self.down.inputs])
        low_down = self.down.down(inner)
        after = self.down.product(inner, tools.expand(self.down), middle)
        kept = Kept(
            x=x,
            scale_in=scale_in,
            low_qkv=low_qkv,
            qkv=qkv,
            mixed=mixed,
            attention=attention,
            middle=middle,
            scale_mid=scale_mid,
            low_gate_up=low_gate_up,
            gate_up=gate_up,
            low_down=low_down,
        )
        return after, kept

    def backward(self, grad: Tensor, kept: Kept, rows: Rows, tools: Tools) -> Tensor:
        """Return the gradient of the layer's input; adds the gradients of every A and B. Uses up `kept`."""
        return self._attention_backward(self._mlp_backward(grad, kept, tools), kept, rows, tools)

    def _mlp_backward(self, grad: Tensor, kept: Kept, tools: Tools) -> Tensor:
        ops = tools.ops
        inner, slope = self.down.input_gradient(grad, kept.low_down, tools.expand(self.down))
        ops.swiglu_backward(kept.gate_up, inner)  # inner is now the input that `down` had
        self.down.add_a_gradient(slope, inner)
        del inner, slope
        passed, slope = self.gate_up.input_gradient(kept.gate_up, kept.low_gate_up, tools.expand(self.gate_up))
        normed, _ = self._normed(kept.middle, self.norm_mid, self.gate_up, tools)
        self.gate_up.add_a_gradient(slope, normed[:, : self.gate_up.inputs])
        out: Tensor = ops.rms_norm_backward(passed, kept.middle, self.norm_mid, kept.scale_mid, grad)
        return out

    def _attention_backward(self, grad: Tensor, kept: Kept, rows: Rows, tools: Tools) -> Tensor:
        ops, shape, tokens = tools.ops, tools.shape, grad.shape[0]
        mixed = kept.mixed[:, : self.o.inputs]
        low = kept.mixed[:, self.o.inputs :]
        passed, slope = self.o.input_gradient(grad, low, tools.expand(self.o))
        self.o.add_a_gradient(slope, mixed)
        heads = (tokens, shape.heads, shape.head)
        query, key, value = _heads(kept.qkv, shape)
        d_query, d_key, d_value = attend_backward(
            passed.reshape(heads), query, key, value, mixed.reshape(heads), kept.attention, rows
        )
        d_qkv = kept.qkv  # its values are spent
        widths = (shape.heads * shape.head, shape.kv_heads * shape.head)
        parts = torch.split(d_qkv, [*widths, widths[1]], dim=1)
        for part, slopes, count in ((parts[0], d_query, shape.heads), (parts[1], d_key, shape.kv_heads)):
            turned = slopes.reshape(tokens, -1)
            ops.rotate(turned, part, tools.cosine, tools.sine, rows.positions, heads=count, sign=-1)
        parts[2].copy_(d_value.reshape(tokens, -1))
        passed, slope = self.qkv.input_gradient(d_qkv, kept.low_qkv, tools.expand(self.qkv))
        normed, _ = self._normed(kept.x, self.norm_in, self.qkv, tools)
        self.qkv.add_a_gradient(slope, normed[:, : self.qkv.inputs])
        out: Tensor = ops.rms_norm_backward(passed, kept.x, self.norm_in, kept.scale_in, grad)
        return out

    @staticmethod
    def _normed(x: Tensor, weight: Tensor, group: Group, tools: Tools) -> tuple[Tensor, Tensor]:
        """Return the norm of x in the first columns of a group's input, and 1/rms [tokens]."""
        wide = group.wide_input(x.shape[0])
        scale = x.new_empty(x.shape[0], dtype=tools.cosine.dtype)
        tools.ops.rms_norm(x, weight, tools.shape.norm_epsilon, wide[:, : group.inputs], scale)
        return wide, scale


def _heads(qkv: Tensor, shape: Shape) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values as views [tokens, heads, size] of the projections' common output."""
    sizes = [shape.heads * shape.head, shape.kv_heads * shape.head, shape.kv_heads * shape.head]
    query, key, value = torch.split(qkv, sizes, dim=1)
    return (
        query.view(-1, shape.heads, shape.head),
        key.view(-1, shape.kv_heads, shape.head),
        value.view(-1, shape.kv_heads, shape.head),
    )
