"""An engine that costs nothing: each token is predicted from the one before it, through a table and a real adapter.

It keeps every promise of the Protocol, learns, and can run out of memory on purpose, so that the loop can be tested in
milliseconds without a model.
"""

from typing import TYPE_CHECKING, Any

from trainer.base import Base
from trainer.engine import Batch, EngineOptions, Lora

if TYPE_CHECKING:
    from torch import Tensor

_WIDTH = 16
_NAME = "base_model.model.model.layers.0.self_attn.q_proj"


class FakeEngine:
    """A table of `vocabulary` random vectors in place of a model."""

    name = "fake"

    def __init__(self, *, vocabulary: int, lora: Lora, seed: int = 0, memory_tokens: int | None = None) -> None:
        """`memory_tokens`: a training batch of more tokens raises `torch.OutOfMemoryError`, as a full GPU does."""
        import torch

        generator = torch.Generator().manual_seed(seed)
        self._table = torch.randn(vocabulary, _WIDTH, generator=generator)
        self._head = torch.randn(vocabulary, _WIDTH, generator=generator) * 0.1
        self._scaling = lora.alpha / lora.rank
        self._a = torch.zeros(lora.rank, _WIDTH, requires_grad=True)
        self._b = torch.zeros(_WIDTH, lora.rank, requires_grad=True)
        self._memory_tokens = memory_tokens
        self.largest_batch = 0
        """Tokens of the largest training batch so far."""

    def parameters(self) -> "dict[str, Tensor]":
        return {f"{_NAME}.lora_A.weight": self._a, f"{_NAME}.lora_B.weight": self._b}

    def stepped(self) -> "dict[str, Tensor]":
        return self.parameters()

    def train_step(self, batch: Batch, denominator: float) -> "Tensor":
        import torch

        tokens = batch.input_ids.numel()
        if self._memory_tokens is not None and tokens > self._memory_tokens:
            raise torch.OutOfMemoryError(f"a batch of {tokens} tokens, {self._memory_tokens} fit")
        self.largest_batch = max(self.largest_batch, tokens)
        total = self._losses(batch).sum()
        (total / denominator).backward()  # type: ignore[no-untyped-call]
        return total.detach()

    def after_update(self) -> None:
        pass

    def row_losses(self, batch: Batch) -> "Tensor":
        import torch

        with torch.no_grad():
            losses = self._losses(batch)
            rows = torch.repeat_interleave(torch.arange(batch.bounds.numel() - 1), batch.bounds.diff().long())
            return torch.zeros(batch.bounds.numel() - 1).index_add_(0, rows, losses)

    def generate(self, prompts: list[list[int]], *, max_new_tokens: int, stop_ids: set[int]) -> list[list[int]]:
        import torch

        answers = []
        with torch.no_grad():
            for prompt in prompts:
                last, answer = prompt[-1], list[int]()
                while len(answer) < max_new_tokens:
                    last = int(self._logits(torch.tensor([last])).argmax())
                    if last in stop_ids:
                        break
                    answer.append(last)
                answers.append(answer)
        return answers

    def peak_bytes(self) -> int:
        return 0

    def _logits(self, before: "Tensor") -> "Tensor":
        hidden = self._table[before]
        return (hidden + self._scaling * hidden @ self._a.T @ self._b.T) @ self._head.T

    def _losses(self, batch: Batch) -> "Tensor":
        """Return [tokens]: the weighed loss of each token; a row's first is predicted from nothing and weighs 0."""
        from torch.nn.functional import cross_entropy

        before = batch.input_ids.roll(1)
        return cross_entropy(self._logits(before), batch.input_ids, reduction="none") * batch.weights


def open_engine(base: Base, lora: Lora, *, device: str, seed: int, options: EngineOptions) -> FakeEngine:
    """Open the fake; device and options mean nothing to it."""
    del device, options
    return FakeEngine(vocabulary=len(base.tokenizer), lora=lora, seed=seed)


def estimate(shape: Any, tokens: int, options: EngineOptions) -> int:
    """Return 0: it needs next to nothing."""
    del shape, tokens, options
    return 0
