"""Unsloth's FastLanguageModel behind the same seam: its kernels and its NF4 layers, our loss and our loop.

Importing unsloth rewrites transformers, so it is imported in one function, after its statistics were switched off and
before anything of transformers runs a model. Bounds of rows are handed over as `packed_seq_lengths`, which its
attention reads; `prove_isolation` shows that it did. The last hidden states are asked for
(`UNSLOTH_RETURN_HIDDEN_STATES`), so that logits are made at learnt positions only.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from datakit.errors import MissingDependencyError, UsageError
from trainer.base import Base
from trainer.engine import Batch, EngineOptions, Lora
from trainer.engines.causal import chosen_positions, greedy, prove_isolation, weighed_losses
from trainer.engines.hf import HfEngine
from trainer.engines.hf import estimate as hf_estimate
from trainer.memory import ModelShape
from trainer.quiet import silence

if TYPE_CHECKING:
    from torch import Tensor

_HIDDEN: Final = "UNSLOTH_RETURN_HIDDEN_STATES"
_INSTALL: Final = "pip install 'ancient-aurora[unsloth]', or --set engine=hf"


class UnslothEngine(HfEngine):
    """A `PeftModel` made by unsloth; parameters, precision and loss scaling are the plain engine's."""

    name = "unsloth"

    def __init__(self, model: Any, *, device: str, options: EngineOptions, pad_id: int, config: Any, fast: Any) -> None:
        super().__init__(model, device=device, options=options, pad_id=pad_id)
        self._hidden_size = int(config["hidden_size"])
        self._softcap = config.get("final_logit_softcapping")
        self._checkpointing = options.checkpointing
        self._fast = fast

    def generate(self, prompts: list[list[int]], *, max_new_tokens: int, stop_ids: set[int]) -> list[list[int]]:
        self._fast.for_inference(self._model)
        try:
            with self._precision():
                return greedy(
                    self._model, prompts, max_new_tokens=max_new_tokens, stop_ids=stop_ids, pad_id=self._pad_id
                )
        finally:
            self._fast.for_training(self._model, use_gradient_checkpointing=self._checkpointing)

    def _losses(self, batch: Batch) -> "tuple[Tensor, Tensor]":
        chosen = chosen_positions(batch)
        with self._precision(), _hidden_states():
            made = self._model(
                input_ids=batch.input_ids[None].to(self._device, non_blocking=True),
                position_ids=batch.position_ids[None].to(self._device, non_blocking=True),
                packed_seq_lengths=batch.bounds.diff(),
                use_cache=False,
            ).logits[0]
            picked = made[(chosen - 1).to(self._device, non_blocking=True)]
            if picked.shape[-1] == self._hidden_size:  # else this architecture's forward gave logits after all
                head = self._model.get_output_embeddings()
                picked = head(picked.to(head.weight.dtype))
                if self._softcap:
                    picked = self._softcap * (picked / self._softcap).tanh()
        return chosen, weighed_losses(batch, picked, chosen)


def open_engine(base: Base, lora: Lora, *, device: str, seed: int, options: EngineOptions) -> UnslothEngine:
    """Load the base with unsloth and attach the adapter.

    Errors: `MissingDependencyError` without unsloth or without a GPU, `UsageError` for a base that is a GGUF;
    `DatakitError` where rows would see each other.
    """
    if base.form == "gguf":
        raise UsageError(f"engine unsloth: it reads safetensors, and {base.name} is a GGUF; --set engine=hf")
    fast = _import_unsloth()
    import torch

    torch.cuda.reset_peak_memory_stats()
    model, _ = fast.from_pretrained(
        model_name=str(base.path),
        max_seq_length=options.token_budget,
        dtype={"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[options.dtype],
        load_in_4bit=options.quantization == "nf4",
        load_in_16bit=options.quantization == "none",
        local_files_only=True,
        trust_remote_code=False,
        use_gradient_checkpointing=options.checkpointing and "unsloth",
        random_state=seed,
        device_map={"": device},
    )
    model = fast.get_peft_model(
        model,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=0.0,
        bias="none",
        target_modules=list(lora.targets),
        use_gradient_checkpointing=options.checkpointing and "unsloth",
        random_state=seed,
    )
    fast.for_training(model, use_gradient_checkpointing=options.checkpointing)
    for parameter in model.parameters():
        if parameter.requires_grad:  # the optimizer's numbers are fp32 in every engine
            parameter.data = parameter.data.float()
    engine = UnslothEngine(
        model,
        device=device,
        options=options,
        pad_id=base.tokenizer.pad_token_id or 0,
        config=base.config.get("text_config") or base.config,
        fast=fast,
    )
    prove_isolation(engine, vocabulary=int((base.config.get("text_config") or base.config)["vocab_size"]))
    return engine


def estimate(shape: ModelShape, tokens: int, options: EngineOptions) -> int:
    """Return the peak bytes of a step: as the plain engine's, without its masks of tokens × tokens."""
    size = 4 if options.dtype == "fp32" else 2
    blocks = 1 if options.checkpointing else shape.layers
    return hf_estimate(shape, tokens, options) - tokens * tokens * (1 + blocks * size)


def _import_unsloth() -> Any:
    silence()
    import torch

    if not torch.cuda.is_available():
        raise MissingDependencyError(f"engine unsloth: no CUDA device here, and it needs one; {_INSTALL}")
    try:
        from unsloth import FastLanguageModel  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise MissingDependencyError(f"engine unsloth: {error.name or error} is missing; {_INSTALL}") from error
    return FastLanguageModel


@contextmanager
def _hidden_states() -> Iterator[None]:
    """Ask for hidden states in place of logits, for as long as the block runs: generation wants logits."""
    before = os.environ.get(_HIDDEN)
    os.environ[_HIDDEN] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_HIDDEN, None)
        else:
            os.environ[_HIDDEN] = before
