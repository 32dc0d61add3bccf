"""The fused engine: a LoRA step on a frozen Llama-like base, forward and backward written out for one card."""

import itertools
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trainer.engine import Batch
from trainer.fused.attention import Rows
from trainer.fused.layer import Kept
from trainer.fused.loss import Asked, answer_losses
from trainer.fused.model import Model, load_model
from trainer.fused.options import Options


class FusedEngine:
    """Implements `trainer.engine.Engine`; see there for what each call means."""

    name = "fused"

    def __init__(self, model: Model, *, device: torch.device, options: Options) -> None:
        self.model = model
        self.device = device
        self.options = options
        self._pinned = device.type == "cuda"

    def parameters(self) -> dict[str, Tensor]:
        """Return the LoRA's tensors, float32, by their names in an adapter file."""
        return self.model.parameters.named

    def stepped(self) -> dict[str, Tensor]:
        """Return all of them as one float32 tensor [weights], with one gradient."""
        return {"adapter": self.model.parameters.master}

    def after_update(self) -> None:
        """Carry changed parameters over into the compute type."""
        self.model.refresh()

    def peak_bytes(self) -> int:
        """Return the most memory that was allocated on the card since opening, 0 on a CPU."""
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else 0

    @torch.no_grad()
    def train_step(self, batch: Batch, denominator: float) -> Tensor:
        """Add the gradient of sum(weights × losses) / denominator; return sum(weights × losses), not waited for."""
        model, tools = self.model, self.model.tools
        model.parameters.restore_gradients()
        rows, asked = self._rows(batch), self._asked(batch)
        x = self._embed(batch.input_ids)
        kept: list[Kept | Tensor] = []
        for number, layer in enumerate(model.layers):
            before = x
            x, needed = layer.forward(x, rows, tools)
            kept.append(before if number < self.options.checkpointed_layers else needed)
            del needed
        picked = x[asked.places]
        normed, scale = torch.empty_like(picked), torch.empty_like(asked.weights)
        tools.ops.rms_norm(picked, model.norm, model.shape.norm_epsilon, normed, scale)
        losses, gradient = answer_losses(normed, model.head, asked, 1.0 / denominator, tools.ops)
        assert gradient is not None  # the factor is not 0
        grad = torch.zeros_like(x)
        grad[asked.places] = tools.ops.rms_norm_backward(gradient, picked, model.norm, scale, torch.zeros_like(picked))
        del x, normed, picked, gradient
        for number in reversed(range(len(model.layers))):
            layer, needed_or_x = model.layers[number], kept.pop()
            needed = layer.forward(needed_or_x, rows, tools)[1] if isinstance(needed_or_x, Tensor) else needed_or_x
            grad = layer.backward(grad, needed, rows, tools)
            del needed, needed_or_x
        return (losses * asked.weights).sum()

    @torch.no_grad()
    def row_losses(self, batch: Batch) -> Tensor:
        """Return sum(weights × losses) of each row [rows] float32."""
        asked = self._asked(batch)
        hidden = self._hidden(batch.input_ids, self._rows(batch))[asked.places]
        losses, _ = answer_losses(self._last_norm(hidden), self.model.head, asked, 0.0, self.model.tools.ops)
        row = torch.bucketize(asked.places, batch.bounds[1:].to(self.device), right=True)
        out = torch.zeros(len(batch.bounds) - 1, dtype=torch.float32, device=self.device)
        return out.index_add_(0, row, losses * asked.weights)

    @torch.no_grad()
    def generate(self, prompts: list[list[int]], *, max_new_tokens: int, stop_ids: set[int]) -> list[list[int]]:
        """Return the greedy continuation of each prompt without its stop token, all prompts side by side.

        Every step runs all tokens again, without a cache: for the few short answers of a report that is fast enough.
        """
        answers: list[list[int]] = [[] for _ in prompts]
        open_ = list(range(len(prompts)))
        longest = self.model.tools.cosine.shape[0]
        for _ in range(max_new_tokens):
            open_ = [n for n in open_ if len(prompts[n]) + len(answers[n]) < longest]
            if not open_:
                break
            texts = [prompts[n] + answers[n] for n in open_]
            rows = self._rows_of([len(text) for text in texts])
            hidden = self._hidden(torch.tensor([token for text in texts for token in text]), rows)
            last = self._last_norm(hidden[torch.tensor(rows.ends[1:], device=self.device) - 1])
            best = (last @ self.model.head.t()).float().argmax(-1).tolist()
            for n, token in zip(list(open_), best, strict=True):
                if token in stop_ids:
                    open_.remove(n)
                else:
                    answers[n].append(token)
        return answers

    def _hidden(self, input_ids: Tensor, rows: Rows) -> Tensor:
        x = self._embed(input_ids)
        for layer in self.model.layers:
            x, _ = layer.forward(x, rows, self.model.tools)
        return x

    def _last_norm(self, x: Tensor) -> Tensor:
        out = torch.empty_like(x)
        scale = torch.empty(x.shape[0], dtype=torch.float32, device=self.device)
        self.model.tools.ops.rms_norm(x, self.model.norm, self.model.shape.norm_epsilon, out, scale)
        return out

    def _embed(self, input_ids: Tensor) -> Tensor:
        table = self.model.embedding
        if table.device.type == self.device.type:
            return table[self._send(input_ids)]
        return self._send(table[input_ids])

    def _asked(self, batch: Batch) -> Asked:
        places = torch.nonzero(batch.weights).flatten()
        return Asked(
            places=self._send(places - 1),
            targets=self._send(batch.input_ids[places]),
            weights=self._send(batch.weights[places]),
        )

    def _rows(self, batch: Batch) -> Rows:
        ends = batch.bounds.tolist()
        longest = max(b - a for a, b in itertools.pairwise(ends))
        return Rows(
            positions=self._send(batch.position_ids), bounds=self._send(batch.bounds), ends=ends, longest=longest
        )

    def _rows_of(self, lengths: list[int]) -> Rows:
        positions = torch.cat([torch.arange(length) for length in lengths])
        bounds = torch.tensor([0, *lengths], dtype=torch.int64).cumsum(0).to(torch.int32)
        return Rows(
            positions=self._send(positions), bounds=self._send(bounds), ends=bounds.tolist(), longest=max(lengths)
        )

    def _send(self, tensor: Tensor) -> Tensor:
        """Copy to the device without waiting for it."""
        return tensor.pin_memory().to(self.device, non_blocking=True) if self._pinned else tensor


def open_engine(
    path: Path, *, rank: int, alpha: float, device: str, options: Options, dtype: torch.dtype | None = None
) -> FusedEngine:
    """Open a base model, a folder or a .gguf file, for training.

    dtype: what is computed in; None: bf16 on a card, float32 on a CPU.

    Errors: `UsageError` for a model that the engine cannot run, `InputError` for a damaged checkpoint.
    """
    from transformers import AutoConfig

    from datakit.errors import UsageError
    from trainer.base import gguf_config
    from trainer.fused.shape import why_not

    gguf = path.suffix == ".gguf"
    config: Any = gguf_config(path) if gguf else AutoConfig.from_pretrained(path, local_files_only=True)
    if reason := why_not(config.to_dict()):
        raise UsageError(f"{path}: {reason}; use --set engine=hf")
    place = torch.device(device)
    if dtype is None:
        dtype = torch.bfloat16 if place.type == "cuda" else torch.float32
    if place.type == "cuda":
        torch.cuda.reset_peak_memory_stats(place)
    model = load_model(path, config, rank=rank, alpha=alpha, device=place, dtype=dtype, options=options)
    model.refresh()
    return FusedEngine(model, device=place, options=options)
