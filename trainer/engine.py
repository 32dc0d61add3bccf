"""The seam between the training loop and what computes a step: one batch, one Protocol, and what opens an engine.

The loop (`sft.py`) owns everything that decides what is learnt: data order, loss weights, optimizer, schedule,
clipping, evaluation, checkpoints. An engine owns only forward and backward. So every engine learns the same thing, and
a test can hold one against another.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One padding-free micro-batch: whole rows laid end to end, on the CPU."""

    input_ids: "Tensor"
    """[tokens] int64."""
    position_ids: "Tensor"
    """[tokens] int64; starts again at 0 in each row."""
    bounds: "Tensor"
    """[rows + 1] int32: 0, then the end of each row (`cu_seqlens` of variable-length attention)."""
    weights: "Tensor"
    """[tokens] float32; `weights[t]` weighs the prediction of token t from token t - 1: 0 for the first token of a row,
    1 on answer tokens and their end token, `prompt_loss_weight` on prompt tokens."""


@dataclass(frozen=True, kw_only=True)
class Lora:
    """The adapter's shape: `scaling = alpha / rank`, no bias, no dropout."""

    rank: int
    alpha: int
    targets: tuple[str, ...]
    """Names of the linear layers in each block, such as `q_proj`; never the output head."""


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """What the planner decided; none of it changes the mathematics beyond rounding."""

    quantization: Literal["nf4", "none"] = "none"
    """How the frozen base weights are stored."""
    dtype: Literal["fp32", "bf16", "fp16"] = "fp32"
    """What the forward pass computes in; adapters and their gradients stay fp32."""
    hold_16bit: bool = False
    """NF4 values unpacked once and held in 16 bits: the same numbers, no unpacking in each step, 4 times the memory."""
    checkpointing: bool = False
    """Forget activations in the forward pass and compute them again in the backward pass."""
    compile: bool = False
    """Compile each layer; pays on long runs only."""
    token_budget: int = 2048
    """Tokens of the largest micro-batch, so that an engine may choose static shapes."""


class Engine(Protocol):
    """Forward and backward over a frozen base with a trainable adapter.

    An engine module offers `open_engine(base, lora, *, device, seed, options) -> Engine` and
    `estimate(shape, tokens, options) -> int` (peak bytes of a step, so that the planner can ask before anything loads).
    """

    name: str

    def parameters(self) -> "dict[str, Tensor]":
        """Return the trainable fp32 tensors under the names that PEFT gives them in a file.

        Such as `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`. The optimizer changes them in place.
        """
        ...

    def stepped(self) -> "dict[str, Tensor]":
        """Return what the optimizer changes: `parameters()`, or one buffer that they are views of.

        A buffer costs a handful of launches a step where hundreds of small tensors cost as much as a layer.
        """
        ...

    def train_step(self, batch: Batch, denominator: float) -> "Tensor":
        """Run forward and backward: add the gradient of `sum(weights * nll) / denominator` to the parameters' `.grad`.

        Returns the detached 0-d `sum(weights * nll)` on the engine's device, without waiting for it.
        """
        ...

    def after_update(self) -> None:
        """Refresh whatever is derived from the parameters: the optimizer has just changed them."""
        ...

    def row_losses(self, batch: Batch) -> "Tensor":
        """Return [rows] float32: `sum(weights * nll)` of each row, without a gradient."""
        ...

    def generate(self, prompts: list[list[int]], *, max_new_tokens: int, stop_ids: set[int]) -> list[list[int]]:
        """Return the greedy continuation of each prompt, the stop token left out."""
        ...

    def peak_bytes(self) -> int:
        """Return the high-water mark of the device's memory since the engine was opened; 0 on a CPU."""
        ...
