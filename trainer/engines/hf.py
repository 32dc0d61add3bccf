"""The plain engine: transformers and peft on a CPU or a GPU, padding-free, bitsandbytes NF4 where asked for.

Rows are kept apart by their position ids, from which transformers builds a block-diagonal causal mask; `open_engine`
proves it on the model itself before anything is trained.
"""

from typing import TYPE_CHECKING, Any

from datakit.errors import MissingDependencyError
from trainer.base import Base
from trainer.engine import Batch, EngineOptions, Lora
from trainer.engines.causal import by_row, chosen_positions, greedy, prove_isolation, weighed_losses
from trainer.gguf_heads import without_vocabulary
from trainer.memory import ModelShape, adapter_bytes, logit_bytes, weight_bytes

if TYPE_CHECKING:
    from torch import Tensor

_LOSS_SCALE = 2.0**12
"""fp16 gradients of small losses vanish below 6e-8; a power of two keeps the digits as they are."""


class HfEngine:
    """A frozen causal language model with a LoRA of peft."""

    name = "hf"

    def __init__(self, model: Any, *, device: str, options: EngineOptions, pad_id: int) -> None:
        """`model` is a `PeftModel` on its device, its adapter in fp32."""
        self._model = model
        self._device = device
        self._pad_id = pad_id
        self._scale = _LOSS_SCALE if options.dtype == "fp16" else 1.0
        self._autocast = {"bf16": "bfloat16", "fp16": "float16"}.get(options.dtype)
        self._parameters = {
            name.replace(".default.", "."): tensor for name, tensor in model.named_parameters() if tensor.requires_grad
        }

    def parameters(self) -> "dict[str, Tensor]":
        return self._parameters

    def stepped(self) -> "dict[str, Tensor]":
        return self._parameters

    def train_step(self, batch: Batch, denominator: float) -> "Tensor":
        import torch

        _, losses = self._losses(batch)
        total = losses.sum()
        if self._scale == 1.0:
            (total / denominator).backward()  # type: ignore[no-untyped-call]
            return total.detach()
        tensors = list(self._parameters.values())
        gradients = torch.autograd.grad(total * (self._scale / denominator), tensors)
        for tensor, gradient in zip(tensors, gradients, strict=True):
            gradient = gradient.float() / self._scale
            tensor.grad = gradient if tensor.grad is None else tensor.grad.add_(gradient)
        return total.detach()

    def after_update(self) -> None:
        pass

    def row_losses(self, batch: Batch) -> "Tensor":
        import torch

        with torch.no_grad():
            chosen, losses = self._losses(batch)
            return by_row(batch, chosen, losses).cpu()

    def generate(self, prompts: list[list[int]], *, max_new_tokens: int, stop_ids: set[int]) -> list[list[int]]:
        self._model.eval()
        try:
            with self._precision():
                return greedy(
                    self._model, prompts, max_new_tokens=max_new_tokens, stop_ids=stop_ids, pad_id=self._pad_id
                )
        finally:
            self._model.train()

    def peak_bytes(self) -> int:
        import torch

        return torch.cuda.max_memory_allocated() if self._device.startswith("cuda") else 0

    def _precision(self) -> Any:
        import torch

        kind = self._device.partition(":")[0]
        dtype = getattr(torch, self._autocast) if self._autocast else None
        return torch.autocast(kind, dtype=dtype, enabled=dtype is not None)

    def _losses(self, batch: Batch) -> "tuple[Tensor, Tensor]":
        chosen = chosen_positions(batch)
        with self._precision():
            made = self._model(
                input_ids=batch.input_ids[None].to(self._device, non_blocking=True),
                position_ids=batch.position_ids[None].to(self._device, non_blocking=True),
                use_cache=False,
                logits_to_keep=(chosen - 1).to(self._device, non_blocking=True),
            )
        return chosen, weighed_losses(batch, made.logits[0], chosen)


def open_engine(base: Base, lora: Lora, *, device: str, seed: int, options: EngineOptions) -> HfEngine:
    """Load the base, attach the adapter and prove that rows stay apart.

    Errors: `MissingDependencyError` with the install line; `DatakitError` where rows would see each other.
    """
    import torch

    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingDependencyError(f"{error.name} is not installed; pip install 'ancient-aurora[train]'") from error
    torch.manual_seed(seed)
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    model = load_model(base, device=device, options=options)
    if options.checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        model.enable_input_require_grads()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    wrapped = get_peft_model(
        model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=0.0,
            bias="none",
            target_modules=list(lora.targets),
            task_type="CAUSAL_LM",
        ),
        autocast_adapter_dtype=True,  # adapters and their gradients in fp32 over a 16-bit base
    )
    wrapped.train()
    if options.compile:
        for layer in model.model.layers:  # layer by layer: one graph of all takes minutes
            layer.compile(dynamic=True)
    engine = HfEngine(wrapped, device=device, options=options, pad_id=base.tokenizer.pad_token_id or 0)
    prove_isolation(engine, vocabulary=int(base.config["vocab_size"]))
    return engine


def load_model(base: Base, *, device: str, options: EngineOptions) -> Any:
    """Return the base model on its device: no remote code, no network, no pickle."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[options.dtype]
    arguments: dict[str, Any] = {"dtype": dtype, "trust_remote_code": False, "local_files_only": True}
    arguments["attn_implementation"] = "sdpa"
    if base.form == "gguf":
        with without_vocabulary():
            model: Any = AutoModelForCausalLM.from_pretrained(base.path.parent, gguf_file=base.path.name, **arguments)
        return model.to(device)
    if options.quantization == "nf4" and "quantization_config" not in base.config:
        try:
            import bitsandbytes  # noqa: F401 - transformers' own message hides which package is missing
        except ImportError as error:
            raise MissingDependencyError(
                "quantization nf4 needs bitsandbytes; pip install 'ancient-aurora[train]', or --set quantization=none"
            ) from error
        arguments["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
        )
    return AutoModelForCausalLM.from_pretrained(base.path, use_safetensors=True, device_map={"": device}, **arguments)


def estimate(shape: ModelShape, tokens: int, options: EngineOptions) -> int:
    """Return the peak bytes of a step of `tokens` tokens: weights, adapter, activations, masks, logits.

    What autograd keeps of each block was counted on a Llama (tests/trainer/test_planner.py counts it again): four
    tensors as wide as the feed-forward layer, three or six of the hidden size, three or four of all heads, both norms'
    inputs in fp32, seven of the adapter's rank, and a mask of tokens × tokens.
    """
    size = {"fp32": 4, "bf16": 2, "fp16": 2}[options.dtype]
    wide = shape.heads * shape.head
    hidden, heads = (3, 3) if size == 4 else (6, 4)
    block = (
        size * (4 * shape.intermediate + hidden * shape.hidden + heads * wide + 7 * shape.rank) + 4 * 2 * shape.hidden
    )
    blocks = 1 if options.checkpointing else shape.layers
    inputs = shape.layers * size * shape.hidden if options.checkpointing else 0
    saved = tokens * (blocks * block + inputs) + tokens * tokens * (1 + blocks * size)
    return weight_bytes(shape, options) + adapter_bytes(shape) + saved + logit_bytes(shape, tokens, options)
