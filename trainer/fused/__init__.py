"""The fastest engine: a Llama-like base in NF4 or 16 bits on one CUDA card, forward and backward written out by hand.

What it does otherwise than autograd over transformers: projections of one input are one matrix product with their LoRA
inside it (`linear.py`), rows lie end to end under flash attention's bounds (`attention.py`), the loss touches answer
positions only (`loss.py`), and a layer keeps just what its backward pass reads (`layer.py`). On a CPU the same code
runs in float32, which is what its tests hold against transformers and PEFT.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datakit.errors import UsageError
from trainer.config import ALL_LINEAR
from trainer.engine import EngineOptions, Lora

# here and not in a function: an import puts the module `estimate` in the place of a function of that name
from trainer.fused.estimate import estimate_bytes
from trainer.fused.shape import read_shape, why_not
from trainer.memory import ANSWER_SHARE, CUDA_CONTEXT, ModelShape

if TYPE_CHECKING:
    from trainer.base import Base
    from trainer.fused.engine import FusedEngine
    from trainer.fused.options import Options


def supports(config: Mapping[str, Any]) -> str | None:
    """Return why the engine cannot run a model with this config.json, or None where it can."""
    return why_not(config)


def open_engine(base: "Base", lora: Lora, *, device: str, seed: int, options: EngineOptions) -> "FusedEngine":
    """Open a base with an empty adapter; the loop gives it its first numbers.

    Errors: `UsageError` where the engine cannot do what is asked, `InputError` for a damaged checkpoint.
    """
    import torch

    from trainer.engines.causal import prove_isolation
    from trainer.fused.engine import open_engine as open_on_device

    del seed  # nothing is drawn here
    if set(lora.targets) != set(ALL_LINEAR):
        raise UsageError(f"targets {', '.join(lora.targets)}: the fused engine adapts all of {', '.join(ALL_LINEAR)}")
    if options.dtype == "fp16":
        raise UsageError("dtype fp16: the fused engine computes in bf16; use --set engine=unsloth or engine=hf")
    engine = open_on_device(
        base.path,
        rank=lora.rank,
        alpha=lora.alpha,
        device=device,
        options=own_options(options),
        dtype=torch.bfloat16 if options.dtype == "bf16" else torch.float32,
    )
    prove_isolation(engine, vocabulary=engine.model.shape.vocabulary)
    return engine


def estimate(shape: ModelShape, tokens: int, options: EngineOptions) -> int:
    """Return the peak bytes of a step with a largest micro-batch of this many tokens."""
    if shape.config is None:
        raise ValueError("the fused engine estimates from a configuration")
    own = read_shape(shape.config)
    asked = int(tokens * ANSWER_SHARE)
    return CUDA_CONTEXT + estimate_bytes(own, rank=shape.rank, tokens=tokens, asked=asked, options=own_options(options))


def own_options(options: EngineOptions) -> "Options":
    """Return what the planner decided in this engine's terms; with checkpointing it also gives the embedding away."""
    from trainer.fused.options import Options

    return Options(
        nf4=options.quantization == "nf4",
        hold_16bit=options.hold_16bit,
        checkpointed_layers=1_000_000 if options.checkpointing else 0,
        embedding_on_cpu=options.checkpointing,
    )
